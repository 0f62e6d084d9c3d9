package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
 * @param dns for clusters whose endpoints are names
 * @param proxyProtocol what connections begin with (Envoy {@code ProxyProtocolUpstreamTransport});
 *     null = nothing
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
    @Nullable Resilience resilience,
    Dns dns,
    @Nullable ProxyProtocol proxyProtocol) {

  public Cluster {
    tlsByMode = Map.copyOf(tlsByMode);
    metadata = Map.copyOf(metadata);
  }

  /** A cluster whose names are resolved as Envoy does when nothing is said of it. */
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
      @Nullable Endpoints endpoints,
      ConnectionLimits connections,
      @Nullable Duration maxStreamDuration,
      @Nullable Resilience resilience) {
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
        connections,
        maxStreamDuration,
        resilience,
        Dns.DEFAULT,
        null);
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

  /**
   * How names of {@link Discovery#STRICT_DNS} endpoints are resolved.
   *
   * @param refresh how often
   * @param failureRefresh how long after a failure at first; it doubles up to {@code
   *     failureLongest}
   */
  public record Dns(
      Family family, Duration refresh, Duration failureRefresh, Duration failureLongest) {
    public static final Dns DEFAULT =
        new Dns(Family.AUTO, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5));
  }

  /** Which addresses of a name are used (Envoy {@code DnsLookupFamily}). */
  public enum Family {
    /** Those of version 6 if there are any, else those of version 4. */
    AUTO,
    V4_ONLY,
    V6_ONLY,
    /** Those of version 4 if there are any, else those of version 6. */
    V4_PREFERRED,
    ALL
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

  /**
   * In turn, by weight.
   *
   * @param slowStart null = new endpoints get their whole share at once
   */
  public record RoundRobin(@Nullable SlowStart slowStart) implements Balancer {
    public RoundRobin() {
      this(null);
    }
  }

  /**
   * The least loaded of some.
   *
   * @param choices how many are drawn when weights are equal; at least 2
   * @param activeRequestBias with unequal weights an endpoint's weight is divided by its requests
   *     under way, plus one, to this power
   * @param fullScan all endpoints are compared instead of some
   */
  public record LeastRequest(
      int choices, double activeRequestBias, @Nullable SlowStart slowStart, boolean fullScan)
      implements Balancer {
    public LeastRequest(int choices) {
      this(choices, 1.0, null, false);
    }
  }

  public record Random() implements Balancer {}

  /** Ketama; sizes in points. */
  public record RingHash(long minimumSize, long maximumSize, HashFunction function, Hashing hashing)
      implements Balancer {
    public RingHash(long minimumSize, long maximumSize) {
      this(minimumSize, maximumSize, HashFunction.XX_HASH, Hashing.DEFAULT);
    }
  }

  /** Maglev; the size of the table is a prime. */
  public record Maglev(long tableSize, Hashing hashing) implements Balancer {
    public Maglev(long tableSize) {
      this(tableSize, Hashing.DEFAULT);
    }
  }

  /**
   * The cheaper of two by latency times load (Envoy {@code PeakEwma}).
   *
   * @param decay after it a measurement counts for 1/e
   * @param defaultRtt taken for an endpoint that was never used
   * @param penalty cost of an endpoint that is in use and has never answered, in milliseconds
   */
  public record PeakEwma(Duration decay, Duration defaultRtt, double penalty) implements Balancer {
    public static final PeakEwma DEFAULT =
        new PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(10), 1_000_000);
  }

  public record ClusterProvided() implements Balancer {}

  /** How points of a ring are hashed (Envoy {@code RingHashLbConfig.HashFunction}). */
  public enum HashFunction {
    XX_HASH,
    MURMUR_HASH_2
  }

  /**
   * What consistent hashing has in common (Envoy {@code ConsistentHashingLbConfig}).
   *
   * @param byHostName the endpoint's host name stands for it, else its address and port
   * @param balanceFactor per cent of the mean load that one endpoint may have; 0 = any
   */
  public record Hashing(boolean byHostName, int balanceFactor) {
    public static final Hashing DEFAULT = new Hashing(false, 0);
  }

  /**
   * New endpoints get their share by and by (Envoy {@code SlowStartConfig}).
   *
   * @param aggression shape of the growth; 1 is linear
   * @param minimumWeight 0.0 to 1.0: what an endpoint begins with
   */
  public record SlowStart(Duration window, double aggression, double minimumWeight) {}

  /**
   * How localities share the load (Envoy {@code CommonLbConfig}).
   *
   * @param weighted localities are chosen by their weight, else by the hosts in them
   * @param panicThreshold 0.0 to 1.0: below this fraction of healthy hosts, health is ignored
   * @param overprovisioningFactor 1.4 by default; endpoints that come with a policy go before it
   * @param zones null = zones are not preferred
   * @param overrideHealth what a pinned endpoint may look like for its session to stay there
   */
  public record LocalityBalancing(
      boolean weighted,
      double panicThreshold,
      double overprovisioningFactor,
      @Nullable ZoneAware zones,
      Set<Endpoint.Health> overrideHealth) {
    /** Envoy without {@code override_host_status}. */
    public static final Set<Endpoint.Health> USABLE =
        Set.of(Endpoint.Health.HEALTHY, Endpoint.Health.DEGRADED);

    public static final LocalityBalancing DEFAULT = new LocalityBalancing(false, 0.5, 1.4);

    public LocalityBalancing {
      overrideHealth = Set.copyOf(overrideHealth);
    }

    public LocalityBalancing(
        boolean weighted, double panicThreshold, double overprovisioningFactor) {
      this(weighted, panicThreshold, overprovisioningFactor, null, USABLE);
    }
  }

  /**
   * The caller's own zone first (Envoy {@code ZoneAwareLbConfig}).
   *
   * @param enabled 0.0 to 1.0 of the requests
   * @param minimumSize with fewer healthy endpoints zones do not count
   * @param failOnPanic panic refuses requests instead of using all endpoints
   * @param forceDirect the own zone gets everything while it has a healthy endpoint
   */
  public record ZoneAware(
      double enabled, long minimumSize, boolean failOnPanic, boolean forceDirect) {}

  /** Names and values of the endpoints that this cluster already knows; see {@link Endpoints}. */
  public List<Endpoints.Group> staticGroups() {
    return endpoints == null ? List.of() : endpoints.groups();
  }
}
