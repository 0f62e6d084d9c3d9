package io.selvage.differential;

import java.time.Duration;

/** What all upstream hosts do; asked by both sides, from any thread. */
@FunctionalInterface
interface Script {
  /**
   * @param nth 0 for the first request of this call that any host got, 1 for its first retry (or
   *     mirrored copy) and so on
   */
  Answer answer(Received request, int nth);

  /** Whether a host takes no connections at all; only the engine's side asks. */
  default boolean isDown(String host) {
    return false;
  }

  /** How long the engine's transport waits before it says that a host is down. */
  default Duration connectDelay() {
    return Duration.ZERO;
  }

  /** Everybody says 200. */
  Script OK = (request, nth) -> Answer.of(200);
}
