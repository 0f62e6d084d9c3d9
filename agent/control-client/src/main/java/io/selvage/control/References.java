package io.selvage.control;

import io.selvage.control.parse.ListenerParser;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import java.util.LinkedHashSet;
import java.util.Set;

/** Which resources others refer to by name. */
final class References {
  private References() {}

  /** Endpoints that clusters want from EDS. */
  static Set<String> endpoints(ResourceStore store) {
    Set<String> names = new LinkedHashSet<>();
    for (ResourceStore.Held held : store.all(ResourceType.CLUSTER).values()) {
      if (held.value() instanceof Cluster cluster && cluster.discovery() == Cluster.Discovery.EDS) {
        names.add(cluster.edsName());
      }
    }
    return names;
  }

  /** Route configurations that listeners want from RDS. */
  static Set<String> routes(ResourceStore store) {
    Set<String> names = new LinkedHashSet<>();
    for (ResourceStore.Held held : store.all(ResourceType.LISTENER).values()) {
      if (held.value() instanceof ListenerParser.Outbound out
          && out.listener().target() instanceof Listener.Http http
          && http.inlineRoutes() == null) {
        names.add(http.routeConfigName());
      }
    }
    return names;
  }

  /** Clusters that routes and listeners send to. */
  static Set<String> clusters(ResourceStore store) {
    Set<String> names = new LinkedHashSet<>();
    for (ResourceStore.Held held : store.all(ResourceType.ROUTES).values()) {
      if (held.value() instanceof RouteConfig config) {
        add(config, names);
      }
    }
    for (ResourceStore.Held held : store.all(ResourceType.LISTENER).values()) {
      if (held.value() instanceof ListenerParser.Outbound out) {
        if (out.listener().target() instanceof Listener.Tcp tcp) {
          tcp.clusters().forEach(share -> names.add(share.cluster()));
          tcp.chains().forEach(c -> c.clusters().forEach(share -> names.add(share.cluster())));
        } else if (out.listener().target() instanceof Listener.Http http
            && http.inlineRoutes() != null) {
          add(http.inlineRoutes(), names);
        }
      }
    }
    return names;
  }

  private static void add(RouteConfig config, Set<String> names) {
    for (VirtualHost host : config.virtualHosts()) {
      for (Route route : host.routes()) {
        if (route.action() instanceof RouteAction.Forward forward) {
          for (WeightedCluster share : forward.clusters()) {
            names.add(share.cluster());
          }
          for (Mirror mirror : forward.mirrors()) {
            names.add(mirror.cluster());
          }
        }
      }
    }
  }
}
