package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.Sidecar.ServerTls;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a Sidecar must mean; after Istio's {@code ValidateSidecar}. */
final class SidecarRules {
  private final Findings findings;

  SidecarRules(Findings findings) {
    this.findings = findings;
  }

  void check(Sidecar sidecar) {
    findings.labels("spec.workloadSelector.labels", sidecar.workloadSelector());
    if (sidecar.egress().isEmpty()
        && sidecar.ingress().isEmpty()
        && sidecar.outbound() == null
        && sidecar.inboundConnectionPool() == null) {
      findings.required("spec.egress", "sidecar: empty configuration provided");
    }
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < sidecar.ingress().size(); i++) {
      ingress("spec.ingress[" + i + "]", sidecar.ingress().get(i), ports);
    }
    pool("spec.inboundConnectionPool", sidecar.inboundConnectionPool());
    for (int i = 0; i < sidecar.egress().size(); i++) {
      hosts("spec.egress[" + i + "].hosts", sidecar.egress().get(i).hosts());
    }
    Sidecar.Outbound outbound = sidecar.outbound();
    if (outbound != null && outbound.egressProxy() != null) {
      proxy("spec.outboundTrafficPolicy", outbound, outbound.egressProxy());
    }
  }

  private void pool(
      String field,
      io.selvage.controller.resource.view.TrafficPolicy.@Nullable ConnectionPool pool) {
    new DestinationRuleRules(findings).pool(field, pool);
  }

  private void ingress(String field, Sidecar.Ingress ingress, Set<Integer> ports) {
    Sidecar.ListenerPort port = ingress.port();
    if (port == null || port.number() == 0) {
      findings.required(field + ".port.number", "port is required for ingress listeners");
    } else {
      findings.port(field + ".port.number", port.number());
      if (!ports.add(port.number())) {
        findings.duplicate(field + ".port.number", port.number());
      }
    }
    pool(field + ".connectionPool", ingress.connectionPool());
    ServerTls tls = ingress.tls();
    if (tls != null) {
      tls(field + ".tls", tls);
    }
  }

  private void tls(String field, ServerTls tls) {
    if (tls.mode() != ServerTls.Mode.SIMPLE && tls.mode() != ServerTls.Mode.MUTUAL) {
      findings.invalid(
          field + ".mode", "\"" + tls.mode() + "\": only SIMPLE and MUTUAL mode is supported");
      return;
    }
    if (tls.serverCertificate().isEmpty()) {
      findings.required(field + ".serverCertificate", "file of the server's certificate");
    }
    if (tls.privateKey().isEmpty()) {
      findings.required(field + ".privateKey", "file of the server's key");
    }
    if (tls.mode() == ServerTls.Mode.MUTUAL && tls.caCertificates().isEmpty()) {
      findings.required(field + ".caCertificates", "file of the roots of clients");
    }
  }

  private void hosts(String field, List<String> hosts) {
    if (hosts.isEmpty()) {
      findings.required(field, "egress listener must contain at least one host");
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < hosts.size(); i++) {
      host(field + "[" + i + "]", hosts.get(i));
      if (!seen.add(hosts.get(i))) {
        findings.duplicate(field + "[" + i + "]", hosts.get(i));
      }
    }
  }

  private void host(String field, String host) {
    int slash = host.indexOf('/');
    if (slash < 0 || host.indexOf('/', slash + 1) >= 0) {
      findings.invalid(field, "\"" + host + "\": must be of form namespace/dnsName");
      return;
    }
    String namespace = host.substring(0, slash);
    if (namespace.isEmpty()) {
      findings.required(field, "config namespace and dnsName in host entry cannot be empty");
    } else if (!namespace.equals("*") && !namespace.equals(".") && !namespace.equals("~")) {
      findings.dnsLabel(field, namespace);
    }
    findings.host(field, host.substring(slash + 1), true);
  }

  private void proxy(String field, Sidecar.Outbound outbound, Destination proxy) {
    if (outbound.mode() != Sidecar.Outbound.Mode.ALLOW_ANY) {
      findings.forbidden(
          field + ".egressProxy",
          "egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode");
    }
    if (proxy.port() == 0) {
      findings.required(field + ".egressProxy.port.number", "port of the proxy");
    }
    HttpRouteRules.destination(findings, field + ".egressProxy", proxy);
  }
}
