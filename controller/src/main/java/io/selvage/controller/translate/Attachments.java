package io.selvage.controller.translate;

import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.ParentRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which Gateway API routes hold for a port of a service, by caller (GEP-1294).
 *
 * <p>A route in the service's namespace is its producer's and holds for all callers; one in another
 * namespace is a consumer's, holds for callers of that namespace, and replaces the producer's
 * there. Routes of one side are merged; where both types are attached, the GRPCRoutes win.
 */
final class Attachments {
  private static final String EVERYBODY = "";

  private final MeshSettings settings;
  private final Function<String, @Nullable MeshService> services;
  private final List<Attachment> all = new ArrayList<>();
  private final Map<MeshRoute, List<Attachment>> byRoute = new IdentityHashMap<>();
  private final Map<String, Resource> producers = new HashMap<>();
  private final Map<Place, List<MeshRoute>> routes = new HashMap<>();
  private final Map<Place, Set<MeshRoute>> beaten = new HashMap<>();

  /** A port of a service for the callers of one namespace, or for everybody's. */
  private record Place(String host, int port, String callers) {}

  Attachments(
      MeshSettings settings,
      Function<String, @Nullable MeshService> services,
      List<MeshRoute> routes) {
    this.settings = settings;
    this.services = services;
    for (MeshRoute route : routes) {
      route.parentRefs().forEach(parent -> add(attach(route, parent)));
    }
    this.routes.forEach(this::onlyOneType);
  }

  private void add(Attachment attachment) {
    all.add(attachment);
    MeshRoute route = attachment.route();
    byRoute.computeIfAbsent(route, r -> new ArrayList<>()).add(attachment);
    MeshService service = attachment.service();
    if (service == null) {
      return;
    }
    if (!attachment.consumer()) {
      producers.putIfAbsent(service.host(), route.source());
    }
    for (int port : attachment.ports()) {
      String callers = attachment.consumer() ? route.source().namespace() : EVERYBODY;
      List<MeshRoute> here =
          routes.computeIfAbsent(new Place(service.host(), port, callers), p -> new ArrayList<>());
      if (!here.contains(route)) {
        here.add(route);
      }
    }
  }

  private Attachment attach(MeshRoute route, ParentRef parent) {
    if (parent.kind().equals("Gateway") && parent.group().startsWith("gateway.")) {
      return Attachment.refused(route, parent, "no gateway is served by this mesh");
    }
    if (!parent.isService()) {
      String kind = parent.group().isEmpty() ? "core" : parent.group();
      return Attachment.refused(
          route, parent, kind + "/" + parent.kind() + " is no parent here; only a Service is");
    }
    String own = route.source().namespace();
    String namespace = parent.namespace().isEmpty() ? own : parent.namespace();
    MeshService service = services.apply(settings.hostOf(parent.name(), namespace));
    if (service == null || !service.visibleTo(own)) {
      return Attachment.refused(
          route, parent, "no Service " + namespace + "/" + parent.name() + " is visible here");
    }
    List<Integer> ports =
        service.ports().stream()
            .filter(p -> named(parent, p) && p.protocol().isHttp())
            .map(MeshPort::number)
            .toList();
    if (ports.isEmpty()) {
      return Attachment.refused(route, parent, noPort(service, parent));
    }
    return new Attachment(route, parent, service, ports, !namespace.equals(own), "");
  }

  private static boolean named(ParentRef parent, MeshPort port) {
    Integer number = parent.port();
    return (number == null || number == port.number())
        && (parent.sectionName().isEmpty() || parent.sectionName().equals(port.name()));
  }

  private static String noPort(MeshService service, ParentRef parent) {
    List<String> there =
        service.ports().stream()
            .map(p -> p.number() + " " + p.name() + " (" + p.protocol() + ")")
            .toList();
    String wanted =
        (parent.port() == null ? "" : " " + parent.port())
            + (parent.sectionName().isEmpty() ? "" : " " + parent.sectionName());
    return "Service " + service.name() + " has no HTTP port" + wanted + "; found " + there;
  }

  private void onlyOneType(Place place, List<MeshRoute> here) {
    if (here.stream().anyMatch(MeshRoute::grpc)) {
      Set<MeshRoute> http = new HashSet<>(here);
      http.removeIf(MeshRoute::grpc);
      here.removeAll(http);
      beaten.put(place, http);
    }
  }

  /** The parents of a route in the order of its document, found or not. */
  List<Attachment> of(MeshRoute route) {
    return byRoute.getOrDefault(route, List.of());
  }

  /** Whether a GRPCRoute took all ports of this attachment. */
  boolean conflicted(Attachment attachment) {
    MeshService service = attachment.service();
    if (service == null) {
      return false;
    }
    String callers = attachment.consumer() ? attachment.route().source().namespace() : EVERYBODY;
    return attachment.ports().stream()
        .allMatch(
            port ->
                beaten
                    .getOrDefault(new Place(service.host(), port, callers), Set.of())
                    .contains(attachment.route()));
  }

  /** Routes for a port, the oldest first; empty where none is attached. */
  List<MeshRoute> routes(String host, int port, String callerNamespace) {
    List<MeshRoute> consumer = routes.get(new Place(host, port, callerNamespace));
    return consumer != null
        ? consumer
        : routes.getOrDefault(new Place(host, port, EVERYBODY), List.of());
  }

  /** Routes that callers of a namespace may meet on any service. */
  List<MeshRoute> routesFor(String callerNamespace) {
    List<MeshRoute> found = new ArrayList<>();
    for (Attachment attachment : all) {
      boolean met =
          attachment.service() != null
              && (!attachment.consumer()
                  || attachment.route().source().namespace().equals(callerNamespace));
      if (met) {
        found.add(attachment.route());
      }
    }
    return found;
  }

  /** The oldest route that holds for all callers of a host; null where there is none. */
  @Nullable Resource producerOf(String host) {
    return producers.get(host);
  }
}
