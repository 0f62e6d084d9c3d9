package io.selvage.control;

import io.selvage.control.parse.ListenerParser;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.WorkloadPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes one configuration of the resources at hand, so that nothing in it refers to what is not
 * there while that can be helped: what is taken away stays until nobody refers to it. Not
 * thread-safe: the control thread's.
 */
final class ConfigAssembly {
  private final Map<String, Cluster> clusters = new HashMap<>();
  private final Map<String, Endpoints> endpoints = new HashMap<>();

  /** Resources that others refer to and that have not come yet, in words; empty = complete. */
  static Set<String> missing(ResourceStore store, Set<String> absent) {
    Set<String> missing = new LinkedHashSet<>();
    for (String name : References.endpoints(store)) {
      if (!store.all(ResourceType.ENDPOINTS).containsKey(name)) {
        missing.add(name);
      }
    }
    for (String name : References.routes(store)) {
      if (!store.all(ResourceType.ROUTES).containsKey(name)) {
        missing.add(name);
      }
    }
    for (String name : References.clusters(store)) {
      if (!store.all(ResourceType.CLUSTER).containsKey(name)) {
        missing.add(name);
      }
    }
    missing.removeAll(absent);
    return missing;
  }

  MeshConfig assemble(ResourceStore store) {
    List<Listener> listeners = new ArrayList<>();
    List<FilterChain> chains = new ArrayList<>();
    WorkloadPolicy own = WorkloadPolicy.DEFAULT;
    List<DatabasePolicy> databases = new ArrayList<>();
    boolean registryOnly = false;
    for (ResourceStore.Held held : store.all(ResourceType.LISTENER).values()) {
      if (held.value() instanceof ListenerParser.Outbound out) {
        listeners.add(out.listener());
      } else if (held.value() instanceof ListenerParser.Inbound in) {
        chains.addAll(in.listener().chains());
        own = in.listener().own() == WorkloadPolicy.DEFAULT ? own : in.listener().own();
      } else if (held.value() instanceof ListenerParser.Rest rest) {
        registryOnly |= rest.registryOnly();
        databases.addAll(rest.databases());
      }
    }
    Map<String, RouteConfig> routes = new HashMap<>();
    store
        .all(ResourceType.ROUTES)
        .forEach((name, held) -> routes.put(name, (RouteConfig) held.value()));
    Map<String, List<String>> names = new HashMap<>();
    for (ResourceStore.Held held : store.all(ResourceType.NAMES).values()) {
      names.putAll(((NameTable) held.value()).addresses());
    }
    keepReferred(store);
    return new MeshConfig(
        listeners,
        new InboundListener(chains, own),
        routes,
        clusters,
        endpoints,
        new NameTable(names),
        registryOnly,
        databases);
  }

  private void keepReferred(ResourceStore store) {
    Set<String> referred = References.clusters(store);
    clusters.keySet().removeIf(name -> !referred.contains(name));
    store
        .all(ResourceType.CLUSTER)
        .forEach((name, held) -> clusters.put(name, (Cluster) held.value()));
    Set<String> wanted = new LinkedHashSet<>();
    clusters.values().forEach(cluster -> wanted.add(cluster.edsName()));
    endpoints.keySet().removeIf(name -> !wanted.contains(name));
    store
        .all(ResourceType.ENDPOINTS)
        .forEach(
            (name, held) -> {
              if (wanted.contains(name)) {
                endpoints.put(name, (Endpoints) held.value());
              }
            });
  }
}
