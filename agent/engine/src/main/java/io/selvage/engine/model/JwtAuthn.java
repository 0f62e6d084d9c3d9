package io.selvage.engine.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of end users: who issues them and which requests need one (Envoy {@code
 * JwtAuthentication}).
 *
 * @param providers by name, in name order
 * @param rules the first that matches a request decides; none = nothing is needed
 * @param bypassCorsPreflight preflight requests carry no credentials and need none
 * @param stripFailureResponse refusals say nothing but their status
 */
public record JwtAuthn(
    Map<String, JwtProvider> providers,
    List<Rule> rules,
    boolean bypassCorsPreflight,
    boolean stripFailureResponse) {
  public JwtAuthn {
    providers = java.util.Collections.unmodifiableMap(new java.util.TreeMap<>(providers));
    rules = List.copyOf(rules);
  }

  /**
   * What requests of one kind need.
   *
   * @param requires null = nothing
   */
  public record Rule(RouteMatch match, @Nullable JwtRequirement requires) {}
}
