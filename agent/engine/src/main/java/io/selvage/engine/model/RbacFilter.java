package io.selvage.engine.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One authorization filter (Envoy {@code RBAC}). Policies are in name order, as Envoy evaluates
 * them.
 *
 * @param rules null = allows all (no rules)
 * @param shadow evaluated and logged only (dry run)
 */
public record RbacFilter(@Nullable Rules rules, @Nullable Rules shadow) {
  /** ALLOW: denied unless a policy matches. DENY: denied if one matches. LOG: never denied. */
  public enum Action {
    ALLOW,
    DENY,
    LOG
  }

  /** Named policies with one action. */
  public record Rules(Action action, Map<String, Policy> policies) {
    public Rules {
      policies = java.util.Collections.unmodifiableMap(new java.util.TreeMap<>(policies));
    }
  }

  /** Matches when one permission and one principal match. */
  public record Policy(
      java.util.List<Permission> permissions, java.util.List<Principal> principals) {
    public Policy {
      permissions = java.util.List.copyOf(permissions);
      principals = java.util.List.copyOf(principals);
    }
  }
}
