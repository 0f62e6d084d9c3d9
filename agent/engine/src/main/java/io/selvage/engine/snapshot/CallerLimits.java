package io.selvage.engine.snapshot;

import io.selvage.engine.model.DatabasePolicy;
import java.util.List;
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
    String principal = withoutScheme(caller);
    for (int i = 0; i < policy.callers().size(); i++) {
      DatabasePolicy.Caller entry = policy.callers().get(i);
      if (isOneOf(entry.principals(), principal)) {
        return entry;
      }
    }
    return null;
  }

  /** A SPIFFE id as policies write it. */
  static String withoutScheme(String id) {
    return id.startsWith(SPIFFE) ? id.substring(SPIFFE.length()) : id;
  }

  /** Whether one of the patterns fits; without patterns everything does. */
  static boolean isOneOf(List<String> patterns, String text) {
    for (int i = 0; i < patterns.size(); i++) {
      if (fits(patterns.get(i), text)) {
        return true;
      }
    }
    return patterns.isEmpty();
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
