package io.selvage.engine.snapshot;

import io.selvage.engine.match.RbacRules;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.Observability;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An inbound filter chain of one snapshot.
 *
 * @param networkRbac asked first, about the connection
 * @param rbac asked about each request, in order
 * @param routes null when requests are not seen
 * @param limits what it lets through
 * @param tokens what is asked of end users' tokens; null = nothing
 * @param peers what the client's identity must match; empty = any
 */
public record CompiledChain(
    FilterChain chain,
    List<Filter> networkRbac,
    List<Filter> rbac,
    @Nullable CompiledRoutes routes,
    @Nullable CompiledFault fault,
    List<StringTest> peers,
    Limiters limits,
    @Nullable CompiledTokens tokens) {
  /**
   * One authorization filter.
   *
   * @param rules null = allows all
   * @param shadow evaluated and logged only; null = none
   */
  public record Filter(@Nullable RbacRules rules, @Nullable RbacRules shadow) {}

  /** Whether a client must show a certificate of the mesh. */
  public boolean requiresIdentity() {
    return chain.tls() != null && chain.tls().requireClientCertificate();
  }

  public Observability observability() {
    return chain.http() == null ? Observability.DEFAULT : chain.http().observability();
  }
}
