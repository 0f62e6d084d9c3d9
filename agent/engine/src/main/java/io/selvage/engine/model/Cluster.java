package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A set of endpoints and how they are used (Envoy {@code Cluster}).
 *
 * @param edsName name of the endpoints, for {@link Discovery#EDS}
 * @param service what the controller says of the service behind it, for metrics; null when unknown
 * @param tls TLS for endpoints that no {@code tlsByMode} entry matches; null = plaintext
 * @param tlsByMode TLS by the endpoint's {@code tlsMode} metadata (Envoy {@code
 *     transport_socket_matches}); auto mTLS is {@code istio → …}
 * @param endpoints for clusters that carry their endpoints themselves
 * @param connections what connections must keep to; counts of the default priority
 * @param maxStreamDuration of one attempt (Envoy {@code
 *     common_http_protocol_options.max_stream_duration}); null = no limit
 * @param resilience what this mesh adds to Envoy's own policies; null = nothing
 */
public record Cluster(
    String name,
    Discovery discovery,
    String edsName,
    @Nullable Service service,
    Balancer balancer,
    LocalityBalancing locality,
    Duration connectTimeout,
    CircuitBreakers circuitBreakers,
    @Nullable OutlierDetection outlierDetection,
    @Nullable UpstreamTls tls,
    Map<String, UpstreamTls> tlsByMode,
    boolean http2,
    Map<String, String> metadata,
    @Nullable Endpoints endpoints,
    ConnectionLimits connections,
    @Nullable Duration maxStreamDuration,
    @Nullable Resilience resilience) {

  public Cluster {
    tlsByMode = Map.copyOf(tlsByMode);
    metadata = Map.copyOf(metadata);
  }

  /** A cluster whose connections are limited by its circuit breakers only. */
  public Cluster(
      String name,
      Discovery discovery,
      String edsName,
      @Nullable Service service,
      Balancer balancer,
      LocalityBalancing locality,
      Duration connectTimeout,
      CircuitBreakers circuitBreakers,
      @Nullable OutlierDetection outlierDetection,
      @Nullable UpstreamTls tls,
      Map<String, UpstreamTls> tlsByMode,
      boolean http2,
      Map<String, String> metadata,
      @Nullable Endpoints endpoints) {
    this(
        name,
        discovery,
        edsName,
        service,
        balancer,
        locality,
        connectTimeout,
        circuitBreakers,
        outlierDetection,
        tls,
        tlsByMode,
        http2,
        metadata,
        endpoints,
        ConnectionLimits.NONE.with(circuitBreakers),
        null,
        null);
  }

  /** The same cluster under another policy of this mesh. */
  public Cluster withResilience(@Nullable Resilience policy) {
    return new Cluster(
        name,
        discovery,
        edsName,
        service,
        balancer,
        locality,
        connectTimeout,
        circuitBreakers,
        outlierDetection,
        tls,
        tlsByMode,
        http2,
        metadata,
        endpoints,
        connections,
        maxStreamDuration,
        policy);
  }

  /** Where endpoints come from. */
  public enum Discovery {
    EDS,
    STATIC,
    STRICT_DNS,
    LOGICAL_DNS,
    ORIGINAL_DST
  }

  /** The service behind a cluster, for metrics and logs. */
  public record Service(String host, String name, String namespace, String subset) {}

  /** The algorithm (Envoy {@code lb_policy}). */
  public sealed interface Balancer {}

  public record RoundRobin() implements Balancer {}

  public record LeastRequest(int choices) implements Balancer {}

  public record Random() implements Balancer {}

  public record RingHash(long minimumSize, long maximumSize) implements Balancer {}

  public record Maglev(long tableSize) implements Balancer {}

  public record ClusterProvided() implements Balancer {}

  /**
   * How localities share the load (Envoy {@code CommonLbConfig}).
   *
   * @param weighted localities are chosen by their weight, else by the hosts in them
   * @param panicThreshold 0.0 to 1.0: below this fraction of healthy hosts, health is ignored
   * @param overprovisioningFactor 1.4 by default
   */
  public record LocalityBalancing(
      boolean weighted, double panicThreshold, double overprovisioningFactor) {
    public static final LocalityBalancing DEFAULT = new LocalityBalancing(false, 0.5, 1.4);
  }

  /** Names and values of the endpoints that this cluster already knows; see {@link Endpoints}. */
  public List<Endpoints.Group> staticGroups() {
    return endpoints == null ? List.of() : endpoints.groups();
  }
}
