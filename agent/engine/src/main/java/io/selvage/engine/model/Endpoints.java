package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a cluster (Envoy {@code ClusterLoadAssignment}).
 *
 * @param policy null = the cluster's and the defaults
 */
public record Endpoints(String clusterName, List<Group> groups, @Nullable Policy policy) {
  public Endpoints {
    groups = List.copyOf(groups);
  }

  public Endpoints(String clusterName, List<Group> groups) {
    this(clusterName, groups, null);
  }

  /**
   * What comes with the endpoints (Envoy {@code ClusterLoadAssignment.Policy}).
   *
   * @param overprovisioning per cent; 140 by default
   * @param weightedHealth whether availability counts weights instead of endpoints
   * @param drop 0.0 to 1.0: the share of requests that is dropped, all categories together
   */
  public record Policy(int overprovisioning, boolean weightedHealth, double drop) {}

  /** Endpoints of one locality and priority; priority 0 is used first. */
  public record Group(Locality locality, int priority, int weight, List<Endpoint> endpoints) {
    public Group {
      endpoints = List.copyOf(endpoints);
    }
  }
}
