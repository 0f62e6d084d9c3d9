package io.selvage.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * One share of a split (Envoy {@code WeightedCluster.ClusterWeight}); a single cluster has weight
 * 1.
 *
 * @param authority replaces {@code :authority}; null = it stays
 */
public record WeightedCluster(
    String cluster,
    int weight,
    HeaderOps requestHeaders,
    HeaderOps responseHeaders,
    @Nullable String authority) {
  /** Where the authority stays. */
  public WeightedCluster(
      String cluster, int weight, HeaderOps requestHeaders, HeaderOps responseHeaders) {
    this(cluster, weight, requestHeaders, responseHeaders, null);
  }

  /** The whole of the traffic to one cluster. */
  public static WeightedCluster all(String cluster) {
    return new WeightedCluster(cluster, 1, HeaderOps.NONE, HeaderOps.NONE);
  }
}
