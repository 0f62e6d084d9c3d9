package io.selvage.controller.translate;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A service as callers see it: a host with ports, wherever it was defined.
 *
 * @param name short name of a Service; the host itself for a ServiceEntry
 * @param addresses its virtual addresses and, for a ServiceEntry, ranges of them; for a headless
 *     service those of its instances; empty for wildcard hosts
 * @param exportTo namespaces that see it; empty means all
 * @param endpoints by port number
 * @param subjectAltNames identities demanded in place of those of its workloads
 */
record MeshService(
    String host,
    String name,
    String namespace,
    Kind kind,
    Resolution resolution,
    boolean external,
    List<MeshPort> ports,
    List<String> addresses,
    List<String> exportTo,
    Map<Integer, List<MeshEndpoint>> endpoints,
    List<String> subjectAltNames) {

  /** Where it was defined. */
  enum Kind {
    SERVICE,
    IMPLICIT,
    ENTRY
  }

  /** How its endpoints are found. */
  enum Resolution {
    STATIC,
    DNS,
    DNS_ROUND_ROBIN,
    PASSTHROUGH
  }

  /** The virtual address that its name stands for; empty for none. */
  String vip() {
    return addresses.stream().filter(a -> a.indexOf('/') < 0).findFirst().orElse("");
  }

  /** Every single address by which it is called. */
  List<String> singleAddresses() {
    return addresses.stream().filter(a -> a.indexOf('/') < 0).toList();
  }

  /** Ranges of addresses by which it is called. */
  List<String> ranges() {
    return addresses.stream().filter(a -> a.indexOf('/') >= 0).toList();
  }

  boolean wildcard() {
    return host.startsWith("*");
  }

  boolean visibleTo(String clientNamespace) {
    return exportTo.isEmpty()
        || exportTo.contains("*")
        || exportTo.contains(clientNamespace)
        || (exportTo.contains(".") && namespace.equals(clientNamespace));
  }

  @Nullable MeshPort port(int number) {
    for (MeshPort port : ports) {
      if (port.number() == number) {
        return port;
      }
    }
    return null;
  }

  /** SPIFFE ids that may answer for this service, sorted. */
  List<String> identities() {
    if (!subjectAltNames.isEmpty()) {
      return subjectAltNames;
    }
    Set<String> ids = new TreeSet<>();
    endpoints.values().forEach(list -> list.forEach(e -> ids.add(e.spiffeId())));
    ids.remove("");
    return List.copyOf(ids);
  }

  /** Names by which a caller in {@code clientNamespace} may call it, most specific last. */
  List<String> namesFor(String clientNamespace) {
    List<String> names = new ArrayList<>();
    names.add(host);
    if (kind != Kind.ENTRY) {
      if (namespace.equals(clientNamespace)) {
        names.add(name);
      }
      names.add(name + "." + namespace);
      names.add(name + "." + namespace + ".svc");
    }
    return names;
  }

  static final Comparator<MeshService> ORDER =
      Comparator.comparing(MeshService::host).thenComparing(MeshService::namespace);
}
