package io.selvage.controller.translate;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.selvage.controller.registry.Locality;
import io.selvage.controller.resource.view.DestinationRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Endpoints of each EDS cluster, grouped and ordered by locality as the caller stands to them. */
final class Assignments {
  private final MeshView view;
  private final Caller caller;
  private final Rules rules;

  Assignments(MeshView view, Caller caller, Rules rules) {
    this.view = view;
    this.caller = caller;
    this.rules = rules;
  }

  List<ClusterLoadAssignment> all() {
    List<ClusterLoadAssignment> all = new ArrayList<>();
    for (MeshService service : rules.scope().reached()) {
      if (service.resolution() != MeshService.Resolution.STATIC) {
        continue;
      }
      DestinationRule rule = rules.destinationRule(service);
      for (MeshPort port : service.ports()) {
        all.add(
            assignment(
                service, port, null, ClusterName.outbound(port.number(), "", service.host())));
        if (rule != null) {
          for (DestinationRule.Subset subset : rule.subsets()) {
            all.add(
                assignment(
                    service,
                    port,
                    subset,
                    ClusterName.outbound(port.number(), subset.name(), service.host())));
          }
        }
      }
    }
    return all;
  }

  ClusterLoadAssignment assignment(
      MeshService service,
      MeshPort port,
      DestinationRule.@Nullable Subset subset,
      String clusterName) {
    List<MeshEndpoint> endpoints = new ArrayList<>();
    for (MeshEndpoint each : service.endpoints().getOrDefault(port.number(), List.of())) {
      if (subset == null || ServiceIndex.matches(subset.labels(), each.labels())) {
        endpoints.add(each);
      }
    }
    endpoints = inBase(endpoints);
    Policy policy = Policy.of(rules.destinationRule(service), subset, port.number());
    ClusterLoadAssignment.Builder assignment =
        ClusterLoadAssignment.newBuilder().setClusterName(clusterName);
    for (LocalityOrder.Group group : LocalityOrder.of(caller, policy, endpoints)) {
      assignment.addEndpoints(group(group));
    }
    return assignment.build();
  }

  /** Only agents know lanes: to others those of a lane are not there while there is a base. */
  private List<MeshEndpoint> inBase(List<MeshEndpoint> all) {
    boolean agent = caller.intercepting() && !caller.sds() && !caller.proxyless();
    if (agent) {
      return all;
    }
    List<MeshEndpoint> base = all.stream().filter(e -> view.own().lanes().of(e).isEmpty()).toList();
    return base.isEmpty() ? all : base;
  }

  private LocalityLbEndpoints group(LocalityOrder.Group group) {
    LocalityLbEndpoints.Builder builder =
        LocalityLbEndpoints.newBuilder().setPriority(group.priority());
    Locality locality = group.locality();
    builder.setLocality(
        io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
            .setRegion(locality.region())
            .setZone(locality.zone())
            .setSubZone(locality.subzone()));
    builder.setLoadBalancingWeight(Protos.number(group.weight()));
    group.endpoints().forEach(e -> builder.addLbEndpoints(endpoint(e)));
    return builder.build();
  }

  private LbEndpoint endpoint(MeshEndpoint from) {
    Metadata.Builder metadata = Metadata.newBuilder();
    if (from.mutualTls()) {
      metadata.putFilterMetadata(
          "envoy.transport_socket_match",
          Struct.newBuilder().putFields("tlsMode", Protos.text("istio")).build());
    }
    if (!from.workload().isEmpty()) {
      metadata.putFilterMetadata(
          "istio", Struct.newBuilder().putFields("workload", Protos.text(from.workload())).build());
    }
    String lane = view.own().lanes().of(from);
    if (!lane.isEmpty()) {
      metadata.putFilterMetadata(
          OwnKinds.KEY, Struct.newBuilder().putFields("lane", Protos.text(lane)).build());
    }
    return LbEndpoint.newBuilder()
        .setEndpoint(Endpoint.newBuilder().setAddress(Protos.address(from.address(), from.port())))
        .setHealthStatus(from.ready() ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY)
        .setLoadBalancingWeight(Protos.number(from.weight()))
        .setMetadata(metadata)
        .build();
  }
}
