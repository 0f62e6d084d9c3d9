package io.selvage.controller.resource.view;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Istio's {@code LoadBalancerSettings}. */
public record LoadBalancer(
    Simple simple,
    @Nullable ConsistentHash consistentHash,
    @Nullable BackendUtilization backendUtilization,
    @Nullable Locality localityLbSetting,
    @Nullable ZoneAware zoneAwareLbSetting,
    @Nullable Warmup warmup) {

  /** Named algorithms; {@code LEAST_CONN} is the old name of {@code LEAST_REQUEST}. */
  public enum Simple {
    UNSPECIFIED,
    LEAST_CONN,
    RANDOM,
    PASSTHROUGH,
    ROUND_ROBIN,
    LEAST_REQUEST
  }

  static LoadBalancer parse(Fields f) {
    return new LoadBalancer(
        f.oneOf("simple", Simple.class, Simple.UNSPECIFIED),
        f.message("consistentHash", ConsistentHash::parse),
        f.message("backendUtilization", BackendUtilization::parse),
        f.message("localityLbSetting", Locality::parse),
        f.message("zoneAwareLbSetting", ZoneAware::parse),
        warmup(f));
  }

  private static @Nullable Warmup warmup(Fields f) {
    if (f.has("warmup")) {
      return f.message("warmup", Warmup::parse);
    }
    Duration old = f.durationOrNull("warmupDurationSecs");
    return old == null ? null : new Warmup(old, null, null);
  }

  /**
   * Hash-based choice; exactly one of header, cookie, source address and query parameter is set.
   *
   * @param maglevTableSize null unless Maglev was chosen
   * @param minimumRingSize null for the default of 1024
   */
  public record ConsistentHash(
      String httpHeaderName,
      @Nullable Cookie httpCookie,
      boolean useSourceIp,
      String httpQueryParameterName,
      boolean maglev,
      @Nullable Long maglevTableSize,
      @Nullable Long minimumRingSize) {
    static ConsistentHash parse(Fields f) {
      Long ring = f.object("ringHash").longOrNull("minimumRingSize");
      return new ConsistentHash(
          f.text("httpHeaderName"),
          f.message("httpCookie", Cookie::parse),
          f.flag("useSourceIp"),
          f.text("httpQueryParameterName"),
          f.has("maglev"),
          f.object("maglev").longOrNull("tableSize"),
          ring != null ? ring : f.longOrNull("minimumRingSize"));
    }
  }

  /** Hash on a cookie; with a lifetime the mesh makes the cookie. */
  public record Cookie(
      String name, String path, @Nullable Duration ttl, List<Attribute> attributes) {
    static Cookie parse(Fields f) {
      return new Cookie(
          f.text("name"),
          f.text("path"),
          f.durationOrNull("ttl"),
          f.list("attributes", Attribute::parse));
    }
  }

  /** One more attribute of a cookie that the mesh makes, such as {@code SameSite}. */
  public record Attribute(String name, String value) {
    static Attribute parse(Fields f) {
      return new Attribute(f.text("name"), f.text("value"));
    }
  }

  /** Weights from load that the backends report. */
  public record BackendUtilization(
      @Nullable Long errorUtilizationPenaltyPercent,
      List<String> metricNames,
      @Nullable Duration weightExpirationPeriod,
      @Nullable Duration weightStabilizationPeriod,
      @Nullable Duration weightUpdatePeriod) {
    static BackendUtilization parse(Fields f) {
      return new BackendUtilization(
          f.longOrNull("errorUtilizationPenaltyPercent"),
          f.texts("metricNamesForComputingUtilization"),
          f.durationOrNull("weightExpirationPeriod"),
          f.durationOrNull("weightStabilizationPeriod"),
          f.durationOrNull("weightUpdatePeriod"));
    }
  }

  /**
   * Preference by locality.
   *
   * @param enabled null inherits the mesh's setting
   */
  public record Locality(
      List<Distribute> distribute,
      List<Failover> failover,
      List<String> failoverPriority,
      @Nullable Boolean enabled) {
    static Locality parse(Fields f) {
      return new Locality(
          f.list("distribute", Distribute::parse),
          f.list("failover", Failover::parse),
          f.texts("failoverPriority"),
          f.flagOrNull("enabled"));
    }
  }

  /** Weights (percent) per destination locality for callers of one locality. */
  public record Distribute(String from, Map<String, Integer> to) {
    static Distribute parse(Fields f) {
      return new Distribute(f.text("from"), f.numberMap("to"));
    }
  }

  /** The region that follows another one. */
  public record Failover(String from, String to) {
    static Failover parse(Fields f) {
      return new Failover(f.text("from"), f.text("to"));
    }
  }

  /** Envoy's zone-aware routing. */
  public record ZoneAware(
      @Nullable Boolean enabled,
      List<Failover> failover,
      List<String> failoverPriority,
      @Nullable Long minClusterSize) {
    static ZoneAware parse(Fields f) {
      return new ZoneAware(
          f.flagOrNull("enabled"),
          f.list("failover", Failover::parse),
          f.texts("failoverPriority"),
          f.longOrNull("minClusterSize"));
    }
  }

  /** Slow start of new endpoints. */
  public record Warmup(
      @Nullable Duration duration, @Nullable Double minimumPercent, @Nullable Double aggression) {
    static Warmup parse(Fields f) {
      return new Warmup(
          f.durationOrNull("duration"), f.realOrNull("minimumPercent"), f.realOrNull("aggression"));
    }
  }
}
