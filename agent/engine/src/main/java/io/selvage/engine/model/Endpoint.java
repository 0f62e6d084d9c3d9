package io.selvage.engine.model;

import java.util.Map;

/**
 * One instance of a workload.
 *
 * @param address an IP address in text, or a host name for DNS clusters
 * @param tlsMode metadata {@code tlsMode} of {@code envoy.transport_socket_match}; empty when the
 *     endpoint is known to lack mTLS
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
    Map<String, String> metadata) {
  public Endpoint {
    metadata = Map.copyOf(metadata);
  }

  /** As EDS says it; DRAINING and UNHEALTHY endpoints get no new requests. */
  public enum Health {
    HEALTHY,
    UNHEALTHY,
    DEGRADED,
    DRAINING
  }

  /** Where a request goes, for metrics; empty strings when unknown. */
  public record Workload(
      String name, String namespace, String service, String version, String cluster) {
    public static final Workload UNKNOWN = new Workload("", "", "", "", "");
  }
}
