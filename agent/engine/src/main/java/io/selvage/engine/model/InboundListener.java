package io.selvage.engine.model;

import java.util.List;

/**
 * What is done with connections to the application's own ports (Istio's {@code virtualInbound}).
 *
 * @param own what our own kinds say of the workload
 */
public record InboundListener(List<FilterChain> chains, WorkloadPolicy own) {
  /** Nothing known of any port. */
  public static final InboundListener EMPTY = new InboundListener(List.of());

  public InboundListener {
    chains = List.copyOf(chains);
  }

  /** Chains of a workload of which our own kinds say nothing. */
  public InboundListener(List<FilterChain> chains) {
    this(chains, WorkloadPolicy.DEFAULT);
  }
}
