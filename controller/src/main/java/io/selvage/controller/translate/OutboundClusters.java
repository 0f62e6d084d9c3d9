package io.selvage.controller.translate;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ClientTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clusters {@code outbound|port|subset|host}: one for each port and subset of each service. */
final class OutboundClusters {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private final MeshView view;
  private final Caller caller;
  private final Rules rules;

  OutboundClusters(MeshView view, Caller caller, Rules rules) {
    this.view = view;
    this.caller = caller;
    this.rules = rules;
  }

  List<Cluster> all() {
    List<Cluster> clusters = new ArrayList<>();
    for (MeshService service : rules.scope().reached()) {
      DestinationRule rule = rules.destinationRule(service);
      for (MeshPort port : service.ports()) {
        clusters.add(cluster(service, port, rule, null));
        if (rule != null) {
          for (DestinationRule.Subset subset : rule.subsets()) {
            clusters.add(cluster(service, port, rule, subset));
          }
        }
      }
    }
    clusters.add(passthrough());
    clusters.add(blackHole());
    return clusters;
  }

  private Cluster cluster(
      MeshService service,
      MeshPort port,
      @Nullable DestinationRule rule,
      DestinationRule.@Nullable Subset subset) {
    Policy policy =
        Policy.of(rule, subset, port.number())
            .with(view.gateway().policies().retryBudget(service.host()));
    String subsetName = subset == null ? "" : subset.name();
    String name = ClusterName.outbound(port.number(), subsetName, service.host());
    Cluster.Builder cluster =
        Cluster.newBuilder()
            .setName(name)
            .setConnectTimeout(Protos.duration(connectTimeout(policy)))
            .setMetadata(
                metadata(service, subsetName, rule, view.own().destination(service, port)));
    discovery(cluster, service, port, subset, name);
    CircuitBreaking.apply(cluster, policy);
    OutlierPolicy.apply(cluster, policy);
    Balancing.apply(cluster, policy);
    boolean http2 = http2(port, policy);
    if (port.protocol().isHttp()) {
      HttpOptions.apply(cluster, policy, http2);
    }
    keepalive(cluster, policy);
    tls(cluster, service, port, subsetName, policy, http2, rule);
    if (policy.proxyProtocol() != null) {
      TlsContexts.preface(cluster, policy.proxyProtocol());
    }
    return cluster.build();
  }

  private static Duration connectTimeout(Policy policy) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    Duration asked = pool == null ? null : pool.tcp().connectTimeout();
    return asked == null ? CONNECT_TIMEOUT : asked;
  }

  private void discovery(
      Cluster.Builder cluster,
      MeshService service,
      MeshPort port,
      DestinationRule.@Nullable Subset subset,
      String name) {
    switch (service.resolution()) {
      case STATIC ->
          cluster
              .setType(Cluster.DiscoveryType.EDS)
              .setEdsClusterConfig(
                  Cluster.EdsClusterConfig.newBuilder()
                      .setEdsConfig(Protos.ADS)
                      .setServiceName(name));
      case DNS, DNS_ROUND_ROBIN ->
          cluster
              .setType(
                  service.resolution() == MeshService.Resolution.DNS
                      ? Cluster.DiscoveryType.STRICT_DNS
                      : Cluster.DiscoveryType.LOGICAL_DNS)
              .setDnsLookupFamily(Cluster.DnsLookupFamily.V4_PREFERRED)
              // a JVM's resolver tells no time to live
              .setRespectDnsTtl(!caller.agent())
              .setLoadAssignment(
                  new Assignments(view, caller, rules).assignment(service, port, subset, name));
      case PASSTHROUGH ->
          cluster
              .setType(Cluster.DiscoveryType.ORIGINAL_DST)
              .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED);
    }
  }

  private static Metadata metadata(
      MeshService service, String subset, @Nullable DestinationRule rule, @Nullable Struct own) {
    Struct.Builder one =
        Struct.newBuilder()
            .putFields("host", Protos.text(service.host()))
            .putFields("name", Protos.text(service.name()))
            .putFields("namespace", Protos.text(service.namespace()));
    Struct.Builder istio =
        Struct.newBuilder()
            .putFields(
                "services",
                Value.newBuilder()
                    .setListValue(
                        ListValue.newBuilder().addValues(Value.newBuilder().setStructValue(one)))
                    .build());
    if (!subset.isEmpty()) {
      istio.putFields("subset", Protos.text(subset));
    }
    if (rule != null) {
      istio.putFields("config", Protos.text(Protos.path(rule.source())));
    }
    Metadata.Builder metadata = Metadata.newBuilder().putFilterMetadata("istio", istio.build());
    if (own != null) {
      metadata.putFilterMetadata(OwnKinds.KEY, own);
    }
    return metadata.build();
  }

  private static boolean http2(MeshPort port, Policy policy) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    boolean raised =
        pool != null
            && pool.http().h2UpgradePolicy() == TrafficPolicy.H2UpgradePolicy.UPGRADE
            && port.protocol() == Protocol.HTTP;
    return port.protocol().isHttp2() || raised;
  }

  private static void keepalive(Cluster.Builder cluster, Policy policy) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    TrafficPolicy.Keepalive asked = pool == null ? null : pool.tcp().tcpKeepalive();
    if (asked == null) {
      return;
    }
    TcpKeepalive.Builder keepalive = TcpKeepalive.newBuilder();
    if (asked.probes() != null) {
      keepalive.setKeepaliveProbes(Protos.number(asked.probes()));
    }
    if (asked.time() != null) {
      keepalive.setKeepaliveTime(Protos.number(asked.time().toSeconds()));
    }
    if (asked.interval() != null) {
      keepalive.setKeepaliveInterval(Protos.number(asked.interval().toSeconds()));
    }
    cluster.setUpstreamConnectionOptions(
        UpstreamConnectionOptions.newBuilder().setTcpKeepalive(keepalive));
  }

  private void tls(
      Cluster.Builder cluster,
      MeshService service,
      MeshPort port,
      String subset,
      Policy policy,
      boolean http2,
      @Nullable DestinationRule rule) {
    TransportSocket asked = view.gateway().policies().socket(service, port, http2);
    if (asked != null) {
      cluster.setTransportSocket(asked);
      return;
    }
    List<String> alpn = alpn(port, http2);
    String sni = ClusterName.sni(port.number(), subset, service.host());
    ClientTls tls = policy.tls();
    if (tls == null) {
      if (!view.settings().autoMtls()) {
        return;
      }
      // Istio: what is outside the mesh never gets the mesh's TLS by itself
      boolean mesh =
          !service.external()
              && service.resolution() == MeshService.Resolution.STATIC
              && service.endpoints().values().stream()
                  .anyMatch(list -> list.stream().anyMatch(MeshEndpoint::mutualTls));
      if (mesh || (!service.external() && service.kind() != MeshService.Kind.ENTRY)) {
        cluster.addAllTransportSocketMatches(
            TlsContexts.automatic(
                TlsContexts.upstream(
                    sni, alpn, service.identities(), view.settings(), caller.sds())));
      }
      return;
    }
    switch (tls.mode()) {
      case DISABLE -> {}
      case ISTIO_MUTUAL -> {
        List<String> names =
            tls.subjectAltNames().isEmpty() ? service.identities() : tls.subjectAltNames();
        String wanted = tls.sni().isEmpty() ? sni : tls.sni();
        cluster.setTransportSocket(
            TlsContexts.upstream(wanted, alpn, names, view.settings(), caller.sds()));
      }
      case SIMPLE, MUTUAL -> {
        if (!tls.credentialName().isEmpty() && rule != null) {
          view.problems()
              .unsupported(
                  rule.source(),
                  "spec.trafficPolicy.tls.credentialName",
                  "credentials by name are not read; give files");
        }
        if (!tls.credentialName().isEmpty()) {
          // unresolved key material must never mean plaintext
          cluster.setTransportSocket(
              TlsContexts.custom(tls, List.of(), List.of("unresolved.invalid"), view.settings()));
        } else {
          cluster.setTransportSocket(
              TlsContexts.custom(
                  tls,
                  http2 ? List.of("h2") : List.of(),
                  service.subjectAltNames(),
                  view.settings()));
        }
      }
    }
  }

  private static List<String> alpn(MeshPort port, boolean http2) {
    if (!port.protocol().isHttp()) {
      return TlsContexts.ALPN_TCP;
    }
    return http2 ? TlsContexts.ALPN_HTTP2 : TlsContexts.ALPN_HTTP1;
  }

  private static Cluster passthrough() {
    return Cluster.newBuilder()
        .setName(ClusterName.PASSTHROUGH)
        .setType(Cluster.DiscoveryType.ORIGINAL_DST)
        .setLbPolicy(Cluster.LbPolicy.CLUSTER_PROVIDED)
        .setConnectTimeout(Protos.duration(CONNECT_TIMEOUT))
        .setCircuitBreakers(CircuitBreaking.unlimited())
        .putTypedExtensionProtocolOptions(
            HTTP_OPTIONS,
            Protos.any(
                io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.newBuilder()
                    .setUseDownstreamProtocolConfig(
                        io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                            .UseDownstreamHttpConfig.newBuilder()
                            .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
                            .setHttp2ProtocolOptions(Http2ProtocolOptions.getDefaultInstance()))
                    .build()))
        .build();
  }

  private static Cluster blackHole() {
    return Cluster.newBuilder()
        .setName(ClusterName.BLACK_HOLE)
        .setType(Cluster.DiscoveryType.STATIC)
        .setConnectTimeout(Protos.duration(CONNECT_TIMEOUT))
        .build();
  }
}
