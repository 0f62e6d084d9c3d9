package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsKeyLog;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Resources that are wrong in one place. Those of security must be refused; none may make a parser
 * throw.
 */
class SecurityMutantsTest {
  record Mutant(String name, String path, Parsed<?> parsed) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String RULES = "filters[0].typed_config.http_filters[0].typed_config.rules";

  static List<Mutant> mutants() {
    List<Mutant> all = new ArrayList<>();
    permissions(all);
    principals(all);
    rules(all);
    filters(all);
    chains(all);
    tlsFields(all);
    upstream(all);
    return all;
  }

  private static Parsed<?> inbound(HttpConnectionManager manager) {
    return ListenerParser.parse(Samples.inbound(Samples.mtls(manager).build()));
  }

  private static Parsed<?> rbac(RBAC rules) {
    return inbound(Samples.inboundManager().setHttpFilters(0, Samples.rbac(rules)).build());
  }

  /** A message with a field number that nobody knows. */
  private static <M extends MessageLite> M withUnknown(M message, Parser<M> parser) {
    try {
      // field 19999, varint 1
      return parser.parseFrom(
          message
              .toByteString()
              .concat(ByteString.copyFrom(new byte[] {(byte) 0xf8, (byte) 0xe1, 0x09, 0x01})));
    } catch (InvalidProtocolBufferException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void permission(List<Mutant> all, String name, Permission p) {
    for (RBAC.Action action : List.of(RBAC.Action.ALLOW, RBAC.Action.DENY)) {
      all.add(
          new Mutant(
              action + " permission " + name,
              RULES,
              rbac(Samples.rules(action, p, Samples.CALLER))));
      Permission not = Permission.newBuilder().setNotRule(p).build();
      all.add(
          new Mutant(
              action + " permission not " + name,
              RULES,
              rbac(Samples.rules(action, not, Samples.CALLER))));
    }
  }

  private static void permissions(List<Mutant> all) {
    permission(all, "empty", Permission.getDefaultInstance());
    permission(
        all,
        "metadata",
        Permission.newBuilder().setMetadata(MetadataMatcher.getDefaultInstance()).build());
    permission(
        all,
        "matcher",
        Permission.newBuilder().setMatcher(TypedExtensionConfig.getDefaultInstance()).build());
    permission(all, "any false", Permission.newBuilder().setAny(false).build());
    permission(
        all,
        "empty and",
        Permission.newBuilder().setAndRules(Permission.Set.getDefaultInstance()).build());
    permission(
        all,
        "empty or",
        Permission.newBuilder().setOrRules(Permission.Set.getDefaultInstance()).build());
    permission(all, "unknown field", withUnknown(Samples.PATH, Permission.parser()));
    permission(
        all,
        "header without name",
        Permission.newBuilder()
            .setHeader(HeaderMatcher.newBuilder().setPresentMatch(true))
            .build());
    permission(
        all,
        "unknown header matcher",
        Permission.newBuilder()
            .setHeader(
                withUnknown(
                    HeaderMatcher.newBuilder().setName("x").build(), HeaderMatcher.parser()))
            .build());
    permission(
        all,
        "empty string matcher",
        Permission.newBuilder().setRequestedServerName(StringMatcher.getDefaultInstance()).build());
    permission(
        all,
        "empty prefix",
        Permission.newBuilder()
            .setRequestedServerName(StringMatcher.newBuilder().setPrefix(""))
            .build());
    permission(
        all,
        "bad expression",
        Permission.newBuilder()
            .setRequestedServerName(
                StringMatcher.newBuilder().setSafeRegex(RegexMatcher.newBuilder().setRegex("([")))
            .build());
    permission(
        all,
        "look-ahead",
        Permission.newBuilder()
            .setRequestedServerName(
                StringMatcher.newBuilder()
                    .setSafeRegex(RegexMatcher.newBuilder().setRegex("(?=x)y")))
            .build());
    permission(
        all,
        "bad address",
        Permission.newBuilder()
            .setDestinationIp(CidrRange.newBuilder().setAddressPrefix("10.0.0"))
            .build());
    permission(
        all,
        "prefix too long",
        Permission.newBuilder()
            .setDestinationIp(
                CidrRange.newBuilder()
                    .setAddressPrefix("10.0.0.1")
                    .setPrefixLen(UInt32Value.of(33)))
            .build());
    permission(
        all,
        "unknown template",
        Permission.newBuilder().setUriTemplate(TypedExtensionConfig.getDefaultInstance()).build());
    Permission deep = Samples.PATH;
    for (int i = 0; i < 40; i++) {
      deep = Permission.newBuilder().setNotRule(deep).build();
    }
    permission(all, "too deep", deep);
  }

  private static void principal(List<Mutant> all, String name, Principal p) {
    for (RBAC.Action action : List.of(RBAC.Action.ALLOW, RBAC.Action.DENY)) {
      all.add(
          new Mutant(
              action + " principal " + name, RULES, rbac(Samples.rules(action, Samples.PATH, p))));
      Principal or =
          Principal.newBuilder()
              .setOrIds(Principal.Set.newBuilder().addIds(Samples.CALLER).addIds(p))
              .build();
      all.add(
          new Mutant(
              action + " principal or " + name,
              RULES,
              rbac(Samples.rules(action, Samples.PATH, or))));
    }
  }

  private static void principals(List<Mutant> all) {
    principal(all, "empty", Principal.getDefaultInstance());
    principal(
        all,
        "metadata",
        Principal.newBuilder().setMetadata(MetadataMatcher.getDefaultInstance()).build());
    principal(
        all,
        "filter state",
        Principal.newBuilder()
            .setFilterState(
                FilterStateMatcher.newBuilder().setKey("other").setStringMatch(Samples.exact("x")))
            .build());
    principal(all, "any false", Principal.newBuilder().setAny(false).build());
    principal(
        all,
        "empty and",
        Principal.newBuilder().setAndIds(Principal.Set.getDefaultInstance()).build());
    principal(all, "unknown field", withUnknown(Samples.CALLER, Principal.parser()));
    principal(
        all,
        "unknown name matcher",
        Principal.newBuilder()
            .setAuthenticated(
                Principal.Authenticated.newBuilder()
                    .setPrincipalName(StringMatcher.getDefaultInstance()))
            .build());
    principal(
        all,
        "bad address",
        Principal.newBuilder().setRemoteIp(CidrRange.newBuilder().setAddressPrefix("x")).build());
  }

  private static void rules(List<Mutant> all) {
    RBAC good = Samples.rules(RBAC.Action.ALLOW, Samples.PATH, Samples.CALLER);
    all.add(new Mutant("unknown action", RULES, rbac(good.toBuilder().setActionValue(9).build())));
    all.add(new Mutant("unknown field in rules", RULES, rbac(withUnknown(good, RBAC.parser()))));
    all.add(
        new Mutant(
            "condition",
            RULES,
            rbac(
                good.toBuilder()
                    .putPolicies(
                        "c",
                        good.getPoliciesMap().values().iterator().next().toBuilder()
                            .setCondition(com.google.api.expr.v1alpha1.Expr.getDefaultInstance())
                            .build())
                    .build())));
    all.add(
        new Mutant(
            "no permissions",
            RULES,
            rbac(
                good.toBuilder()
                    .putPolicies("c", Policy.newBuilder().addPrincipals(Samples.CALLER).build())
                    .build())));
    all.add(
        new Mutant(
            "no principals",
            RULES,
            rbac(
                good.toBuilder()
                    .putPolicies("c", Policy.newBuilder().addPermissions(Samples.PATH).build())
                    .build())));
    all.add(
        new Mutant(
            "unknown field in policy",
            RULES,
            rbac(
                good.toBuilder()
                    .putPolicies(
                        "c",
                        withUnknown(
                            good.getPoliciesMap().values().iterator().next(), Policy.parser()))
                    .build())));
    var filter =
        io.envoyproxy
            .envoy
            .extensions
            .filters
            .http
            .rbac
            .v3
            .RBAC
            .newBuilder()
            .setRules(good)
            .build();
    String type = "envoy.extensions.filters.http.rbac.v3.RBAC";
    all.add(
        new Mutant(
            "matcher",
            "http_filters[0]",
            inbound(
                Samples.inboundManager()
                    .setHttpFilters(
                        0,
                        Samples.httpFilter(
                            "x",
                            type,
                            filter.toBuilder()
                                .setMatcher(
                                    com.github.xds.type.matcher.v3.Matcher.getDefaultInstance())
                                .build()))
                    .build())));
    all.add(
        new Mutant(
            "unknown field in filter",
            "http_filters[0]",
            inbound(
                Samples.inboundManager()
                    .setHttpFilters(
                        0,
                        Samples.httpFilter(
                            "x",
                            type,
                            withUnknown(
                                filter,
                                io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.parser())))
                    .build())));
  }

  private static void filters(List<Mutant> all) {
    for (String type :
        List.of(
            "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "envoy.extensions.filters.http.ratelimit.v3.RateLimit",
            "envoy.extensions.filters.http.lua.v3.Lua",
            "some.future.Filter")) {
      HttpConnectionManager manager =
          Samples.inboundManager()
              .addHttpFilters(
                  0, Samples.httpFilter("some.filter", type, Router.getDefaultInstance()))
              .build();
      all.add(new Mutant("http filter " + type, "http_filters[0]", inbound(manager)));
      FilterChain chain =
          Samples.mtls(Samples.inboundManager().build())
              .addFilters(0, Samples.filter("some.filter", type, Router.getDefaultInstance()))
              .build();
      all.add(
          new Mutant(
              "network filter " + type,
              "filters[0]",
              ListenerParser.parse(Samples.inbound(chain))));
    }
    RouteConfiguration routes = Samples.inboundManager().getRouteConfig();
    VirtualHost host = routes.getVirtualHosts(0);
    Route route =
        host.getRoutes(0).toBuilder()
            .putTypedPerFilterConfig(
                "envoy.filters.http.rbac",
                Samples.any(
                    "envoy.extensions.filters.http.rbac.v3.RBACPerRoute",
                    Router.getDefaultInstance()))
            .build();
    var config =
        Samples.inboundManager()
            .setRouteConfig(
                routes.toBuilder().setVirtualHosts(0, host.toBuilder().setRoutes(0, route)));
    all.add(
        new Mutant(
            "routes from elsewhere",
            "filters[0]",
            inbound(
                Samples.inboundManager()
                    .setRds(
                        io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
                            .Rds.newBuilder()
                            .setRouteConfigName("x"))
                    .build())));
  }

  private static void chain(
      List<Mutant> all, String name, Function<FilterChain.Builder, FilterChain.Builder> change) {
    FilterChain chain = change.apply(Samples.mtls(Samples.inboundManager().build())).build();
    all.add(
        new Mutant(
            "chain " + name, "filter_chains[0]", ListenerParser.parse(Samples.inbound(chain))));
  }

  private static FilterChain.Builder tls(
      FilterChain.Builder chain,
      Function<CommonTlsContext.Builder, CommonTlsContext.Builder> change) {
    return chain.setTransportSocket(
        Samples.downstream(
            DownstreamTlsContext.newBuilder()
                .setRequireClientCertificate(BoolValue.of(true))
                .setCommonTlsContext(change.apply(Samples.common("x").toBuilder()))
                .build()));
  }

  private static void chains(List<Mutant> all) {
    chain(
        all,
        "server names",
        c -> {
          return c.setFilterChainMatch(c.getFilterChainMatch().toBuilder().addServerNames("x"));
        });
    chain(
        all,
        "source ports",
        c -> {
          return c.setFilterChainMatch(c.getFilterChainMatch().toBuilder().addSourcePorts(1));
        });
    chain(
        all,
        "source type",
        c -> {
          return c.setFilterChainMatch(c.getFilterChainMatch().toBuilder().setSourceTypeValue(1));
        });
    chain(
        all,
        "source ranges",
        c -> {
          return c.setFilterChainMatch(
              c.getFilterChainMatch().toBuilder()
                  .addSourcePrefixRanges(CidrRange.newBuilder().setAddressPrefix("10.0.0.0")));
        });
    chain(
        all,
        "ranges",
        c -> {
          return c.setFilterChainMatch(
              c.getFilterChainMatch().toBuilder()
                  .addPrefixRanges(
                      CidrRange.newBuilder()
                          .setAddressPrefix("10.0.0.0")
                          .setPrefixLen(UInt32Value.of(8))));
        });
    chain(
        all,
        "unknown transport",
        c -> {
          return c.setFilterChainMatch(
              c.getFilterChainMatch().toBuilder().setTransportProtocol("quic"));
        });
    chain(
        all,
        "TLS for plaintext",
        c -> {
          return c.setFilterChainMatch(
              c.getFilterChainMatch().toBuilder().setTransportProtocol("raw_buffer"));
        });
    chain(
        all,
        "unknown socket",
        c ->
            c.setTransportSocket(
                TransportSocket.newBuilder()
                    .setName("envoy.transport_sockets.alts")
                    .setTypedConfig(Samples.any("x.Alts", Router.getDefaultInstance()))));
    chain(
        all,
        "socket without config",
        c ->
            c.setTransportSocket(
                TransportSocket.newBuilder().setName("envoy.transport_sockets.tls")));
    chain(
        all,
        "another secret",
        c ->
            tls(
                c,
                t ->
                    t.setTlsCertificateSdsSecretConfigs(
                        0, SdsSecretConfig.newBuilder().setName("other"))));
    chain(
        all,
        "no certificate",
        c -> tls(c, CommonTlsContext.Builder::clearTlsCertificateSdsSecretConfigs));
    chain(
        all,
        "own certificate",
        c -> tls(c, t -> t.addTlsCertificates(TlsCertificate.getDefaultInstance())));
    chain(
        all,
        "other roots",
        c ->
            tls(
                c,
                t ->
                    t.setValidationContextSdsSecretConfig(
                        SdsSecretConfig.newBuilder().setName("other"))));
    chain(
        all,
        "no validation",
        c -> tls(c, CommonTlsContext.Builder::clearCombinedValidationContext));
    chain(
        all,
        "own roots",
        c ->
            tls(
                c,
                t ->
                    t.setValidationContext(
                        CertificateValidationContext.newBuilder()
                            .setTrustedCa(DataSource.newBuilder().setInlineString("x")))));
    chain(
        all,
        "hash",
        c ->
            tls(
                c,
                t ->
                    t.setCombinedValidationContext(
                        t.getCombinedValidationContext().toBuilder()
                            .setDefaultValidationContext(
                                CertificateValidationContext.newBuilder()
                                    .addVerifyCertificateHash("x")))));
    chain(
        all,
        "revocation list",
        c ->
            tls(
                c,
                t ->
                    t.setCombinedValidationContext(
                        t.getCombinedValidationContext().toBuilder()
                            .setDefaultValidationContext(
                                CertificateValidationContext.newBuilder()
                                    .setCrl(DataSource.newBuilder().setInlineString("x"))))));
    chain(
        all,
        "unknown field in TLS",
        c ->
            c.setTransportSocket(
                Samples.downstream(
                    DownstreamTlsContext.newBuilder()
                        .setRequireClientCertificate(BoolValue.of(true))
                        .setCommonTlsContext(
                            withUnknown(Samples.common("x"), CommonTlsContext.parser()))
                        .build())));
    chain(
        all,
        "custom validator",
        c ->
            tls(
                c,
                t ->
                    t.setCombinedValidationContext(
                        t.getCombinedValidationContext().toBuilder()
                            .setDefaultValidationContext(
                                CertificateValidationContext.newBuilder()
                                    .setCustomValidatorConfig(
                                        TypedExtensionConfig.getDefaultInstance())))));
  }

  private static Cluster matching(
      Function<Cluster.TransportSocketMatch.Builder, Cluster.TransportSocketMatch.Builder> change) {
    return Samples.cluster().toBuilder()
        .setTransportSocketMatches(
            0, change.apply(Samples.cluster().getTransportSocketMatches(0).toBuilder()))
        .build();
  }

  private static void cluster(List<Mutant> all, String name, UpstreamTlsContext context) {
    all.add(
        new Mutant(
            "cluster " + name,
            "transport_socket_matches[0]",
            ClusterParser.parse(matching(m -> m.setTransportSocket(Samples.upstream(context))))));
    all.add(
        new Mutant(
            "cluster default " + name,
            "transport_socket",
            ClusterParser.parse(
                Samples.cluster().toBuilder()
                    .clearTransportSocketMatches()
                    .setTransportSocket(Samples.upstream(context))
                    .build())));
  }

  private static UpstreamTlsContext context(CommonTlsContext.Builder common) {
    return UpstreamTlsContext.newBuilder().setSni("x").setCommonTlsContext(common).build();
  }

  private static void upstream(List<Mutant> all) {
    CommonTlsContext good = Samples.common("x");
    cluster(
        all, "unknown field", withUnknown(context(good.toBuilder()), UpstreamTlsContext.parser()));
    cluster(
        all,
        "another secret",
        context(
            good.toBuilder()
                .setTlsCertificateSdsSecretConfigs(
                    0, SdsSecretConfig.newBuilder().setName("kubernetes://other"))));
    cluster(
        all,
        "anybody",
        context(
            good.toBuilder()
                .setCombinedValidationContext(
                    good.getCombinedValidationContext().toBuilder()
                        .setDefaultValidationContext(
                            CertificateValidationContext.newBuilder()
                                .setTrustChainVerification(
                                    CertificateValidationContext.TrustChainVerification
                                        .ACCEPT_UNTRUSTED)))));
    cluster(
        all,
        "anchors that are not there",
        context(
            good.toBuilder()
                .clearTlsCertificateSdsSecretConfigs()
                .setValidationContext(
                    CertificateValidationContext.newBuilder()
                        .setTrustedCa(DataSource.newBuilder().setFilename("/does/not/exist")))));
    cluster(
        all,
        "key that is not there",
        context(
            good.toBuilder()
                .clearTlsCertificateSdsSecretConfigs()
                .addTlsCertificates(
                    TlsCertificate.newBuilder()
                        .setCertificateChain(DataSource.newBuilder().setFilename("/does/not/exist"))
                        .setPrivateKey(DataSource.newBuilder().setEnvironmentVariable("KEY")))));
    all.add(
        new Mutant(
            "cluster other match",
            "transport_socket_matches[0].match",
            ClusterParser.parse(
                matching(
                    m -> m.setMatch(Struct.newBuilder().putFields("other", Samples.text("x")))))));
    all.add(
        new Mutant(
            "cluster unknown socket",
            "transport_socket_matches[0]",
            ClusterParser.parse(
                matching(
                    m ->
                        m.setTransportSocket(
                            m.getTransportSocket().toBuilder()
                                .setTypedConfig(
                                    Samples.any("x.Alts", Router.getDefaultInstance())))))));
  }

  /** What TLS parameters and sessions may say beyond what is done here. */
  private static void tlsFields(List<Mutant> all) {
    Map<String, Consumer<TlsParameters.Builder>> parameters = new LinkedHashMap<>();
    parameters.put("unknown suite", p -> p.addCipherSuites("ECDHE-ECDSA-ROT13"));
    parameters.put("weak suites alone", p -> p.addCipherSuites("AES128-SHA"));
    parameters.put("unknown curve", p -> p.addEcdhCurves("P-12"));
    parameters.put("round two of a hybrid", p -> p.addEcdhCurves("X25519Kyber768Draft00"));
    parameters.put("signatures", p -> p.addSignatureAlgorithms("rsa_pss_rsae_sha256"));
    parameters.put("compliance", p -> p.addCompliancePoliciesValue(1));
    parameters.put("unknown version", p -> p.setTlsMinimumProtocolVersionValue(17));
    parameters.put("old at most", p -> p.setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_1));
    parameters.put(
        "least above most",
        p ->
            p.setTlsMinimumProtocolVersion(TlsProtocol.TLSv1_3)
                .setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_2));
    parameters.forEach(
        (name, change) -> {
          TlsParameters.Builder changed = TlsParameters.newBuilder();
          change.accept(changed);
          chain(all, name, c -> tls(c, t -> t.setTlsParams(changed)));
          cluster(all, name, context(Samples.common("x").toBuilder().setTlsParams(changed)));
        });
    chain(
        all,
        "unknown field in parameters",
        c ->
            tls(
                c,
                t ->
                    t.setTlsParams(
                        withUnknown(TlsParameters.getDefaultInstance(), TlsParameters.parser()))));
    chain(all, "key log", c -> tls(c, t -> t.setKeyLog(TlsKeyLog.newBuilder().setPath("/tmp/k"))));
    Map<String, Consumer<CertificateValidationContext.Builder>> validations = new LinkedHashMap<>();
    validations.put("expired ones", v -> v.setAllowExpiredCertificate(true));
    validations.put(
        "transparency", v -> v.setRequireSignedCertificateTimestamp(BoolValue.of(true)));
    validations.put("depth", v -> v.setMaxVerifyDepth(UInt32Value.of(1)));
    validations.put("key hash", v -> v.addVerifyCertificateSpki("x"));
    validations.forEach(
        (name, change) -> {
          CertificateValidationContext.Builder changed = CertificateValidationContext.newBuilder();
          change.accept(changed);
          UnaryOperator<CommonTlsContext.Builder> with =
              t ->
                  t.setCombinedValidationContext(
                      t.getCombinedValidationContext().toBuilder()
                          .setDefaultValidationContext(changed));
          chain(all, name, c -> tls(c, with));
          cluster(all, name, context(with.apply(Samples.common("x").toBuilder())));
        });
    Map<String, Consumer<DownstreamTlsContext.Builder>> sessions = new LinkedHashMap<>();
    sessions.put(
        "ticket keys", d -> d.setSessionTicketKeys(TlsSessionTicketKeys.getDefaultInstance()));
    sessions.put("no tickets", d -> d.setDisableStatelessSessionResumption(true));
    sessions.put("no sessions", d -> d.setDisableStatefulSessionResumption(true));
    sessions.put("session time", d -> d.setSessionTimeout(Duration.getDefaultInstance()));
    sessions.put("server name", d -> d.setRequireSni(BoolValue.of(true)));
    sessions.put("stapling", d -> d.setOcspStaplePolicyValue(2));
    sessions.put("client's order", d -> d.setPreferClientCiphers(true));
    sessions.forEach(
        (name, change) -> {
          DownstreamTlsContext.Builder changed =
              DownstreamTlsContext.newBuilder()
                  .setRequireClientCertificate(BoolValue.of(true))
                  .setCommonTlsContext(Samples.common("x"));
          change.accept(changed);
          chain(all, name, c -> c.setTransportSocket(Samples.downstream(changed.build())));
        });
    chain(all, "exempts over TLS", c -> c.setMetadata(own("exempt", true)));
    chain(
        all,
        "exempts without authorization",
        c ->
            Samples.mtls(Samples.inboundManager().clearHttpFilters().build())
                .clearTransportSocket()
                .setFilterChainMatch(
                    io.envoyproxy.envoy.config.listener.v3.FilterChainMatch.newBuilder()
                        .setTransportProtocol("raw_buffer"))
                .setMetadata(own("exempt", true)));
    chain(all, "unknown word of ours", c -> c.setMetadata(own("exemptt", true)));
    UpstreamTlsContext good = context(Samples.common("x").toBuilder());
    cluster(all, "renegotiation", good.toBuilder().setAllowRenegotiation(true).build());
    cluster(all, "host as SNI", good.toBuilder().setAutoHostSni(true).build());
    cluster(all, "SNI as name", good.toBuilder().setAutoSniSanValidation(true).build());
  }

  private static io.envoyproxy.envoy.config.core.v3.Metadata own(String key, boolean value) {
    return io.envoyproxy.envoy.config.core.v3.Metadata.newBuilder()
        .putFilterMetadata(
            "selvage",
            Struct.newBuilder()
                .putFields(key, com.google.protobuf.Value.newBuilder().setBoolValue(value).build())
                .build())
        .build();
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void securityMutantsAreRefusedByPath(Mutant mutant) {
    assertThat(mutant.parsed().value()).as(mutant.name()).isNull();
    assertThat(mutant.parsed().reasons())
        .isNotEmpty()
        .anyMatch(reason -> reason.contains(mutant.path()));
  }

  @Test
  void thereAreAtLeastAHundred() {
    assertThat(mutants()).hasSizeGreaterThanOrEqualTo(100);
  }

  /** Bytes changed, cut off and doubled at random: a value or reasons, never an exception. */
  @Test
  void noBytesMakeAParserThrow() {
    Random random = new Random(7);
    int parsedOnes = 0;
    for (int i = 0; i < 6_000; i++) {
      byte[] bytes =
          switch (i % 5) {
            case 0 -> Samples.inbound().toByteArray();
            case 1 -> Samples.outbound().toByteArray();
            case 2 -> Samples.routes().toByteArray();
            case 3 -> Samples.cluster().toByteArray();
            default -> Samples.endpoints().toByteArray();
          };
      for (int n = random.nextInt(4); n >= 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      try {
        Parsed<?> parsed =
            switch (i % 5) {
              case 0, 1 -> ListenerParser.parse(Listener.parseFrom(bytes));
              case 2 -> RouteParser.parse(RouteConfiguration.parseFrom(bytes));
              case 3 -> ClusterParser.parse(Cluster.parseFrom(bytes));
              default -> EndpointParser.parse(ClusterLoadAssignment.parseFrom(bytes));
            };
        parsedOnes++;
        assertThat(parsed.value() == null).isEqualTo(!parsed.reasons().isEmpty());
        assertThat(parsed.reasons()).noneMatch(reason -> reason.contains("cannot be read: "));
      } catch (InvalidProtocolBufferException noProto) {
        // protobuf's own refusal comes before the parsers
      }
    }
    assertThat(parsedOnes).isGreaterThan(500);
  }
}
