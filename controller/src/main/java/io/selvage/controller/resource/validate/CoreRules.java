package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.Service;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What metadata and a Service must mean; after Kubernetes' own validation. */
final class CoreRules {
  private final Findings findings;

  CoreRules(Findings findings) {
    this.findings = findings;
  }

  void metadata(Resource resource) {
    Kind kind = resource.kind();
    String name = resource.name();
    if (name.isEmpty()) {
      findings.required("metadata.name", "name or generateName is required");
    } else if (kind == Kinds.NAMESPACE || kind == Kinds.SERVICE) {
      findings.dnsLabel("metadata.name", name);
    } else if (!subdomain(name)) {
      findings.invalid(
          "metadata.name",
          "\""
              + name
              + "\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric"
              + " characters, '-' or '.', and must start and end with an alphanumeric character");
    }
    if (kind.namespaced()) {
      findings.dnsLabel("metadata.namespace", resource.namespace());
    }
    findings.labels("metadata.labels", resource.labels());
  }

  private static boolean subdomain(String name) {
    return name.length() <= 253
        && name.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  }

  void check(Service service) {
    findings.labels("spec.selector", service.selector());
    boolean external = service.type().equals("ExternalName");
    if (external) {
      findings.host("spec.externalName", service.externalName(), false);
    }
    boolean headless = service.clusterIp().equals("None");
    if (!external && !headless && service.ports().isEmpty()) {
      findings.required("spec.ports", "a service needs ports");
    }
    ports(service.ports());
  }

  private void ports(List<Service.Port> ports) {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      Service.Port port = ports.get(i);
      String field = "spec.ports[" + i + "]";
      if (ports.size() > 1 && port.name().isEmpty()) {
        findings.required(field + ".name", "needed where there are several ports");
      } else if (!port.name().isEmpty()) {
        findings.dnsLabel(field + ".name", port.name());
        if (!names.add(port.name())) {
          findings.duplicate(field + ".name", port.name());
        }
      }
      Integer target = port.targetPort();
      if (target != null) {
        findings.port(field + ".targetPort", target);
      }
    }
  }
}
