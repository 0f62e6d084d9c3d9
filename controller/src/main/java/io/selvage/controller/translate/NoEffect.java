package io.selvage.controller.translate;

import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ConnectionPool;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.VirtualService.L4Match;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names every field that users wrote and that changes nothing here, each in its own words. */
final class NoEffect {
  private final MeshView view;
  private final Problems problems;

  NoEffect(MeshView view) {
    this.view = view;
    this.problems = view.problems();
  }

  void check() {
    view.virtualServices().forEach(this::virtualService);
    view.destinationRules().forEach(this::destinationRule);
    view.sidecars().forEach(this::sidecar);
    view.authorizationPolicies().forEach(this::authorization);
  }

  private void note(Resource owner, boolean written, String field, String why) {
    if (written) {
      problems.unsupported(owner, field, why);
    }
  }

  private void authorization(AuthorizationPolicy policy) {
    for (int i = 0; i < policy.targetRefs().size(); i++) {
      AuthorizationPolicy.TargetRef ref = policy.targetRefs().get(i);
      note(
          policy.source(),
          !ref.kind().equals("Service"),
          "spec.targetRefs[" + i + "]",
          "a " + ref.kind() + " is no workload of the mesh; give a Service or a selector");
    }
  }

  private void virtualService(VirtualService service) {
    Resource owner = service.source();
    for (int i = 0; i < service.tcp().size(); i++) {
      List<L4Match> matches = service.tcp().get(i).match();
      for (int j = 0; j < matches.size(); j++) {
        note(
            owner,
            !matches.get(j).sourceSubnet().isEmpty(),
            "spec.tcp[" + i + "].match[" + j + "].sourceSubnet",
            "no effect, as in Istio; use sourceLabels or sourceNamespace");
      }
    }
  }

  private void destinationRule(DestinationRule rule) {
    policy(rule.source(), "spec.trafficPolicy", rule.trafficPolicy());
    for (int i = 0; i < rule.subsets().size(); i++) {
      policy(
          rule.source(),
          "spec.subsets[" + i + "].trafficPolicy",
          rule.subsets().get(i).trafficPolicy());
    }
  }

  private void policy(Resource owner, String field, @Nullable TrafficPolicy policy) {
    if (policy == null) {
      return;
    }
    note(
        owner,
        policy.tunnel() != null,
        field + ".tunnel",
        "agents open no tunnel; only connections of Envoys go through it");
    balancer(owner, field + ".loadBalancer", policy.loadBalancer());
    pool(owner, field + ".connectionPool", policy.connectionPool());
    for (int i = 0; i < policy.portLevelSettings().size(); i++) {
      TrafficPolicy.PortPolicy port = policy.portLevelSettings().get(i);
      String at = field + ".portLevelSettings[" + i + "]";
      balancer(owner, at + ".loadBalancer", port.loadBalancer());
      pool(owner, at + ".connectionPool", port.connectionPool());
    }
  }

  private void balancer(Resource owner, String field, @Nullable LoadBalancer balancer) {
    note(
        owner,
        balancer != null && balancer.backendUtilization() != null,
        field + ".backendUtilization",
        "backends report no utilization; least request is used");
  }

  private void pool(Resource owner, String field, @Nullable ConnectionPool pool) {
    note(
        owner,
        pool != null && pool.http().useClientProtocol(),
        field + ".http.useClientProtocol",
        "no effect; there is no second hop whose protocol could be kept");
    note(
        owner,
        pool != null && pool.http().http2KeepAlive() != null,
        field + ".http.http2KeepAlive",
        "agents send no PINGs of their own, only Envoys do; tcpKeepalive probes connections");
  }

  private void sidecar(Sidecar sidecar) {
    Resource owner = sidecar.source();
    inbound(owner, "spec.inboundConnectionPool", sidecar.inboundConnectionPool());
    for (int i = 0; i < sidecar.egress().size(); i++) {
      Sidecar.Egress egress = sidecar.egress().get(i);
      String at = "spec.egress[" + i + "]";
      String why = "no effect; no listener is opened, the application calls the hosts itself";
      note(owner, egress.port() != null, at + ".port", why);
      note(owner, !egress.bind().isEmpty(), at + ".bind", why);
      note(owner, capture(egress.captureMode()), at + ".captureMode", why);
    }
    for (int i = 0; i < sidecar.ingress().size(); i++) {
      Sidecar.Ingress ingress = sidecar.ingress().get(i);
      String at = "spec.ingress[" + i + "]";
      String why = "no effect; the application binds its own port";
      note(owner, !ingress.bind().isEmpty(), at + ".bind", why);
      note(owner, capture(ingress.captureMode()), at + ".captureMode", why);
      inbound(owner, at + ".connectionPool", ingress.connectionPool());
      note(
          owner,
          ingress.tls() != null,
          at + ".tls",
          "not served by agents; the port keeps what PeerAuthentication says");
      note(
          owner,
          !ingress.defaultEndpoint().isEmpty(),
          at + ".defaultEndpoint",
          "no effect; the application is the endpoint");
    }
  }

  /** Between the mesh and the application there is no connection of its own to be governed. */
  private void inbound(Resource owner, String field, @Nullable ConnectionPool pool) {
    if (pool == null) {
      return;
    }
    String why = "no effect; the application is in the same process, no connection leads to it";
    TrafficPolicy.Tcp tcp = pool.tcp();
    note(owner, tcp.connectTimeout() != null, field + ".tcp.connectTimeout", why);
    note(owner, tcp.tcpKeepalive() != null, field + ".tcp.tcpKeepalive", why);
    note(owner, tcp.maxConnectionDuration() != null, field + ".tcp.maxConnectionDuration", why);
    note(owner, tcp.idleTimeout() != null, field + ".tcp.idleTimeout", why);
    TrafficPolicy.Http http = pool.http();
    String perConnection = field + ".http.maxRequestsPerConnection";
    note(owner, http.maxRequestsPerConnection() != null, perConnection, why);
    note(owner, http.idleTimeout() != null, field + ".http.idleTimeout", why);
    note(owner, http.maxConcurrentStreams() != null, field + ".http.maxConcurrentStreams", why);
    note(owner, http.http2KeepAlive() != null, field + ".http.http2KeepAlive", why);
    note(owner, http.useClientProtocol(), field + ".http.useClientProtocol", why);
    boolean raised = http.h2UpgradePolicy() != TrafficPolicy.H2UpgradePolicy.DEFAULT;
    note(owner, raised, field + ".http.h2UpgradePolicy", why);
    note(
        owner,
        http.maxRetries() != null,
        field + ".http.maxRetries",
        "no effect; what came in is served once");
  }

  private static boolean capture(Sidecar.CaptureMode mode) {
    return mode != Sidecar.CaptureMode.DEFAULT;
  }
}
