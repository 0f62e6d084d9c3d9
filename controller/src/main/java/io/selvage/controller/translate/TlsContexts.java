package io.selvage.controller.translate;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.TransportSocketMatch;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.selvage.controller.resource.view.MeshConfig;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ClientTls;
import java.util.List;

/** TLS of both directions: the mesh's own, and what a DestinationRule asks for. */
final class TlsContexts {
  private static final String TLS = "envoy.transport_sockets.tls";
  private static final String OWN = "default";
  private static final String ROOTS = "ROOTCA";
  static final List<String> ALPN_HTTP1 = List.of("istio-http/1.1", "istio", "http/1.1");
  static final List<String> ALPN_HTTP2 = List.of("istio-h2", "istio", "h2");
  static final List<String> ALPN_TCP = List.of("istio-peer-exchange", "istio");
  static final List<String> ALPN_SERVER = List.of("h2", "http/1.1");

  /** What a chain for the mesh's HTTP matches in PERMISSIVE mode. */
  static final List<String> MESH_HTTP = List.of("istio-http/1.0", "istio-http/1.1", "istio-h2");

  private TlsContexts() {}

  /** A secret by name: out of the bootstrap, or over Istio's local SDS. */
  private static SdsSecretConfig secret(String name, boolean overSds) {
    SdsSecretConfig.Builder secret = SdsSecretConfig.newBuilder().setName(name);
    if (overSds) {
      secret.setSdsConfig(
          ConfigSource.newBuilder()
              .setResourceApiVersion(ApiVersion.V3)
              .setInitialFetchTimeout(com.google.protobuf.Duration.getDefaultInstance())
              .setApiConfigSource(
                  ApiConfigSource.newBuilder()
                      .setApiType(ApiConfigSource.ApiType.GRPC)
                      .setTransportApiVersion(ApiVersion.V3)
                      .setSetNodeOnFirstMessageOnly(true)
                      .addGrpcServices(
                          GrpcService.newBuilder()
                              .setEnvoyGrpc(
                                  GrpcService.EnvoyGrpc.newBuilder().setClusterName("sds-grpc")))));
    }
    return secret.build();
  }

  private static TlsParameters parameters(MeshConfig.Tls tls) {
    return TlsParameters.newBuilder()
        .setTlsMinimumProtocolVersion(
            tls.minProtocolVersion() == MeshConfig.Version.TLSV1_3
                ? TlsParameters.TlsProtocol.TLSv1_3
                : TlsParameters.TlsProtocol.TLSv1_2)
        .setTlsMaximumProtocolVersion(TlsParameters.TlsProtocol.TLSv1_3)
        .addAllCipherSuites(tls.cipherSuites())
        .addAllEcdhCurves(tls.ecdhCurves())
        .build();
  }

  private static CommonTlsContext common(
      List<String> alpn,
      List<SubjectAltNameMatcher> names,
      MeshSettings settings,
      boolean overSds) {
    return CommonTlsContext.newBuilder()
        .setTlsParams(parameters(settings.meshTls()))
        .addAllAlpnProtocols(alpn)
        .addTlsCertificateSdsSecretConfigs(secret(OWN, overSds))
        .setCombinedValidationContext(
            CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                .setDefaultValidationContext(
                    CertificateValidationContext.newBuilder()
                        .addAllMatchTypedSubjectAltNames(names))
                .setValidationContextSdsSecretConfig(secret(ROOTS, overSds)))
        .build();
  }

  /** The mesh's own TLS towards a service whose workloads hold one of {@code identities}. */
  static TransportSocket upstream(
      String sni,
      List<String> alpn,
      List<String> identities,
      MeshSettings settings,
      boolean overSds) {
    List<SubjectAltNameMatcher> names =
        identities.stream().map(id -> uri(StringMatcher.newBuilder().setExact(id))).toList();
    return socket(
        UpstreamTlsContext.newBuilder()
            .setCommonTlsContext(common(alpn, names, settings, overSds))
            .setSni(sni)
            .build());
  }

  /** The mesh's own TLS in front of a workload: client certificate of the trust domain wanted. */
  static TransportSocket downstream(List<String> alpn, MeshSettings settings, boolean overSds) {
    List<SubjectAltNameMatcher> names = new java.util.ArrayList<>();
    names.add(domain(settings.trustDomain()));
    settings.trustDomainAliases().forEach(alias -> names.add(domain(alias)));
    return TransportSocket.newBuilder()
        .setName(TLS)
        .setTypedConfig(
            Protos.any(
                DownstreamTlsContext.newBuilder()
                    .setCommonTlsContext(common(alpn, names, settings, overSds))
                    .setRequireClientCertificate(Protos.flag(true))
                    .build()))
        .build();
  }

  private static SubjectAltNameMatcher domain(String trustDomain) {
    return uri(StringMatcher.newBuilder().setPrefix("spiffe://" + trustDomain + "/"));
  }

  private static SubjectAltNameMatcher uri(StringMatcher.Builder matcher) {
    return SubjectAltNameMatcher.newBuilder()
        .setSanType(SubjectAltNameMatcher.SanType.URI)
        .setMatcher(matcher)
        .build();
  }

  private static TransportSocket socket(UpstreamTlsContext context) {
    return TransportSocket.newBuilder().setName(TLS).setTypedConfig(Protos.any(context)).build();
  }

  static TransportSocket plain() {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.raw_buffer")
        .setTypedConfig(Protos.any(RawBuffer.getDefaultInstance()))
        .build();
  }

  /** Istio's automatic mutual TLS: endpoints that speak it get it, others get plaintext. */
  static List<TransportSocketMatch> automatic(TransportSocket mutual) {
    return List.of(
        TransportSocketMatch.newBuilder()
            .setName("tlsMode-istio")
            .setMatch(Struct.newBuilder().putFields("tlsMode", Protos.text("istio")))
            .setTransportSocket(mutual)
            .build(),
        TransportSocketMatch.newBuilder()
            .setName("tlsMode-disabled")
            .setMatch(Struct.getDefaultInstance())
            .setTransportSocket(plain())
            .build());
  }

  /** TLS that a DestinationRule spells out with files (SIMPLE, MUTUAL). */
  static TransportSocket custom(
      ClientTls tls, List<String> alpn, List<String> serviceNames, MeshSettings settings) {
    CertificateValidationContext.Builder validation = CertificateValidationContext.newBuilder();
    List<String> wanted = tls.subjectAltNames().isEmpty() ? serviceNames : tls.subjectAltNames();
    if (!tls.insecureSkipVerify()) {
      validation.setTrustedCa(
          file(tls.caCertificates().isEmpty() ? "system" : tls.caCertificates()));
      for (String name : wanted) {
        validation.addMatchTypedSubjectAltNames(subject(name));
      }
    }
    if (!tls.caCrl().isEmpty()) {
      validation.setCrl(file(tls.caCrl()));
    }
    CommonTlsContext.Builder common =
        CommonTlsContext.newBuilder()
            .setTlsParams(parameters(settings.otherTls()))
            .addAllAlpnProtocols(alpn)
            .setValidationContext(validation);
    if (tls.mode() == ClientTls.Mode.MUTUAL) {
      common.addTlsCertificates(
          TlsCertificate.newBuilder()
              .setCertificateChain(file(tls.clientCertificate()))
              .setPrivateKey(file(tls.privateKey())));
    }
    return socket(
        UpstreamTlsContext.newBuilder().setCommonTlsContext(common).setSni(tls.sni()).build());
  }

  /** Writes the PROXY protocol's preface before the first byte of whatever was chosen so far. */
  static void preface(Cluster.Builder cluster, TrafficPolicy.ProxyProtocol version) {
    if (cluster.getTransportSocketMatchesCount() == 0) {
      TransportSocket inner = cluster.hasTransportSocket() ? cluster.getTransportSocket() : plain();
      cluster.setTransportSocket(preface(inner, version));
      return;
    }
    cluster
        .getTransportSocketMatchesBuilderList()
        .forEach(m -> m.setTransportSocket(preface(m.getTransportSocket(), version)));
  }

  private static TransportSocket preface(
      TransportSocket inner, TrafficPolicy.ProxyProtocol version) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.upstream_proxy_protocol")
        .setTypedConfig(
            Protos.any(
                ProxyProtocolUpstreamTransport.newBuilder()
                    .setConfig(
                        ProxyProtocolConfig.newBuilder()
                            .setVersion(
                                version == TrafficPolicy.ProxyProtocol.V2
                                    ? ProxyProtocolConfig.Version.V2
                                    : ProxyProtocolConfig.Version.V1))
                    .setTransportSocket(inner)
                    .build()))
        .build();
  }

  /**
   * TLS that a BackendTLSPolicy asks for.
   *
   * @param anchors PEM of the certificates to trust; empty for the platform's
   * @param names of which the certificate must hold one: DNS names, or URIs with a scheme
   */
  static TransportSocket backend(
      String sni, String anchors, List<String> names, List<String> alpn, MeshSettings settings) {
    CertificateValidationContext.Builder validation =
        CertificateValidationContext.newBuilder()
            .setTrustedCa(
                anchors.isEmpty()
                    ? file("system")
                    : DataSource.newBuilder().setInlineString(anchors).build());
    names.forEach(name -> validation.addMatchTypedSubjectAltNames(subject(name)));
    return socket(
        UpstreamTlsContext.newBuilder()
            .setCommonTlsContext(
                CommonTlsContext.newBuilder()
                    .setTlsParams(parameters(settings.otherTls()))
                    .addAllAlpnProtocols(alpn)
                    .setValidationContext(validation))
            .setSni(sni)
            .build());
  }

  private static SubjectAltNameMatcher subject(String name) {
    return SubjectAltNameMatcher.newBuilder()
        .setSanType(
            name.contains("://")
                ? SubjectAltNameMatcher.SanType.URI
                : SubjectAltNameMatcher.SanType.DNS)
        .setMatcher(StringMatcher.newBuilder().setExact(name))
        .build();
  }

  private static DataSource file(String path) {
    String name = path.equals("system") ? "/etc/ssl/certs/ca-certificates.crt" : path;
    return DataSource.newBuilder().setFilename(name).build();
  }
}
