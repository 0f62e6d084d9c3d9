package io.selvage.engine.model;

import java.util.Map;

/**
 * One instance of a workload.
 *
 * @param address an IP address in text, or a host name for DNS clusters
 * @param tlsMode metadata {@code tlsMode} of {@code envoy.transport_socket_match}; empty when the
 *     endpoint is known to lack mTLS
 * @param metadata of the balancer ({@code envoy.lb}); {@code hash_key} stands for the endpoint in
 *     consistent hashing
 * @param hostName the endpoint's own name, for hashing; may be empty
 * @param workload name, namespace and version as in Istio's {@code istio.workload} metadata
 */
public record Endpoint(
    String address,
    int port,
    int weight,
    Health health,
    Locality locality,
    String tlsMode,
    Workload workload,
    Map<String, String> metadata,
    String hostName) {
  /** Key of {@link #metadata}: name of the traffic lane that the endpoint belongs to. */
  public static final String LANE = "selvage.io/lane";

  public Endpoint {
    metadata = Map.copyOf(metadata);
  }

  public Endpoint(
      String address,
      int port,
      int weight,
      Health health,
      Locality locality,
      String tlsMode,
      Workload workload,
      Map<String, String> metadata) {
    this(address, port, weight, health, locality, tlsMode, workload, metadata, "");
  }

  /**
   * As EDS says it; only HEALTHY and, as a second choice, DEGRADED endpoints get new requests while
   * there is no panic.
   */
  public enum Health {
    HEALTHY,
    UNHEALTHY,
    DEGRADED,
    DRAINING,
    TIMEOUT
  }

  /** Where a request goes, for metrics; empty strings when unknown. */
  public record Workload(
      String name, String namespace, String service, String version, String cluster) {
    public static final Workload UNKNOWN = new Workload("", "", "", "", "");
  }
}
