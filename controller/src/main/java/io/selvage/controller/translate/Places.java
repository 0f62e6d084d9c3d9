package io.selvage.controller.translate;

import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.registry.Locality;
import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.view.PeerAuthentication;
import io.selvage.controller.resource.view.WorkloadEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Where ports of services are served: by registered workloads and by WorkloadEntries. */
final class Places {
  private final MeshSettings settings;
  private final List<WorkloadEntry> entries;
  private final Function<WorkloadNode, PeerModes> modes;

  Places(
      MeshSettings settings, List<WorkloadEntry> entries, Function<WorkloadNode, PeerModes> modes) {
    this.settings = settings;
    this.entries = entries;
    this.modes = modes;
  }

  void add(List<MeshEndpoint> to, RegisteredWorkload workload, MeshPort port) {
    WorkloadNode node = workload.node();
    int at = targetOf(node, port);
    if (at == 0) {
      return;
    }
    to.add(
        new MeshEndpoint(
            node.address(),
            at,
            node.labels(),
            node.locality(),
            1,
            spiffe(node.namespace(), node.serviceAccount()),
            !node.proxyless() && modes.apply(node).of(at) != PeerAuthentication.Mode.DISABLE,
            workload.ready(),
            String.join(
                ";",
                node.workload(),
                node.namespace(),
                node.service(),
                node.version(),
                node.clusterId())));
  }

  /** By number first, as the workload says where it listens; 0 where it does not serve the port. */
  private static int targetOf(WorkloadNode node, MeshPort port) {
    for (ServicePort offered : node.ports()) {
      if (offered.number() == port.number()) {
        return offered.target();
      }
    }
    for (ServicePort offered : node.ports()) {
      boolean sameName =
          !port.targetName().isEmpty() && port.targetName().startsWith(offered.protocol());
      if (offered.target() == port.target() || sameName) {
        return offered.target();
      }
    }
    return node.ports().isEmpty() ? port.target() : 0;
  }

  private String spiffe(String namespace, String account) {
    if (account.isEmpty()) {
      return "";
    }
    try {
      return new SpiffeId(settings.trustDomain(), namespace, account).toString();
    } catch (IllegalArgumentException notAnIdentity) {
      return "";
    }
  }

  void addEntries(
      List<MeshEndpoint> to,
      Map<String, String> selector,
      String namespace,
      MeshPort port,
      String host) {
    if (selector.isEmpty()) {
      return;
    }
    for (WorkloadEntry entry : entries) {
      if (entry.source().namespace().equals(namespace)
          && ServiceIndex.matches(selector, entry.endpoint().labels())) {
        to.add(endpoint(entry.endpoint(), namespace, port, host));
      }
    }
  }

  MeshEndpoint endpoint(WorkloadEntry.Endpoint from, String namespace, MeshPort port, String host) {
    Integer mapped = from.ports().get(port.name());
    return new MeshEndpoint(
        from.address(),
        mapped != null ? mapped : port.target() == 0 ? port.number() : port.target(),
        labels(from),
        Locality.parse(from.locality()),
        from.weight() == null ? 1 : Math.max(1, from.weight()),
        spiffe(namespace, from.serviceAccount()),
        "istio".equals(from.labels().get("security.istio.io/tlsMode")),
        true,
        String.join(
            ";",
            from.labels().getOrDefault("app", ""),
            namespace,
            host,
            from.labels().getOrDefault("version", ""),
            ""));
  }

  // as Istio: the network is a label for failoverPriority
  private static Map<String, String> labels(WorkloadEntry.Endpoint from) {
    if (from.network().isEmpty()) {
      return from.labels();
    }
    Map<String, String> labels = new LinkedHashMap<>(from.labels());
    labels.putIfAbsent("topology.istio.io/network", from.network());
    return labels;
  }
}
