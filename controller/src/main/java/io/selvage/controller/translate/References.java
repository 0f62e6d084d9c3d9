package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.VirtualService;
import java.util.HashMap;
import java.util.Map;

/** Looks for destinations that are not there, also where no data plane is connected. */
final class References {
  private final MeshView view;
  private final Map<String, HttpRoutes> byNamespace = new HashMap<>();
  private final Map<String, Scope> byScope = new HashMap<>();

  References(MeshView view) {
    this.view = view;
  }

  void check() {
    for (VirtualService service : view.virtualServices()) {
      hosts(service);
      gateways(service);
      beaten(service);
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
      for (int i = 0; i < service.tls().size(); i++) {
        for (int j = 0; j < service.tls().get(i).route().size(); j++) {
          check(
              service,
              service.tls().get(i).route().get(j).destination(),
              "spec.tls[" + i + "].route[" + j + "]");
        }
      }
    }
    sidecars();
    view.destinationRules().forEach(this::host);
    view.destinationRules().forEach(this::beaten);
  }

  private void hosts(VirtualService service) {
    if (!service.appliesToMesh()) {
      return;
    }
    String namespace = service.source().namespace();
    for (int i = 0; i < service.hosts().size(); i++) {
      String host = Hosts.resolve(service.hosts().get(i), namespace, view.settings());
      if (!scopes(namespace).covered(host)) {
        view.problems()
            .add(
                service.source(),
                "spec.hosts[" + i + "]",
                Problems.Reason.UNRESOLVED,
                "no service " + host + "; the rules hold for calls to its port 80 only");
      }
    }
  }

  private void gateways(VirtualService service) {
    for (int i = 0; i < service.gateways().size(); i++) {
      if (!service.gateways().get(i).equals("mesh")) {
        view.problems()
            .unsupported(
                service.source(),
                "spec.gateways[" + i + "]",
                "no gateway process serves it; only mesh has an effect");
      }
    }
  }

  private void host(DestinationRule rule) {
    String namespace = rule.source().namespace();
    String host = Hosts.resolve(rule.host(), namespace, view.settings());
    if (!scopes(namespace).covered(host)) {
      view.problems()
          .add(rule.source(), "spec.host", Problems.Reason.UNRESOLVED, "no service " + host);
    }
  }

  /** Of several Sidecars for all workloads of a namespace one holds. */
  private void sidecars() {
    Map<String, Sidecar> first = new HashMap<>();
    for (Sidecar sidecar : view.sidecars()) {
      if (sidecar.workloadSelector().isEmpty()) {
        Sidecar holds = first.putIfAbsent(sidecar.source().namespace(), sidecar);
        if (holds != null) {
          view.problems()
              .add(
                  sidecar.source(),
                  "spec.workloadSelector",
                  Problems.Reason.CONFLICT,
                  holds.source().key() + " holds for all workloads of the namespace");
        }
      }
    }
  }

  private Scope scopes(String namespace) {
    return byScope.computeIfAbsent(namespace, n -> Scope.of(view, caller(n)));
  }

  private static Caller caller(String namespace) {
    return new Caller(
        namespace, Map.of(), Locality.UNKNOWN, false, true, false, "127.0.0.1", "", true);
  }

  /** Routes of the Gateway API stand before those of a VirtualService, as in Istio. */
  private void beaten(VirtualService service) {
    for (int i = 0; i < service.hosts().size(); i++) {
      String host =
          Hosts.resolve(service.hosts().get(i), service.source().namespace(), view.settings());
      Resource route = view.gateway().attachments().producerOf(host);
      if (route != null) {
        view.problems()
            .add(
                service.source(),
                "spec.hosts[" + i + "]",
                Problems.Reason.CONFLICT,
                host + " is routed by " + route.key());
      }
    }
  }

  /** Policies of the Gateway API stand before a DestinationRule, in what both speak of. */
  private void beaten(DestinationRule rule) {
    String host = Hosts.resolve(rule.host(), rule.source().namespace(), view.settings());
    MeshService service = view.service(host);
    if (service == null) {
      return;
    }
    BackendPolicies policies = view.gateway().policies();
    for (MeshPort port : service.ports()) {
      Policy policy = Policy.of(rule, null, port.number());
      BackendTls tls = policies.tlsOf(service, port);
      if (policy.tls() != null && tls != null) {
        conflict(rule, "tls", host + ":" + port.number(), tls.policy().source());
      }
      Resource budget = policies.retryBudgetFrom(host);
      if (policy.retryBudget() != null && budget != null) {
        conflict(rule, "retryBudget", host, budget);
      }
    }
  }

  private void conflict(DestinationRule rule, String field, String what, Resource winner) {
    view.problems()
        .add(
            rule.source(),
            "spec.trafficPolicy." + field,
            Problems.Reason.CONFLICT,
            winner.key() + " says it for " + what);
  }

  private void check(VirtualService owner, Destination to, String field) {
    String host = Hosts.resolve(to.host(), owner.source().namespace(), view.settings());
    MeshService service = scopes(owner.source().namespace()).service(host);
    int port = service == null || service.ports().isEmpty() ? 0 : service.ports().get(0).number();
    routes(owner.source().namespace()).cluster(owner, to, port, field + ".destination");
  }

  private HttpRoutes routes(String namespace) {
    return byNamespace.computeIfAbsent(
        namespace,
        n -> {
          Caller caller = caller(n);
          return new HttpRoutes(view, caller, new Rules(view, caller));
        });
  }
}
