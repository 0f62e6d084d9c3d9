package io.selvage.engine.model;

import java.util.List;
import java.util.Map;

/**
 * All that the control plane has said, at one moment: the last good version of each resource.
 *
 * @param routes by route configuration name
 * @param clusters by cluster name
 * @param endpoints by EDS name
 * @param registryOnly hosts that no listener knows are refused (outbound traffic policy {@code
 *     REGISTRY_ONLY})
 * @param databases the first that fits a statement's or connection's place wins
 */
public record MeshConfig(
    List<Listener> listeners,
    InboundListener inbound,
    Map<String, RouteConfig> routes,
    Map<String, Cluster> clusters,
    Map<String, Endpoints> endpoints,
    NameTable names,
    boolean registryOnly,
    List<DatabasePolicy> databases) {
  public static final MeshConfig EMPTY =
      new MeshConfig(
          List.of(), InboundListener.EMPTY, Map.of(), Map.of(), Map.of(), NameTable.EMPTY, false);

  public MeshConfig {
    listeners = List.copyOf(listeners);
    routes = Map.copyOf(routes);
    clusters = Map.copyOf(clusters);
    endpoints = Map.copyOf(endpoints);
    databases = List.copyOf(databases);
  }

  /** A configuration that says nothing of databases. */
  public MeshConfig(
      List<Listener> listeners,
      InboundListener inbound,
      Map<String, RouteConfig> routes,
      Map<String, Cluster> clusters,
      Map<String, Endpoints> endpoints,
      NameTable names,
      boolean registryOnly) {
    this(listeners, inbound, routes, clusters, endpoints, names, registryOnly, List.of());
  }

  /** The same with these policies for databases, the first that fits wins. */
  public MeshConfig withDatabases(List<DatabasePolicy> policies) {
    return new MeshConfig(
        listeners, inbound, routes, clusters, endpoints, names, registryOnly, policies);
  }
}
