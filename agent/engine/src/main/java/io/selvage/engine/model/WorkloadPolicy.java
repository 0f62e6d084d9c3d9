package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What kinds of {@code selvage.io} say of this workload itself, as a server and as a caller.
 *
 * @param policy {@code namespace/name} of the resources, for messages; empty = none
 * @param propagation what it takes over from its callers and passes on
 * @param concurrency how many requests it serves at once; null = all
 * @param rates how many requests it takes of its callers; null = all
 * @param lanes rules for requests that are in no lane yet; the first that matches holds
 */
public record WorkloadPolicy(
    String policy,
    Propagation propagation,
    List<LaneEntry> lanes,
    @Nullable AdaptiveConcurrency concurrency,
    @Nullable CallerRates rates) {
  public static final WorkloadPolicy DEFAULT = new WorkloadPolicy("", Propagation.ALL, List.of());

  /** That serves all requests at once. */
  public WorkloadPolicy(String policy, Propagation propagation, List<LaneEntry> lanes) {
    this(policy, propagation, lanes, null, null);
  }

  public WorkloadPolicy {
    lanes = List.copyOf(lanes);
  }

  /**
   * What travels from hop to hop.
   *
   * @param deadlines what is left of the caller's time bounds what is done for it
   * @param cancellation what is done for a caller that has gone is aborted
   * @param retries what was repeated above is not repeated below, and the other way round
   */
  public record Propagation(boolean deadlines, boolean cancellation, boolean retries) {
    public static final Propagation ALL = new Propagation(true, true, true);
  }
}
