package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.VirtualService;
import java.util.HashMap;
import java.util.Map;

/** Looks for destinations that are not there, also where no data plane is connected. */
final class References {
  private final MeshView view;
  private final Map<String, HttpRoutes> byNamespace = new HashMap<>();

  References(MeshView view) {
    this.view = view;
  }

  void check() {
    for (VirtualService service : view.virtualServices()) {
      for (int i = 0; i < service.http().size(); i++) {
        HttpRoute route = service.http().get(i);
        String field = "spec.http[" + i + "]";
        for (int j = 0; j < route.route().size(); j++) {
          check(service, route.route().get(j).destination(), field + ".route[" + j + "]");
        }
        route.mirrors().forEach(m -> check(service, m.destination(), field + ".mirror"));
      }
      for (int i = 0; i < service.tcp().size(); i++) {
        for (int j = 0; j < service.tcp().get(i).route().size(); j++) {
          check(
              service,
              service.tcp().get(i).route().get(j).destination(),
              "spec.tcp[" + i + "].route[" + j + "]");
        }
      }
    }
  }

  private void check(VirtualService owner, Destination to, String field) {
    String host = Hosts.resolve(to.host(), owner.source().namespace(), view.settings());
    MeshService service = view.service(host);
    int port = service == null || service.ports().isEmpty() ? 0 : service.ports().get(0).number();
    routes(owner.source().namespace()).cluster(owner, to, port, field + ".destination");
  }

  private HttpRoutes routes(String namespace) {
    return byNamespace.computeIfAbsent(
        namespace,
        n -> {
          Caller caller =
              new Caller(n, Map.of(), Locality.UNKNOWN, false, true, false, "127.0.0.1", "", true);
          return new HttpRoutes(view, caller, new Rules(view, caller));
        });
  }
}
