package io.selvage.engine.model;

/** Which of a cluster's sets of limits a route's requests count against (Envoy priority). */
public enum RoutingPriority {
  DEFAULT,
  HIGH
}
