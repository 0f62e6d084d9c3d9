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
 */
public record MeshConfig(
    List<Listener> listeners,
    InboundListener inbound,
    Map<String, RouteConfig> routes,
    Map<String, Cluster> clusters,
    Map<String, Endpoints> endpoints,
    NameTable names,
    boolean registryOnly) {
  public static final MeshConfig EMPTY =
      new MeshConfig(
          List.of(), InboundListener.EMPTY, Map.of(), Map.of(), Map.of(), NameTable.EMPTY, false);

  public MeshConfig {
    listeners = List.copyOf(listeners);
    routes = Map.copyOf(routes);
    clusters = Map.copyOf(clusters);
    endpoints = Map.copyOf(endpoints);
  }
}
