package io.selvage.control.parse;

import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Locality;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Endpoints of a cluster (EDS). */
public final class EndpointParser {
  private static final int MAX_PRIORITY = 128;

  private EndpointParser() {}

  /** A whole resource. */
  public static Parsed<Endpoints> parse(ClusterLoadAssignment assignment) {
    return Field.read(f -> endpoints(assignment, f));
  }

  static Endpoints endpoints(ClusterLoadAssignment assignment, Field f) {
    if (assignment.getClusterName().isEmpty()) {
      f.at("cluster_name").refuse("must not be empty");
    }
    f.unsupported(assignment.getNamedEndpointsCount() > 0, "named_endpoints");
    List<Endpoints.Group> groups = new ArrayList<>();
    for (int i = 0; i < assignment.getEndpointsCount(); i++) {
      groups.add(group(assignment.getEndpoints(i), f.at("endpoints", i)));
    }
    return new Endpoints(
        assignment.getClusterName(),
        groups,
        assignment.hasPolicy() ? policy(assignment.getPolicy(), f.at("policy")) : null);
  }

  private static Endpoints.Policy policy(ClusterLoadAssignment.Policy policy, Field f) {
    int factor =
        Values.number(policy.hasOverprovisioningFactor(), policy.getOverprovisioningFactor(), 140);
    if (factor == 0) {
      f.at("overprovisioning_factor").refuse("must be greater than 0");
    }
    double drop = 0;
    if (policy.getDropOverloadsCount() > 1) {
      f.at("drop_overloads").refuse("only one category is supported, as in Envoy");
    } else if (policy.getDropOverloadsCount() == 1) {
      drop =
          Values.fraction(
              policy.getDropOverloads(0).getDropPercentage(),
              f.at("drop_overloads", 0).at("drop_percentage"));
    }
    return new Endpoints.Policy(factor, policy.getWeightedPriorityHealth(), drop);
  }

  private static Endpoints.Group group(LocalityLbEndpoints group, Field f) {
    int priority = group.getPriority();
    if (priority < 0 || priority > MAX_PRIORITY) {
      f.at("priority").refuse("out of range: " + Integer.toUnsignedString(priority));
    }
    Locality locality =
        new Locality(
            group.getLocality().getRegion(),
            group.getLocality().getZone(),
            group.getLocality().getSubZone());
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < group.getLbEndpointsCount(); i++) {
      Endpoint endpoint = endpoint(group.getLbEndpoints(i), locality, f.at("lb_endpoints", i));
      if (endpoint != null) {
        endpoints.add(endpoint);
      }
    }
    return new Endpoints.Group(
        locality,
        priority,
        Values.number(group.hasLoadBalancingWeight(), group.getLoadBalancingWeight(), 0),
        endpoints);
  }

  private static @Nullable Endpoint endpoint(LbEndpoint lb, Locality locality, Field f) {
    if (!lb.hasEndpoint()) {
      f.warn("only endpoints with an address are supported, left out");
      return null;
    }
    Field at = f.at("endpoint.address");
    if (!lb.getEndpoint().getAddress().hasSocketAddress()) {
      at.warn("only socket addresses are supported, left out");
      return null;
    }
    SocketAddress address = lb.getEndpoint().getAddress().getSocketAddress();
    int port = address.getPortValue();
    if (address.getAddress().isEmpty()) {
      at.at("socket_address.address").refuse("must not be empty");
    }
    if (port < 1 || port > 65_535) {
      at.at("socket_address.port_value").refuse("not a port: " + Integer.toUnsignedString(port));
    }
    Map<String, String> socketMatch =
        Values.texts(lb.getMetadata(), "envoy.transport_socket_match");
    Map<String, String> metadata = new HashMap<>(Values.texts(lb.getMetadata(), "envoy.lb"));
    Map<String, String> istio = Values.texts(lb.getMetadata(), "istio");
    String lane = Values.texts(lb.getMetadata(), "selvage").get("lane");
    if (lane != null) {
      metadata.put(Endpoint.LANE, lane);
    }
    return new Endpoint(
        address.getAddress(),
        port,
        Math.max(1, Values.number(lb.hasLoadBalancingWeight(), lb.getLoadBalancingWeight(), 1)),
        health(lb.getHealthStatus()),
        locality,
        socketMatch.getOrDefault("tlsMode", ""),
        workload(istio.getOrDefault("workload", "")),
        metadata,
        lb.getEndpoint().getHostname());
  }

  static Endpoint.Health health(HealthStatus status) {
    return switch (status) {
      case UNHEALTHY -> Endpoint.Health.UNHEALTHY;
      case TIMEOUT -> Endpoint.Health.TIMEOUT;
      case DRAINING -> Endpoint.Health.DRAINING;
      case DEGRADED -> Endpoint.Health.DEGRADED;
      default -> Endpoint.Health.HEALTHY;
    };
  }

  /** Istio's {@code name;namespace;service;version;cluster}. */
  private static Endpoint.Workload workload(String text) {
    if (text.isEmpty()) {
      return Endpoint.Workload.UNKNOWN;
    }
    String[] parts = (text + ";;;;").split(";", -1);
    return new Endpoint.Workload(parts[0], parts[1], parts[2], parts[3], parts[4]);
  }
}
