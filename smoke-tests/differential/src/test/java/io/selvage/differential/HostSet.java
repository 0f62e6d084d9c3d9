package io.selvage.differential;

import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import java.util.ArrayList;
import java.util.List;

/** Endpoints of an EDS cluster, written down in a line. */
final class HostSet {
  private final String cluster;
  private final ClusterLoadAssignment.Builder all;
  private final List<String> words = new ArrayList<>();
  private LocalityLbEndpoints.Builder group = LocalityLbEndpoints.newBuilder();

  HostSet(String cluster) {
    this.cluster = cluster;
    all = ClusterLoadAssignment.newBuilder().setClusterName(cluster);
  }

  /** A cluster that gets its endpoints from EDS. */
  static Cluster.Builder cluster(String name) {
    return Configs.cluster(name)
        .clearLoadAssignment()
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder()
                .setEdsConfig(
                    ConfigSource.newBuilder()
                        .setResourceApiVersion(ApiVersion.V3)
                        .setAds(AggregatedConfigSource.getDefaultInstance())));
  }

  /** What follows is in this locality and priority; weight 0 = none is said. */
  HostSet group(String zone, int priority, int weight) {
    end();
    group.setLocality(Locality.newBuilder().setRegion("r").setZone(zone)).setPriority(priority);
    if (weight > 0) {
      group.setLoadBalancingWeight(UInt32Value.of(weight));
    }
    words.add("| " + zone + " p" + priority + " w" + weight + ":");
    return this;
  }

  HostSet host(String address, int weight, HealthStatus health) {
    return host(address, weight, health, "", "");
  }

  HostSet host(String address, int weight, HealthStatus health, String name, String hashKey) {
    LbEndpoint.Builder host = Configs.endpoint(address).toBuilder();
    host.setLoadBalancingWeight(UInt32Value.of(weight)).setHealthStatus(health);
    host.setEndpoint(host.getEndpoint().toBuilder().setHostname(name));
    if (!hashKey.isEmpty()) {
      Struct key =
          Struct.newBuilder()
              .putFields("hash_key", Value.newBuilder().setStringValue(hashKey).build())
              .build();
      host.setMetadata(Metadata.newBuilder().putFilterMetadata("envoy.lb", key));
    }
    group.addLbEndpoints(host);
    words.add(address + "×" + weight + " " + health + " " + name + " " + hashKey);
    return this;
  }

  HostSet policy(ClusterLoadAssignment.Policy.Builder policy) {
    all.setPolicy(policy);
    words.add("policy " + policy.getOverprovisioningFactor().getValue());
    return this;
  }

  private void end() {
    if (group.getLbEndpointsCount() > 0 || group.hasLocality()) {
      all.addEndpoints(group);
    }
    group = LocalityLbEndpoints.newBuilder();
  }

  ClusterLoadAssignment build() {
    end();
    return all.build();
  }

  @Override
  public String toString() {
    return cluster + " " + String.join(" ", words);
  }
}
