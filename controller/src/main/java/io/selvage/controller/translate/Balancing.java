package io.selvage.controller.translate;

import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.controller.resource.view.LoadBalancer;
import org.jspecify.annotations.Nullable;

/** {@code loadBalancer} as Envoy's policy; Istio's default is least request. */
final class Balancing {
  private static final long RING = 1024;

  private Balancing() {}

  static void apply(Cluster.Builder cluster, Policy policy) {
    if (cluster.getLbPolicy() == Cluster.LbPolicy.CLUSTER_PROVIDED) {
      return;
    }
    LoadBalancer asked = policy.loadBalancer();
    LoadBalancer.ConsistentHash hash = asked == null ? null : asked.consistentHash();
    localities(cluster, asked);
    if (asked == null) {
      cluster.setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST);
      return;
    }
    if (hash != null) {
      hash(cluster, hash);
    } else {
      simple(cluster, asked);
    }
  }

  private static void simple(Cluster.Builder cluster, LoadBalancer asked) {
    switch (asked.simple()) {
      case ROUND_ROBIN -> {
        cluster.setLbPolicy(Cluster.LbPolicy.ROUND_ROBIN);
        Cluster.SlowStartConfig slow = slowStart(asked);
        if (slow != null) {
          cluster.setRoundRobinLbConfig(
              Cluster.RoundRobinLbConfig.newBuilder().setSlowStartConfig(slow));
        }
      }
      case RANDOM -> cluster.setLbPolicy(Cluster.LbPolicy.RANDOM);
      case PASSTHROUGH ->
          cluster
              .setType(Cluster.DiscoveryType.ORIGINAL_DST)
              .clearEdsClusterConfig()
              .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED);
      case UNSPECIFIED, LEAST_CONN, LEAST_REQUEST -> {
        cluster.setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST);
        Cluster.SlowStartConfig slow = slowStart(asked);
        if (slow != null) {
          cluster.setLeastRequestLbConfig(
              Cluster.LeastRequestLbConfig.newBuilder().setSlowStartConfig(slow));
        }
      }
    }
  }

  private static Cluster.@Nullable SlowStartConfig slowStart(LoadBalancer asked) {
    LoadBalancer.Warmup warmup = asked.warmup();
    if (warmup == null || warmup.duration() == null) {
      return null;
    }
    Cluster.SlowStartConfig.Builder slow =
        Cluster.SlowStartConfig.newBuilder().setSlowStartWindow(Protos.duration(warmup.duration()));
    Double aggression = warmup.aggression();
    if (aggression != null) {
      slow.setAggression(
          RuntimeDouble.newBuilder().setDefaultValue(aggression).setRuntimeKey("aggression"));
    }
    Double minimum = warmup.minimumPercent();
    slow.setMinWeightPercent(Percent.newBuilder().setValue(minimum == null ? 10 : minimum));
    return slow.build();
  }

  private static void hash(Cluster.Builder cluster, LoadBalancer.ConsistentHash hash) {
    if (hash.maglev()) {
      cluster.setLbPolicy(Cluster.LbPolicy.MAGLEV);
      Long size = hash.maglevTableSize();
      if (size != null) {
        cluster.setMaglevLbConfig(
            Cluster.MaglevLbConfig.newBuilder().setTableSize(UInt64Value.of(size)));
      }
      return;
    }
    Long ring = hash.minimumRingSize();
    cluster
        .setLbPolicy(Cluster.LbPolicy.RING_HASH)
        .setRingHashLbConfig(
            Cluster.RingHashLbConfig.newBuilder()
                .setMinimumRingSize(UInt64Value.of(ring == null || ring == 0 ? RING : ring)));
  }

  /** Istio's mesh default: localities count by weight, unless switched off or zones are asked. */
  private static void localities(Cluster.Builder cluster, @Nullable LoadBalancer asked) {
    LoadBalancer.ZoneAware zones = asked == null ? null : asked.zoneAwareLbSetting();
    if (zones != null && !Boolean.FALSE.equals(zones.enabled())) {
      Cluster.CommonLbConfig.ZoneAwareLbConfig.Builder aware =
          Cluster.CommonLbConfig.ZoneAwareLbConfig.newBuilder();
      Long least = zones.minClusterSize();
      if (least != null) {
        aware.setMinClusterSize(UInt64Value.of(least));
      }
      cluster.getCommonLbConfigBuilder().setZoneAwareLbConfig(aware);
      return;
    }
    LoadBalancer.Locality locality = asked == null ? null : asked.localityLbSetting();
    if (locality == null || !Boolean.FALSE.equals(locality.enabled())) {
      cluster
          .getCommonLbConfigBuilder()
          .setLocalityWeightedLbConfig(
              Cluster.CommonLbConfig.LocalityWeightedLbConfig.getDefaultInstance());
    }
  }
}
