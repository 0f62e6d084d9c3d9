package io.selvage.engine.snapshot;

import io.selvage.engine.model.DatabasePolicy;
import org.jspecify.annotations.Nullable;

/** Finds what a database's policy says of a caller. Stateless. */
public final class CallerLimits {
  private static final String SPIFFE = "spiffe://";

  private CallerLimits() {}

  /**
   * The first entry that fits; null when none does.
   *
   * @param caller SPIFFE id; empty = nobody
   */
  public static DatabasePolicy.@Nullable Caller of(DatabasePolicy policy, String caller) {
    String principal = caller.startsWith(SPIFFE) ? caller.substring(SPIFFE.length()) : caller;
    for (int i = 0; i < policy.callers().size(); i++) {
      DatabasePolicy.Caller entry = policy.callers().get(i);
      if (entry.principals().isEmpty()) {
        return entry;
      }
      for (String pattern : entry.principals()) {
        if (fits(pattern, principal)) {
          return entry;
        }
      }
    }
    return null;
  }

  /** As Istio's {@code principals}: exact, prefix, suffix or presence. */
  private static boolean fits(String pattern, String principal) {
    if (principal.isEmpty()) {
      return false;
    }
    if (pattern.equals("*")) {
      return true;
    }
    if (pattern.startsWith("*")) {
      return principal.endsWith(pattern.substring(1));
    }
    return pattern.endsWith("*")
        ? principal.startsWith(pattern.substring(0, pattern.length() - 1))
        : pattern.equals(principal);
  }
}
