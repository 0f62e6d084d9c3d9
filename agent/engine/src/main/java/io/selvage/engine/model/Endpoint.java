package io.selvage.engine.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 * @param proxyProtocol what a connection to it begins with; null = nothing
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
    String hostName,
    @Nullable ProxyProtocol proxyProtocol) {
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

  public Endpoint(
      String address,
      int port,
      int weight,
      Health health,
      Locality locality,
      String tlsMode,
      Workload workload,
      Map<String, String> metadata,
      String hostName) {
    this(address, port, weight, health, locality, tlsMode, workload, metadata, hostName, null);
  }

  /** The same for connections that begin with a header of the PROXY protocol. */
  public Endpoint announced(@Nullable ProxyProtocol version) {
    return version == proxyProtocol
        ? this
        : new Endpoint(
            address, port, weight, health, locality, tlsMode, workload, metadata, hostName,
            version);
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
