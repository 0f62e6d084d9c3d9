package io.selvage.engine.model;

/**
 * One share of a split (Envoy {@code WeightedCluster.ClusterWeight}); a single cluster has weight
 * 1.
 */
public record WeightedCluster(
    String cluster, int weight, HeaderOps requestHeaders, HeaderOps responseHeaders) {
  /** The whole of the traffic to one cluster. */
  public static WeightedCluster all(String cluster) {
    return new WeightedCluster(cluster, 1, HeaderOps.NONE, HeaderOps.NONE);
  }
}
