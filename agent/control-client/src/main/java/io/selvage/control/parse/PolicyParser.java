package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.ConsistentHashingLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.SlowStartConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.maglev.v3.Maglev;
import io.envoyproxy.envoy.extensions.load_balancing_policies.random.v3.Random;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.selvage.control.parse.BalancingParser.Balancing;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Cluster.Hashing;
import io.selvage.engine.model.Cluster.SlowStart;
import io.selvage.engine.model.Cluster.ZoneAware;
import io.selvage.xds.newer.PeakEwma;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code load_balancing_policy}: the first of its policies that is known, as in Envoy. */
final class PolicyParser {
  private static final String PREFIX = "envoy.extensions.load_balancing_policies.";

  private PolicyParser() {}

  static Balancing first(LoadBalancingPolicy policy, Field f) {
    List<String> unknown = new ArrayList<>();
    for (int i = 0; i < policy.getPoliciesCount(); i++) {
      Any any = policy.getPolicies(i).getTypedExtensionConfig().getTypedConfig();
      Field at = f.at("policies", i).at("typed_extension_config.typed_config");
      Balancing found = one(any, at);
      if (found != null) {
        return found;
      }
      unknown.add(Field.typeOf(any));
    }
    f.refuse("none of its policies is supported; found " + unknown);
    return new Balancing(new Cluster.RoundRobin(), false, null);
  }

  private static @Nullable Balancing one(Any any, Field f) {
    String type = Field.typeOf(any);
    return switch (type) {
      case PREFIX + "round_robin.v3.RoundRobin" -> {
        RoundRobin robin = f.unpack(any, type, RoundRobin.parser());
        yield robin == null
            ? null
            : balancing(
                new Cluster.RoundRobin(
                    robin.hasSlowStartConfig() ? slowStart(robin.getSlowStartConfig(), f) : null),
                robin.getLocalityLbConfig(),
                f);
      }
      case PREFIX + "least_request.v3.LeastRequest" -> {
        LeastRequest least = f.unpack(any, type, LeastRequest.parser());
        yield least == null
            ? null
            : balancing(leastRequest(least, f), least.getLocalityLbConfig(), f);
      }
      case PREFIX + "random.v3.Random" -> {
        Random random = f.unpack(any, type, Random.parser());
        yield random == null
            ? null
            : balancing(new Cluster.Random(), random.getLocalityLbConfig(), f);
      }
      case PREFIX + "ring_hash.v3.RingHash" -> {
        RingHash ring = f.unpack(any, type, RingHash.parser());
        yield ring == null ? null : ringHash(ring, f);
      }
      case PREFIX + "maglev.v3.Maglev" -> {
        Maglev maglev = f.unpack(any, type, Maglev.parser());
        yield maglev == null
            ? null
            : new Balancing(
                BalancingParser.maglev(
                    maglev.hasTableSize(),
                    maglev.getTableSize(),
                    hashing(maglev.getConsistentHashingLbConfig(), f),
                    f),
                maglev.hasLocalityWeightedLbConfig(),
                null);
      }
      case PREFIX + "wrr_locality.v3.WrrLocality" -> {
        WrrLocality weighted = f.unpack(any, type, WrrLocality.parser());
        yield weighted == null ? null : byLocality(weighted, f);
      }
      case PREFIX + "cluster_provided.v3.ClusterProvided" ->
          new Balancing(new Cluster.ClusterProvided(), false, null);
      case PREFIX + "peak_ewma.v3.PeakEwma", PREFIX + "peak_ewma.v3alpha.PeakEwma" -> {
        PeakEwma peak = f.unpack(any, type, PeakEwma.parser());
        yield peak == null ? null : new Balancing(peakEwma(peak, f), false, null);
      }
      default -> null;
    };
  }

  private static Balancing byLocality(WrrLocality weighted, Field f) {
    Balancing inner = first(weighted.getEndpointPickingPolicy(), f.at("endpoint_picking_policy"));
    return new Balancing(inner.balancer(), true, null);
  }

  @SuppressWarnings("deprecation") // enable_full_scan came before selection_method
  private static Cluster.LeastRequest leastRequest(LeastRequest least, Field f) {
    boolean all =
        least.getEnableFullScan().getValue()
            || least.getSelectionMethod() == LeastRequest.SelectionMethod.FULL_SCAN;
    return BalancingParser.leastRequest(
        least.hasChoiceCount(),
        least.getChoiceCount(),
        least.hasActiveRequestBias() ? least.getActiveRequestBias() : null,
        least.hasSlowStartConfig() ? slowStart(least.getSlowStartConfig(), f) : null,
        all,
        f);
  }

  @SuppressWarnings("deprecation") // the policy's own fields came before the common ones
  private static Balancing ringHash(RingHash ring, Field f) {
    Hashing hashing =
        ring.hasConsistentHashingLbConfig()
            ? hashing(ring.getConsistentHashingLbConfig(), f)
            : BalancingParser.hashing(
                ring.getUseHostnameForHashing(),
                ring.hasHashBalanceFactor(),
                ring.getHashBalanceFactor(),
                f);
    return new Balancing(
        BalancingParser.ringHash(
            ring.hasMinimumRingSize() ? ring.getMinimumRingSize().getValue() : 1024,
            ring.hasMaximumRingSize() ? ring.getMaximumRingSize().getValue() : 8L << 20,
            ring.getHashFunction() == RingHash.HashFunction.MURMUR_HASH_2,
            hashing,
            f),
        ring.hasLocalityWeightedLbConfig(),
        null);
  }

  private static Cluster.PeakEwma peakEwma(PeakEwma peak, Field f) {
    Cluster.PeakEwma standard = Cluster.PeakEwma.DEFAULT;
    Duration decay =
        peak.hasDecayTime()
            ? Values.duration(peak.getDecayTime(), f.at("decay_time"))
            : standard.decay();
    Duration rtt =
        peak.hasDefaultRtt()
            ? Values.duration(peak.getDefaultRtt(), f.at("default_rtt"))
            : standard.defaultRtt();
    double penalty =
        peak.hasPenaltyValue() ? peak.getPenaltyValue().getValue() : standard.penalty();
    if (decay.isZero()) {
      f.at("decay_time").refuse("must be greater than 0");
    }
    if (!(penalty > 0)) {
      f.at("penalty_value").refuse("must be greater than 0; found " + penalty);
    }
    return new Cluster.PeakEwma(decay, rtt, penalty);
  }

  private static Balancing balancing(Cluster.Balancer balancer, LocalityLbConfig config, Field f) {
    ZoneAware zones = null;
    if (config.hasZoneAwareLbConfig()) {
      LocalityLbConfig.ZoneAwareLbConfig aware = config.getZoneAwareLbConfig();
      zones =
          BalancingParser.zones(
              aware.hasRoutingEnabled(),
              aware.getRoutingEnabled(),
              aware.hasMinClusterSize(),
              aware.getMinClusterSize(),
              aware.getFailTrafficOnPanic(),
              aware.getForceLocalityDirectRouting(),
              f.at("locality_lb_config.zone_aware_lb_config"));
    }
    return new Balancing(balancer, config.hasLocalityWeightedLbConfig(), zones);
  }

  private static Hashing hashing(ConsistentHashingLbConfig hashing, Field f) {
    return BalancingParser.hashing(
        hashing.getUseHostnameForHashing(),
        hashing.hasHashBalanceFactor(),
        hashing.getHashBalanceFactor(),
        f.at("consistent_hashing_lb_config"));
  }

  private static SlowStart slowStart(SlowStartConfig slow, Field f) {
    return BalancingParser.slowStart(
        slow.getSlowStartWindow(),
        slow.hasAggression() ? slow.getAggression() : null,
        slow.hasMinWeightPercent(),
        slow.getMinWeightPercent(),
        f.at("slow_start_config"));
  }
}
