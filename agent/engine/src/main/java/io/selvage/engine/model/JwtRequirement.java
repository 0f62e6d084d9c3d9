package io.selvage.engine.model;

import java.util.List;

/** What a request must have (Envoy {@code JwtRequirement}). */
public sealed interface JwtRequirement {
  /**
   * A valid token of one provider.
   *
   * @param audiences in place of the provider's; empty = the provider's
   */
  record Provider(String name, List<String> audiences) implements JwtRequirement {
    public Provider {
      audiences = List.copyOf(audiences);
    }
  }

  /** One of them. */
  record Any(List<JwtRequirement> of) implements JwtRequirement {
    public Any {
      of = List.copyOf(of);
    }
  }

  /** All of them. */
  record All(List<JwtRequirement> of) implements JwtRequirement {
    public All {
      of = List.copyOf(of);
    }
  }

  /** No token, or a valid one. */
  record AllowMissing() implements JwtRequirement {}

  /** Anything; a valid token is still understood. */
  record AllowMissingOrFailed() implements JwtRequirement {}
}
