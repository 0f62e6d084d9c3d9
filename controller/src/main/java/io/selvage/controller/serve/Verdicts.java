package io.selvage.controller.serve;

import java.util.List;

/**
 * What an agent thinks of what it was sent.
 *
 * @param pending something sent is neither accepted nor rejected yet
 */
public record Verdicts(List<Rejected> rejected, boolean pending) {
  /** A resource version that the agent refused, in its own words. */
  public record Rejected(String typeUrl, String name, String version, String message) {}

  /** Copies the list. */
  public Verdicts {
    rejected = List.copyOf(rejected);
  }

  /** {@code NACK}, {@code STALE} or {@code SYNCED}. */
  public String state() {
    if (!rejected.isEmpty()) {
      return "NACK";
    }
    return pending ? "STALE" : "SYNCED";
  }
}
