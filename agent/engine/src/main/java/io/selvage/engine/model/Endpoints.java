package io.selvage.engine.model;

import java.util.List;

/** The endpoints of a cluster (Envoy {@code ClusterLoadAssignment}). */
public record Endpoints(String clusterName, List<Group> groups) {
  public Endpoints {
    groups = List.copyOf(groups);
  }

  /** Endpoints of one locality and priority; priority 0 is used first. */
  public record Group(Locality locality, int priority, int weight, List<Endpoint> endpoints) {
    public Group {
      endpoints = List.copyOf(endpoints);
    }
  }
}
