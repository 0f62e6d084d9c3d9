package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.listener.v3.ApiListener;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import java.util.ArrayList;
import java.util.List;

/**
 * The dialect of gRPC libraries (Istio's {@code GENERATOR=grpc}): a listener {@code host:port} for
 * each name of a service, with one route table {@code outbound|port||host}.
 */
final class Proxyless {
  private final Caller caller;
  private final Rules rules;
  private final HttpRoutes routes;

  Proxyless(MeshView view, Caller caller, Rules rules) {
    this.caller = caller;
    this.rules = rules;
    this.routes = new HttpRoutes(view, caller, rules);
  }

  List<Listener> listeners() {
    List<Listener> all = new ArrayList<>();
    for (MeshService service : rules.scope().services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().isHttp()) {
          String table = ClusterName.outbound(port.number(), "", service.host());
          for (String name : service.namesFor(caller.namespace())) {
            all.add(listener(name + ":" + port.number(), table));
          }
        }
      }
    }
    return all;
  }

  private static Listener listener(String name, String table) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix(name)
            .setRds(Rds.newBuilder().setConfigSource(Protos.ADS).setRouteConfigName(table))
            .addHttpFilters(Filters.FAULT)
            .addHttpFilters(Filters.ROUTER)
            .build();
    return Listener.newBuilder()
        .setName(name)
        .setApiListener(ApiListener.newBuilder().setApiListener(Protos.any(manager)))
        .build();
  }

  List<RouteConfiguration> routes() {
    List<RouteConfiguration> all = new ArrayList<>();
    for (MeshService service : rules.scope().services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().isHttp()) {
          all.add(
              RouteConfiguration.newBuilder()
                  .setName(ClusterName.outbound(port.number(), "", service.host()))
                  .addVirtualHosts(
                      VirtualHost.newBuilder()
                          .setName(service.host() + ":" + port.number())
                          .addDomains("*")
                          .addAllRoutes(routes.of(service, port.number())))
                  .build());
        }
      }
    }
    return all;
  }
}
