package io.selvage.control.parse;

import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.engine.model.Cluster.Balancer;
import io.selvage.engine.model.Cluster.HashFunction;
import io.selvage.engine.model.Cluster.Hashing;
import io.selvage.engine.model.Cluster.LocalityBalancing;
import io.selvage.engine.model.Cluster.SlowStart;
import io.selvage.engine.model.Cluster.ZoneAware;
import io.selvage.engine.model.Endpoint;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a cluster's endpoints are chosen, by its own fields or by a typed policy. */
final class BalancingParser {
  private static final long RING_LIMIT = 8L << 20;
  private static final long TABLE_LIMIT = 5_000_011;
  private static final long ZONES_MINIMUM = 6;

  private BalancingParser() {}

  /** An algorithm and what goes with it. */
  record Balancing(Balancer balancer, boolean byLocality, @Nullable ZoneAware zones) {}

  static Balancing parse(Cluster cluster, Field f) {
    if (cluster.hasLoadBalancingPolicy()) {
      Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
      if (common.hasZoneAwareLbConfig()
          || common.hasLocalityWeightedLbConfig()
          || common.hasConsistentHashingLbConfig()) {
        f.at("load_balancing_policy")
            .refuse(
                "cannot be combined with zone_aware_lb_config, locality_weighted_lb_config or"
                    + " consistent_hashing_lb_config of common_lb_config");
      }
      return PolicyParser.first(cluster.getLoadBalancingPolicy(), f.at("load_balancing_policy"));
    }
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    Field at = f.at("common_lb_config");
    return new Balancing(
        balancer(cluster, f),
        common.hasLocalityWeightedLbConfig(),
        common.hasZoneAwareLbConfig()
            ? zones(
                common.getZoneAwareLbConfig().hasRoutingEnabled(),
                common.getZoneAwareLbConfig().getRoutingEnabled(),
                common.getZoneAwareLbConfig().hasMinClusterSize(),
                common.getZoneAwareLbConfig().getMinClusterSize(),
                common.getZoneAwareLbConfig().getFailTrafficOnPanic(),
                false,
                at.at("zone_aware_lb_config"))
            : null);
  }

  static LocalityBalancing locality(Cluster cluster, Balancing balancing, Field f) {
    Cluster.CommonLbConfig common = cluster.getCommonLbConfig();
    Field at = f.at("common_lb_config");
    double panic =
        percent(
            common.hasHealthyPanicThreshold(),
            common.getHealthyPanicThreshold(),
            50,
            at.at("healthy_panic_threshold"));
    at.unsupported(
        common.getCloseConnectionsOnHostSetChange(), "close_connections_on_host_set_change");
    return new LocalityBalancing(
        balancing.byLocality(),
        panic,
        1.4,
        balancing.zones(),
        common.hasOverrideHostStatus()
            ? health(common.getOverrideHostStatus().getStatusesList())
            : LocalityBalancing.USABLE);
  }

  private static Set<Endpoint.Health> health(Iterable<HealthStatus> statuses) {
    Set<Endpoint.Health> found = EnumSet.noneOf(Endpoint.Health.class);
    for (HealthStatus status : statuses) {
      found.add(EndpointParser.health(status));
    }
    return found;
  }

  private static Balancer balancer(Cluster cluster, Field f) {
    return switch (cluster.getLbPolicy()) {
      case ROUND_ROBIN -> {
        Cluster.SlowStartConfig slow = cluster.getRoundRobinLbConfig().getSlowStartConfig();
        yield new io.selvage.engine.model.Cluster.RoundRobin(
            cluster.getRoundRobinLbConfig().hasSlowStartConfig()
                ? slowStart(slow, f.at("round_robin_lb_config.slow_start_config"))
                : null);
      }
      case LEAST_REQUEST -> {
        Cluster.LeastRequestLbConfig least = cluster.getLeastRequestLbConfig();
        Field at = f.at("least_request_lb_config");
        yield leastRequest(
            least.hasChoiceCount(),
            least.getChoiceCount(),
            least.hasActiveRequestBias() ? least.getActiveRequestBias() : null,
            least.hasSlowStartConfig()
                ? slowStart(least.getSlowStartConfig(), at.at("slow_start_config"))
                : null,
            false,
            at);
      }
      case RANDOM -> new io.selvage.engine.model.Cluster.Random();
      case RING_HASH -> {
        Cluster.RingHashLbConfig ring = cluster.getRingHashLbConfig();
        yield ringHash(
            ring.hasMinimumRingSize() ? ring.getMinimumRingSize().getValue() : 1024,
            ring.hasMaximumRingSize() ? ring.getMaximumRingSize().getValue() : RING_LIMIT,
            ring.getHashFunction() == Cluster.RingHashLbConfig.HashFunction.MURMUR_HASH_2,
            hashing(cluster, f),
            f.at("ring_hash_lb_config"));
      }
      case MAGLEV ->
          maglev(
              cluster.getMaglevLbConfig().hasTableSize(),
              cluster.getMaglevLbConfig().getTableSize(),
              hashing(cluster, f),
              f.at("maglev_lb_config"));
      case CLUSTER_PROVIDED -> new io.selvage.engine.model.Cluster.ClusterProvided();
      case LOAD_BALANCING_POLICY_CONFIG -> {
        f.at("load_balancing_policy").refuse("is required by lb_policy");
        yield new io.selvage.engine.model.Cluster.RoundRobin();
      }
      case UNRECOGNIZED -> {
        f.at("lb_policy").refuse("unknown policy " + cluster.getLbPolicyValue());
        yield new io.selvage.engine.model.Cluster.RoundRobin();
      }
    };
  }

  private static Hashing hashing(Cluster cluster, Field f) {
    Cluster.CommonLbConfig.ConsistentHashingLbConfig hashing =
        cluster.getCommonLbConfig().getConsistentHashingLbConfig();
    Field at = f.at("common_lb_config.consistent_hashing_lb_config");
    if (hashing.getUseHostnameForHashing()
        && cluster.getType() != Cluster.DiscoveryType.STRICT_DNS) {
      at.at("use_hostname_for_hashing").refuse("is for STRICT_DNS only, as in Envoy");
    }
    return hashing(
        hashing.getUseHostnameForHashing(),
        hashing.hasHashBalanceFactor(),
        hashing.getHashBalanceFactor(),
        at);
  }

  static Hashing hashing(boolean byName, boolean present, UInt32Value factor, Field f) {
    int value = Values.number(present, factor, 0);
    if (present && value < 100) {
      f.at("hash_balance_factor").refuse("must be 100 or more; found " + value);
    }
    return new Hashing(byName, value);
  }

  static io.selvage.engine.model.Cluster.LeastRequest leastRequest(
      boolean present,
      UInt32Value choices,
      @Nullable RuntimeDouble bias,
      @Nullable SlowStart slowStart,
      boolean fullScan,
      Field f) {
    int count = Values.number(present, choices, 2);
    if (count < 2) {
      f.at("choice_count").refuse("must be 2 or more; found " + count);
    }
    double power = bias == null ? 1.0 : bias.getDefaultValue();
    if (!(power >= 0)) {
      f.at("active_request_bias").refuse("must be 0 or more; found " + power);
    }
    return new io.selvage.engine.model.Cluster.LeastRequest(count, power, slowStart, fullScan);
  }

  static io.selvage.engine.model.Cluster.RingHash ringHash(
      long least, long most, boolean murmur, Hashing hashing, Field f) {
    if (least < 0 || most <= 0 || least > most || most > RING_LIMIT) {
      f.refuse(
          "ring sizes must be 0 to "
              + RING_LIMIT
              + ", the smaller first; found "
              + least
              + " and "
              + most);
    }
    return new io.selvage.engine.model.Cluster.RingHash(
        least, most, murmur ? HashFunction.MURMUR_HASH_2 : HashFunction.XX_HASH, hashing);
  }

  static io.selvage.engine.model.Cluster.Maglev maglev(
      boolean present, UInt64Value asked, Hashing hashing, Field f) {
    long size = present ? asked.getValue() : 65_537;
    if (size <= 0 || size > TABLE_LIMIT || !isPrime(size)) {
      f.at("table_size").refuse("must be a prime up to " + TABLE_LIMIT + "; found " + size);
    }
    return new io.selvage.engine.model.Cluster.Maglev(size, hashing);
  }

  private static boolean isPrime(long number) {
    for (long i = 2; i * i <= number; i++) {
      if (number % i == 0) {
        return false;
      }
    }
    return number > 1;
  }

  private static SlowStart slowStart(Cluster.SlowStartConfig slow, Field f) {
    return slowStart(
        slow.getSlowStartWindow(),
        slow.hasAggression() ? slow.getAggression() : null,
        slow.hasMinWeightPercent(),
        slow.getMinWeightPercent(),
        f);
  }

  static SlowStart slowStart(
      com.google.protobuf.Duration window,
      @Nullable RuntimeDouble aggression,
      boolean minimumPresent,
      Percent minimum,
      Field f) {
    Duration time = Values.duration(window, f.at("slow_start_window"));
    double shape = aggression == null ? 1.0 : aggression.getDefaultValue();
    if (!(shape > 0)) {
      f.at("aggression").refuse("must be greater than 0; found " + shape);
    }
    return new SlowStart(
        time, shape, percent(minimumPresent, minimum, 10, f.at("min_weight_percent")));
  }

  static ZoneAware zones(
      boolean enabledPresent,
      Percent enabled,
      boolean minimumPresent,
      UInt64Value minimum,
      boolean failOnPanic,
      boolean direct,
      Field f) {
    return new ZoneAware(
        percent(enabledPresent, enabled, 100, f.at("routing_enabled")),
        minimumPresent ? minimum.getValue() : ZONES_MINIMUM,
        failOnPanic,
        direct);
  }

  /** 0.0 to 1.0, in whole per cents as Envoy takes them. */
  private static double percent(boolean present, Percent percent, int standard, Field f) {
    double value = present ? percent.getValue() : standard;
    if (!(value >= 0 && value <= 100)) {
      f.refuse("must be 0 to 100; found " + value);
    }
    return value / 100;
  }
}
