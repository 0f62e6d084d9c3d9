package io.selvage.differential;

import com.google.protobuf.MessageLite;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that a control plane says; the same objects, so the same bytes, for both sides. */
record Resources(
    List<Listener> listeners,
    List<RouteConfiguration> routes,
    List<Cluster> clusters,
    List<ClusterLoadAssignment> endpoints) {
  static final String LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";
  static final String ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
  static final String CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  static final String ENDPOINTS =
      "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

  Resources {
    listeners = List.copyOf(listeners);
    routes = List.copyOf(routes);
    clusters = List.copyOf(clusters);
    endpoints = List.copyOf(endpoints);
  }

  static Resources of(List<Listener> listeners, List<Cluster> clusters) {
    return new Resources(listeners, List.of(), clusters, List.of());
  }

  /** By type and name, in order. */
  Map<String, Map<String, MessageLite>> all() {
    Map<String, Map<String, MessageLite>> all = new LinkedHashMap<>();
    Map<String, MessageLite> one = new LinkedHashMap<>();
    clusters.forEach(c -> one.put(c.getName(), c));
    all.put(CLUSTER, one);
    Map<String, MessageLite> two = new LinkedHashMap<>();
    endpoints.forEach(e -> two.put(e.getClusterName(), e));
    all.put(ENDPOINTS, two);
    Map<String, MessageLite> three = new LinkedHashMap<>();
    listeners.forEach(l -> three.put(l.getName(), l));
    all.put(LISTENER, three);
    Map<String, MessageLite> four = new LinkedHashMap<>();
    routes.forEach(r -> four.put(r.getName(), r));
    all.put(ROUTES, four);
    return all;
  }
}
