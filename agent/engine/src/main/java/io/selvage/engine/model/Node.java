package io.selvage.engine.model;

import java.util.Map;

/** Who this data plane is, for metrics, logs and source matching. */
public record Node(
    String id,
    String workload,
    String namespace,
    String service,
    String version,
    String serviceAccount,
    String trustDomain,
    String clusterId,
    Locality locality,
    Map<String, String> labels) {
  public Node {
    labels = Map.copyOf(labels);
  }

  /** The node of a JVM that is not configured; used until settings are read. */
  public static final Node UNKNOWN =
      new Node(
          "",
          "unknown",
          "unknown",
          "unknown",
          "",
          "default",
          "cluster.local",
          "Kubernetes",
          Locality.UNKNOWN,
          Map.of());
}
