package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.ServiceEntry.Resolution;
import io.selvage.controller.resource.view.WorkloadEntry;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a ServiceEntry and a WorkloadEntry must mean; after Istio's CEL rules and {@code
 * ValidateServiceEntry}.
 */
final class ServiceEntryRules {
  private static final Set<String> PROTOCOLS =
      Set.of(
          "",
          "HTTP",
          "HTTPS",
          "GRPC",
          "GRPC-WEB",
          "HTTP2",
          "HTTP_PROXY",
          "MONGO",
          "REDIS",
          "MYSQL",
          "TCP",
          "TLS",
          "UDP",
          "HBONE",
          "DOUBLEHBONE",
          "AUTO");

  private final Findings findings;

  ServiceEntryRules(Findings findings) {
    this.findings = findings;
  }

  void check(ServiceEntry entry) {
    for (int i = 0; i < entry.hosts().size(); i++) {
      String field = "spec.hosts[" + i + "]";
      if (entry.hosts().get(i).equals("*")) {
        findings.invalid(field, "hostname cannot be wildcard");
      } else {
        findings.host(field, entry.hosts().get(i), true);
      }
    }
    addresses(entry);
    ports(entry.ports());
    resolution(entry);
    boolean selects = entry.source().spec().hasNonNull("workloadSelector");
    if (selects && entry.source().spec().hasNonNull("endpoints")) {
      findings.invalid("spec", "only one of WorkloadSelector or Endpoints can be set");
    }
    findings.labels("spec.workloadSelector.labels", entry.workloadSelector());
    for (int i = 0; i < entry.endpoints().size(); i++) {
      endpoint("spec.endpoints[" + i + "]", entry.endpoints().get(i));
    }
    findings.exportTo(entry.exportTo());
  }

  void check(WorkloadEntry entry) {
    endpoint("spec", entry.endpoint());
  }

  private void addresses(ServiceEntry entry) {
    boolean ranges = false;
    for (int i = 0; i < entry.addresses().size(); i++) {
      findings.ipBlock("spec.addresses[" + i + "]", entry.addresses().get(i));
      ranges |= entry.addresses().get(i).contains("/");
    }
    Resolution resolution = entry.resolution();
    if (ranges && resolution != Resolution.NONE && resolution != Resolution.STATIC) {
      findings.invalid("spec", "CIDR addresses are allowed only for NONE/STATIC resolution types");
    }
  }

  private void ports(List<ServiceEntry.Port> ports) {
    Set<Integer> numbers = new HashSet<>();
    for (int i = 0; i < ports.size(); i++) {
      ServiceEntry.Port port = ports.get(i);
      String field = "spec.ports[" + i + "]";
      if (!numbers.add(port.number())) {
        findings.invalid(field + ".number", "port number cannot be duplicated");
      }
      String protocol = port.protocol().toUpperCase(java.util.Locale.ROOT);
      if (!PROTOCOLS.contains(protocol)) {
        findings.invalid(
            field + ".protocol", "\"" + port.protocol() + "\" is not a supported protocol");
      }
    }
  }

  private void resolution(ServiceEntry entry) {
    boolean given = entry.source().spec().hasNonNull("endpoints");
    switch (entry.resolution()) {
      case NONE -> {
        if (given) {
          findings.invalid("spec", "NONE mode cannot set endpoints");
        }
      }
      case STATIC -> {
        for (int i = 0; i < entry.endpoints().size(); i++) {
          String address = entry.endpoints().get(i).address();
          boolean unix = address.startsWith("unix://");
          if (!address.isEmpty() && !unix && !Findings.ipAddress(address)) {
            findings.invalid(
                "spec.endpoints[" + i + "].address",
                "\"" + address + "\": must be an IP address with resolution STATIC");
          }
        }
      }
      case DNS_ROUND_ROBIN -> {
        if (entry.endpoints().size() > 1) {
          findings.invalid("spec", "DNS_ROUND_ROBIN mode cannot have multiple endpoints");
        }
      }
      default -> wildcardsWithoutEndpoints(entry);
    }
  }

  private void wildcardsWithoutEndpoints(ServiceEntry entry) {
    boolean dynamic = entry.resolution() == Resolution.DYNAMIC_DNS;
    boolean wild = entry.hosts().stream().anyMatch(h -> h.startsWith("*"));
    boolean selects = entry.source().spec().hasNonNull("workloadSelector");
    if (!dynamic && wild && entry.endpoints().isEmpty() && !selects) {
      findings.invalid("spec.hosts", "hosts must be FQDN if no endpoints are provided for DNS");
    }
  }

  private void endpoint(String field, WorkloadEntry.Endpoint endpoint) {
    String address = endpoint.address();
    if (address.isEmpty() && endpoint.network().isEmpty()) {
      findings.required(field + ".address", "Address is required");
    }
    if (address.startsWith("unix://")) {
      String path = address.substring("unix://".length());
      if (!path.startsWith("/") && !path.startsWith("@")) {
        findings.invalid(field + ".address", "UDS must be an absolute path or abstract socket");
      }
      if (path.endsWith("/")) {
        findings.invalid(field + ".address", "UDS may not be a dir");
      }
      if (!endpoint.ports().isEmpty()) {
        findings.invalid(field, "UDS may not include ports");
      }
    } else if (!address.isEmpty()) {
      findings.host(field + ".address", address, false);
    }
    endpoint
        .ports()
        .keySet()
        .forEach(
            name -> {
              if (!name.matches("[a-zA-Z0-9]([-a-zA-Z0-9]{0,60}[a-zA-Z0-9])?")) {
                findings.invalid(field + ".ports", "\"" + name + "\": port name must be valid");
              }
            });
    findings.labels(field + ".labels", endpoint.labels());
  }
}
