package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.view.Service;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.WorkloadEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Finds services and their endpoints from resources and registered workloads. */
final class ServiceIndex {
  private final MeshSettings settings;
  private final UnaryOperator<String> vips;
  private final Problems problems;
  private final List<RegisteredWorkload> workloads;
  private final Places places;
  private final Map<String, List<RegisteredWorkload>> byNamespace = new HashMap<>();

  ServiceIndex(
      MeshSettings settings,
      UnaryOperator<String> vips,
      Problems problems,
      List<RegisteredWorkload> workloads,
      List<WorkloadEntry> entries,
      Function<WorkloadNode, PeerModes> modes) {
    this.settings = settings;
    this.vips = vips;
    this.problems = problems;
    this.workloads = workloads;
    this.places = new Places(settings, entries, modes);
    for (RegisteredWorkload each : workloads) {
      byNamespace.computeIfAbsent(each.node().namespace(), n -> new ArrayList<>()).add(each);
    }
  }

  List<MeshService> build(List<Service> services, List<ServiceEntry> serviceEntries) {
    Map<String, MeshService> byHost = new LinkedHashMap<>();
    for (Service service : services) {
      MeshService mesh = of(service);
      byHost.put(mesh.host(), mesh);
    }
    implicit(byHost);
    Map<String, MeshService> byOwner = new LinkedHashMap<>();
    byHost.values().forEach(s -> byOwner.put(s.namespace() + "/" + s.host(), s));
    for (ServiceEntry entry : serviceEntries) {
      for (String host : entry.hosts()) {
        MeshService other = byHost.get(host);
        if (other != null && !other.namespace().equals(entry.source().namespace())) {
          elsewhere(entry, other);
        }
        String owner = entry.source().namespace() + "/" + host;
        MeshService first = byOwner.get(owner);
        MeshService now = first == null ? of(entry, host) : merged(first, of(entry, host));
        byOwner.put(owner, now);
        byHost.putIfAbsent(host, now);
      }
    }
    return List.copyOf(byOwner.values());
  }

  // callers of each namespace see their own; the others see the first
  private void elsewhere(ServiceEntry entry, MeshService other) {
    boolean privately = entry.exportTo().equals(List.of("."));
    if (!privately && !other.exportTo().equals(List.of("."))) {
      problems.add(
          entry.source(),
          "spec.hosts",
          Problems.Reason.CONFLICT,
          other.host()
              + " is already defined in namespace "
              + other.namespace()
              + "; only callers in "
              + entry.source().namespace()
              + " get this one");
    }
  }

  // two entries of one namespace may describe ports of one host
  private static MeshService merged(MeshService first, MeshService second) {
    Map<Integer, List<MeshEndpoint>> endpoints = new TreeMap<>(first.endpoints());
    List<MeshPort> ports = new ArrayList<>(first.ports());
    for (MeshPort port : second.ports()) {
      if (first.port(port.number()) == null) {
        ports.add(port);
        endpoints.put(port.number(), second.endpoints().getOrDefault(port.number(), List.of()));
      }
    }
    return new MeshService(
        first.host(),
        first.name(),
        first.namespace(),
        first.kind(),
        first.resolution(),
        first.external(),
        ports,
        first.addresses().isEmpty() ? second.addresses() : first.addresses(),
        first.exportTo(),
        endpoints,
        first.subjectAltNames());
  }

  private MeshService of(Service service) {
    String namespace = service.source().namespace();
    String name = service.source().name();
    String host = settings.hostOf(name, namespace);
    List<RegisteredWorkload> selected =
        service.selector().isEmpty()
            ? registeredAs(name, namespace)
            : byNamespace.getOrDefault(namespace, List.of()).stream()
                .filter(w -> matches(service.selector(), w.node().labels()))
                .toList();
    List<MeshPort> ports = new ArrayList<>();
    Map<Integer, List<MeshEndpoint>> endpoints = new TreeMap<>();
    for (Service.Port each : service.ports()) {
      Integer number = each.targetPort();
      Protocol protocol = Protocol.ofServicePort(each.protocol(), each.appProtocol(), each.name());
      MeshPort port =
          new MeshPort(
              each.port(),
              each.name(),
              protocol == Protocol.UNSET ? spoken(selected, each.port()) : protocol,
              number == null ? 0 : number,
              each.targetPortName());
      if (port.protocol() == Protocol.UDP) {
        problems.unsupported(service.source(), "spec.ports", "UDP port " + each.port());
        continue;
      }
      ports.add(port);
      List<MeshEndpoint> at = new ArrayList<>();
      selected.forEach(w -> places.add(at, w, port));
      places.addEntries(at, service.selector(), namespace, port, host);
      endpoints.put(port.number(), List.copyOf(at));
    }
    return new MeshService(
        host,
        name,
        namespace,
        MeshService.Kind.SERVICE,
        service.type().equals("ExternalName")
            ? MeshService.Resolution.DNS
            : MeshService.Resolution.STATIC,
        service.type().equals("ExternalName"),
        ports,
        service.clusterIp().equals("None") ? instances(endpoints) : List.of(vips.apply(host)),
        exportTo(service.source().annotations().getOrDefault("networking.istio.io/exportTo", "")),
        service.type().equals("ExternalName") ? named(service.externalName(), ports) : endpoints,
        List.of());
  }

  // a headless service has no address of its own: its name stands for its instances
  private static List<String> instances(Map<Integer, List<MeshEndpoint>> endpoints) {
    return endpoints.values().stream()
        .flatMap(List::stream)
        .map(MeshEndpoint::address)
        .filter(a -> !a.startsWith("127.") && !a.equals("::1"))
        .distinct()
        .sorted()
        .toList();
  }

  private static List<String> exportTo(String annotation) {
    return annotation.isEmpty() ? List.of() : List.of(annotation.split("\\s*,\\s*"));
  }

  private static Map<Integer, List<MeshEndpoint>> named(String address, List<MeshPort> ports) {
    Map<Integer, List<MeshEndpoint>> endpoints = new TreeMap<>();
    for (MeshPort port : ports) {
      endpoints.put(port.number(), List.of(plain(address, port.number())));
    }
    return endpoints;
  }

  private static MeshEndpoint plain(String address, int port) {
    return new MeshEndpoint(address, port, Map.of(), Locality.UNKNOWN, 1, "", false, true, "");
  }

  private List<RegisteredWorkload> registeredAs(String service, String namespace) {
    return byNamespace.getOrDefault(namespace, List.of()).stream()
        .filter(w -> w.node().service().equals(service))
        .toList();
  }

  private static Protocol spoken(List<RegisteredWorkload> selected, int port) {
    for (RegisteredWorkload each : selected) {
      for (ServicePort offered : each.node().ports()) {
        if (offered.number() == port) {
          return Protocol.of(offered.protocol());
        }
      }
    }
    return Protocol.TCP;
  }

  /** Services that nobody defined exist with the ports that their workloads registered. */
  private void implicit(Map<String, MeshService> byHost) {
    Map<String, List<RegisteredWorkload>> groups = new LinkedHashMap<>();
    for (RegisteredWorkload each : workloads) {
      String host = settings.hostOf(each.node().service(), each.node().namespace());
      if (!byHost.containsKey(host)) {
        groups.computeIfAbsent(host, h -> new ArrayList<>()).add(each);
      }
    }
    groups.forEach((host, members) -> byHost.put(host, implicit(host, members)));
  }

  private MeshService implicit(String host, List<RegisteredWorkload> members) {
    Map<Integer, MeshPort> ports = new TreeMap<>();
    for (RegisteredWorkload each : members) {
      for (ServicePort port : each.node().ports()) {
        Protocol said = Protocol.of(port.protocol());
        ports.putIfAbsent(
            port.number(),
            new MeshPort(
                port.number(),
                port.protocol() + "-" + port.number(),
                said == Protocol.UNSET ? Protocol.TCP : said,
                port.number(),
                ""));
      }
    }
    Map<Integer, List<MeshEndpoint>> endpoints = new TreeMap<>();
    for (MeshPort port : ports.values()) {
      List<MeshEndpoint> at = new ArrayList<>();
      members.forEach(w -> places.add(at, w, port));
      endpoints.put(port.number(), List.copyOf(at));
    }
    WorkloadNode first = members.get(0).node();
    return new MeshService(
        host,
        first.service(),
        first.namespace(),
        MeshService.Kind.IMPLICIT,
        MeshService.Resolution.STATIC,
        false,
        List.copyOf(ports.values()),
        List.of(vips.apply(host)),
        List.of(),
        endpoints,
        List.of());
  }

  private MeshService of(ServiceEntry entry, String host) {
    String namespace = entry.source().namespace();
    MeshService.Resolution resolution =
        switch (entry.resolution()) {
          case STATIC -> MeshService.Resolution.STATIC;
          case DNS -> MeshService.Resolution.DNS;
          case DNS_ROUND_ROBIN -> MeshService.Resolution.DNS_ROUND_ROBIN;
          case NONE -> MeshService.Resolution.PASSTHROUGH;
          case DYNAMIC_DNS -> {
            problems.unsupported(
                entry.source(),
                "spec.resolution",
                "DYNAMIC_DNS: an agent calls what the application's own lookup finds; an Envoy is"
                    + " served NONE");
            yield MeshService.Resolution.PASSTHROUGH;
          }
        };
    List<MeshPort> ports = new ArrayList<>();
    Map<Integer, List<MeshEndpoint>> endpoints = new TreeMap<>();
    for (ServiceEntry.Port each : entry.ports()) {
      Protocol protocol = Protocol.of(each.protocol());
      if (protocol == Protocol.UDP) {
        problems.unsupported(entry.source(), "spec.ports", "UDP port " + each.number());
        continue;
      }
      MeshPort port =
          new MeshPort(
              each.number(),
              each.name(),
              protocol == Protocol.UNSET ? Protocol.TCP : protocol,
              each.targetPort(),
              "");
      ports.add(port);
      endpoints.put(port.number(), endpoints(entry, namespace, port, host, resolution));
    }
    List<String> addresses = new ArrayList<>(entry.addresses());
    if (!host.startsWith("*") && addresses.stream().allMatch(a -> a.contains("/"))) {
      addresses.add(vips.apply(host));
    }
    return new MeshService(
        host,
        host,
        namespace,
        MeshService.Kind.ENTRY,
        resolution,
        entry.location() == ServiceEntry.Location.MESH_EXTERNAL,
        ports,
        List.copyOf(addresses),
        entry.exportTo(),
        endpoints,
        entry.subjectAltNames());
  }

  private List<MeshEndpoint> endpoints(
      ServiceEntry entry,
      String namespace,
      MeshPort port,
      String host,
      MeshService.Resolution resolution) {
    List<MeshEndpoint> at = new ArrayList<>();
    entry.endpoints().forEach(e -> at.add(places.endpoint(e, namespace, port, host)));
    if (!entry.workloadSelector().isEmpty()) {
      for (RegisteredWorkload each : byNamespace.getOrDefault(namespace, List.of())) {
        if (matches(entry.workloadSelector(), each.node().labels())) {
          places.add(at, each, port);
        }
      }
      places.addEntries(at, entry.workloadSelector(), namespace, port, host);
    }
    boolean byDns =
        resolution == MeshService.Resolution.DNS
            || resolution == MeshService.Resolution.DNS_ROUND_ROBIN;
    if (at.isEmpty() && byDns && !host.startsWith("*")) {
      at.add(plain(host, port.target()));
    }
    return List.copyOf(at);
  }

  static boolean matches(Map<String, String> selector, Map<String, String> labels) {
    return selector.entrySet().stream().allMatch(e -> e.getValue().equals(labels.get(e.getKey())));
  }
}
