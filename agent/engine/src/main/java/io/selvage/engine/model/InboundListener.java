package io.selvage.engine.model;

import java.util.List;

/**
 * What is done with connections to the application's own ports (Istio's {@code virtualInbound}).
 */
public record InboundListener(List<FilterChain> chains) {
  /** Nothing known of any port. */
  public static final InboundListener EMPTY = new InboundListener(List.of());

  public InboundListener {
    chains = List.copyOf(chains);
  }
}
