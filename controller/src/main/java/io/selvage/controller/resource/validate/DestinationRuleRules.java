package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ClientTls;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a DestinationRule must mean; after Istio's {@code ValidateDestinationRule}. */
final class DestinationRuleRules {
  private final Findings findings;

  DestinationRuleRules(Findings findings) {
    this.findings = findings;
  }

  void check(DestinationRule rule) {
    findings.host("spec.host", rule.host(), true);
    findings.exportTo(rule.exportTo());
    findings.labels("spec.workloadSelector.matchLabels", rule.workloadSelector());
    policy("spec.trafficPolicy", rule.trafficPolicy());
    Set<String> names = new HashSet<>();
    for (int i = 0; i < rule.subsets().size(); i++) {
      DestinationRule.Subset subset = rule.subsets().get(i);
      String field = "spec.subsets[" + i + "]";
      if (subset.name().isEmpty()) {
        findings.required(field + ".name", "name of the subset");
      } else {
        findings.dnsLabel(field + ".name", subset.name());
      }
      if (!names.add(subset.name())) {
        findings.duplicate(field + ".name", subset.name());
      }
      findings.labels(field + ".labels", subset.labels());
      policy(field + ".trafficPolicy", subset.trafficPolicy());
    }
  }

  private void policy(String field, @Nullable TrafficPolicy policy) {
    if (policy == null) {
      return;
    }
    loadBalancer(field + ".loadBalancer", policy.loadBalancer());
    pool(field + ".connectionPool", policy.connectionPool());
    outlier(field + ".outlierDetection", policy.outlierDetection());
    tls(field + ".tls", policy.tls());
    Set<Integer> ports = new HashSet<>();
    for (int i = 0; i < policy.portLevelSettings().size(); i++) {
      TrafficPolicy.PortPolicy port = policy.portLevelSettings().get(i);
      String at = field + ".portLevelSettings[" + i + "]";
      if (port.port() == 0) {
        findings.required(at + ".port.number", "portLevelSettings must specify a port");
      } else {
        findings.port(at + ".port.number", port.port());
      }
      if (!ports.add(port.port())) {
        findings.duplicate(at + ".port.number", port.port());
      }
      loadBalancer(at + ".loadBalancer", port.loadBalancer());
      pool(at + ".connectionPool", port.connectionPool());
      outlier(at + ".outlierDetection", port.outlierDetection());
      tls(at + ".tls", port.tls());
    }
    TrafficPolicy.Tunnel tunnel = policy.tunnel();
    if (tunnel != null) {
      tunnel(field + ".tunnel", tunnel);
    }
    TrafficPolicy.RetryBudget budget = policy.retryBudget();
    if (budget != null && budget.percent() != null) {
      findings.percentage(field + ".retryBudget.percent", budget.percent());
    }
  }

  private void tunnel(String field, TrafficPolicy.Tunnel tunnel) {
    if (!tunnel.protocol().isEmpty() && !tunnel.protocol().matches("CONNECT|POST")) {
      findings.invalid(
          field + ".protocol", "\"" + tunnel.protocol() + "\": must be CONNECT or POST");
    }
    findings.host(field + ".targetHost", tunnel.targetHost(), false);
    findings.port(field + ".targetPort", tunnel.targetPort());
  }

  private void loadBalancer(String field, @Nullable LoadBalancer lb) {
    if (lb == null) {
      return;
    }
    LoadBalancer.ConsistentHash hash = lb.consistentHash();
    if (hash != null) {
      boolean nothing =
          hash.httpHeaderName().isEmpty()
              && hash.httpCookie() == null
              && !hash.useSourceIp()
              && hash.httpQueryParameterName().isEmpty();
      if (nothing) {
        findings.required(
            field + ".consistentHash",
            "httpHeaderName, httpCookie, useSourceIp or httpQueryParameterName");
      }
    }
    LoadBalancer.Simple simple = lb.simple();
    boolean warms =
        simple == LoadBalancer.Simple.UNSPECIFIED
            || simple == LoadBalancer.Simple.ROUND_ROBIN
            || simple == LoadBalancer.Simple.LEAST_REQUEST
            || simple == LoadBalancer.Simple.LEAST_CONN;
    if (lb.warmup() != null && (!warms || hash != null)) {
      findings.forbidden(
          field + ".warmup", "warmup is only supported for ROUND_ROBIN and LEAST_REQUEST");
    }
    LoadBalancer.Locality locality = lb.localityLbSetting();
    if (locality != null) {
      locality(field + ".localityLbSetting", locality);
    }
  }

  private void locality(String field, LoadBalancer.Locality locality) {
    if (!locality.distribute().isEmpty()
        && (!locality.failover().isEmpty() || !locality.failoverPriority().isEmpty())) {
      findings.forbidden(
          field + ".distribute", "cannot set both distribute and failover or failoverPriority");
    }
    Set<String> from = new HashSet<>();
    for (int i = 0; i < locality.distribute().size(); i++) {
      LoadBalancer.Distribute distribute = locality.distribute().get(i);
      String at = field + ".distribute[" + i + "]";
      if (!from.add(distribute.from())) {
        findings.duplicate(at + ".from", distribute.from());
      }
      long sum = distribute.to().values().stream().mapToLong(Integer::longValue).sum();
      if (sum != 100) {
        findings.invalid(at + ".to", "total locality weight " + sum + " != 100");
      }
    }
    failover(field + ".failover", locality.failover());
  }

  private void failover(String field, List<LoadBalancer.Failover> failover) {
    for (int i = 0; i < failover.size(); i++) {
      LoadBalancer.Failover one = failover.get(i);
      if (one.from().equals(one.to())) {
        findings.invalid(
            field + "[" + i + "]", "locality lb failover settings must specify different regions");
      }
      if (one.from().contains("/") || one.to().contains("/") || one.from().contains("*")) {
        findings.invalid(field + "[" + i + "]", "locality lb failover only specify region");
      }
    }
  }

  void pool(String field, TrafficPolicy.@Nullable ConnectionPool pool) {
    if (pool == null) {
      return;
    }
    TrafficPolicy.Http http = pool.http();
    findings.notNegative(field + ".tcp.maxConnections", pool.tcp().maxConnections());
    findings.notNegative(field + ".http.http1MaxPendingRequests", http.http1MaxPendingRequests());
    findings.notNegative(field + ".http.http2MaxRequests", http.http2MaxRequests());
    findings.notNegative(field + ".http.maxRequestsPerConnection", http.maxRequestsPerConnection());
    findings.notNegative(field + ".http.maxRetries", http.maxRetries());
    findings.notNegative(field + ".http.maxConcurrentStreams", http.maxConcurrentStreams());
    if (http.useClientProtocol()
        && http.h2UpgradePolicy() == TrafficPolicy.H2UpgradePolicy.UPGRADE) {
      findings.forbidden(
          field + ".http.useClientProtocol",
          "use client protocol must not be true when H2UpgradePolicy is UPGRADE");
    }
  }

  private void outlier(String field, TrafficPolicy.@Nullable OutlierDetection outlier) {
    if (outlier == null) {
      return;
    }
    percent(field + ".maxEjectionPercent", outlier.maxEjectionPercent());
    percent(field + ".minHealthPercent", outlier.minHealthPercent());
    findings.notNegative(field + ".consecutive5xxErrors", outlier.consecutive5xxErrors());
  }

  private void percent(String field, @Nullable Integer value) {
    if (value != null) {
      findings.percentage(field, value);
    }
  }

  private void tls(String field, @Nullable ClientTls tls) {
    if (tls == null) {
      return;
    }
    boolean files = !tls.clientCertificate().isEmpty() || !tls.privateKey().isEmpty();
    boolean credential = !tls.credentialName().isEmpty();
    if (tls.mode() == ClientTls.Mode.MUTUAL && !credential) {
      if (tls.clientCertificate().isEmpty()) {
        findings.required(
            field + ".clientCertificate", "client certificate required for mutual tls");
      }
      if (tls.privateKey().isEmpty()) {
        findings.required(field + ".privateKey", "private key required for mutual tls");
      }
    }
    if (credential && (files || !tls.caCertificates().isEmpty())) {
      findings.forbidden(
          field + ".credentialName",
          "cannot specify clientCertificate, privateKey or caCertificates with credentialName");
    }
    boolean own = files || credential || !tls.caCertificates().isEmpty();
    boolean ownNames = !tls.sni().isEmpty() || !tls.subjectAltNames().isEmpty();
    if (tls.mode() == ClientTls.Mode.ISTIO_MUTUAL && (own || ownNames)) {
      findings.forbidden(
          field + ".mode",
          "ISTIO_MUTUAL takes certificates and names from the mesh; found files, credentialName, sni"
              + " or subjectAltNames");
    }
  }
}
