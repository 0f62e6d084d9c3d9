package io.selvage.control.parse;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.ListValue;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.Percent;

/** Resources as the controller and istiod send them. */
public final class Samples {
  private Samples() {}

  public static Any any(String type, MessageLite message) {
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/" + type)
        .setValue(message.toByteString())
        .build();
  }

  static UInt32Value number(int n) {
    return UInt32Value.of(n);
  }

  static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  static StringMatcher exact(String text) {
    return StringMatcher.newBuilder().setExact(text).build();
  }

  static Address address(String ip, int port) {
    return Address.newBuilder()
        .setSocketAddress(SocketAddress.newBuilder().setAddress(ip).setPortValue(port))
        .build();
  }

  static CommonTlsContext common(String san) {
    return CommonTlsContext.newBuilder()
        .addAlpnProtocols("istio")
        .addTlsCertificateSdsSecretConfigs(SdsSecretConfig.newBuilder().setName("default"))
        .setCombinedValidationContext(
            CommonTlsContext.CombinedCertificateValidationContext.newBuilder()
                .setDefaultValidationContext(
                    CertificateValidationContext.newBuilder()
                        .addMatchTypedSubjectAltNames(
                            SubjectAltNameMatcher.newBuilder()
                                .setSanType(SubjectAltNameMatcher.SanType.URI)
                                .setMatcher(exact(san))))
                .setValidationContextSdsSecretConfig(
                    SdsSecretConfig.newBuilder().setName("ROOTCA")))
        .build();
  }

  static TransportSocket upstream(UpstreamTlsContext context) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(
            any("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", context))
        .build();
  }

  static TransportSocket downstream(DownstreamTlsContext context) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(
            any("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", context))
        .build();
  }

  static TransportSocket raw() {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.raw_buffer")
        .setTypedConfig(
            any(
                "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
                RawBuffer.getDefaultInstance()))
        .build();
  }

  public static Cluster cluster() {
    return Cluster.newBuilder()
        .setName("outbound|9080|v1|reviews.default.svc.cluster.local")
        .setType(Cluster.DiscoveryType.EDS)
        .setEdsClusterConfig(
            Cluster.EdsClusterConfig.newBuilder()
                .setServiceName("outbound|9080|v1|reviews.default.svc.cluster.local"))
        .setConnectTimeout(Duration.newBuilder().setSeconds(10))
        .setLbPolicy(Cluster.LbPolicy.LEAST_REQUEST)
        .setCircuitBreakers(
            CircuitBreakers.newBuilder()
                .addThresholds(
                    CircuitBreakers.Thresholds.newBuilder()
                        .setMaxConnections(number(-1))
                        .setMaxRequests(number(7))
                        .setRetryBudget(
                            CircuitBreakers.Thresholds.RetryBudget.newBuilder()
                                .setBudgetPercent(Percent.newBuilder().setValue(25)))))
        .setOutlierDetection(
            OutlierDetection.newBuilder()
                .setConsecutive5Xx(number(3))
                .setMaxEjectionPercent(number(50))
                .setInterval(Duration.newBuilder().setSeconds(1)))
        .setCommonLbConfig(
            Cluster.CommonLbConfig.newBuilder()
                .setHealthyPanicThreshold(Percent.newBuilder().setValue(0)))
        .addTransportSocketMatches(
            Cluster.TransportSocketMatch.newBuilder()
                .setName("tlsMode-istio")
                .setMatch(Struct.newBuilder().putFields("tlsMode", text("istio")))
                .setTransportSocket(
                    upstream(
                        UpstreamTlsContext.newBuilder()
                            .setSni("outbound_.9080_.v1_.reviews.default.svc.cluster.local")
                            .setCommonTlsContext(
                                common("spiffe://cluster.local/ns/default/sa/reviews"))
                            .build())))
        .addTransportSocketMatches(
            Cluster.TransportSocketMatch.newBuilder()
                .setName("tlsMode-disabled")
                .setMatch(Struct.getDefaultInstance())
                .setTransportSocket(raw()))
        .setMetadata(
            Metadata.newBuilder()
                .putFilterMetadata(
                    "istio",
                    Struct.newBuilder()
                        .putFields("subset", text("v1"))
                        .putFields(
                            "services",
                            Value.newBuilder()
                                .setListValue(
                                    ListValue.newBuilder()
                                        .addValues(
                                            Value.newBuilder()
                                                .setStructValue(
                                                    Struct.newBuilder()
                                                        .putFields(
                                                            "host",
                                                            text(
                                                                "reviews.default.svc.cluster.local"))
                                                        .putFields("name", text("reviews"))
                                                        .putFields("namespace", text("default")))))
                                .build())
                        .build()))
        .build();
  }

  public static ClusterLoadAssignment endpoints() {
    return ClusterLoadAssignment.newBuilder()
        .setClusterName("outbound|9080|v1|reviews.default.svc.cluster.local")
        .addEndpoints(
            LocalityLbEndpoints.newBuilder()
                .setLoadBalancingWeight(number(1))
                .addLbEndpoints(
                    LbEndpoint.newBuilder()
                        .setEndpoint(Endpoint.newBuilder().setAddress(address("127.0.0.1", 19081)))
                        .setLoadBalancingWeight(number(1))
                        .setMetadata(
                            Metadata.newBuilder()
                                .putFilterMetadata(
                                    "envoy.transport_socket_match",
                                    Struct.newBuilder().putFields("tlsMode", text("istio")).build())
                                .putFilterMetadata(
                                    "istio",
                                    Struct.newBuilder()
                                        .putFields(
                                            "workload",
                                            text("reviews-v1;default;reviews;v1;Kubernetes"))
                                        .build()))))
        .build();
  }

  public static RouteConfiguration routes() {
    HTTPFault fault =
        HTTPFault.newBuilder()
            .setDelay(
                FaultDelay.newBuilder()
                    .setFixedDelay(Duration.newBuilder().setSeconds(7))
                    .setPercentage(FractionalPercent.newBuilder().setNumerator(100)))
            .build();
    return RouteConfiguration.newBuilder()
        .setName("9080")
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("reviews.default.svc.cluster.local:9080")
                .addDomains("reviews.default.svc.cluster.local")
                .addDomains("reviews")
                .addRoutes(
                    Route.newBuilder()
                        .setName("jason")
                        .setMatch(
                            RouteMatch.newBuilder()
                                .setPrefix("/")
                                .setCaseSensitive(BoolValue.of(true))
                                .addHeaders(
                                    HeaderMatcher.newBuilder()
                                        .setName("End-User")
                                        .setStringMatch(exact("jason"))))
                        .putTypedPerFilterConfig(
                            "envoy.filters.http.fault",
                            any("envoy.extensions.filters.http.fault.v3.HTTPFault", fault))
                        .setRoute(
                            RouteAction.newBuilder()
                                .setCluster("outbound|9080|v2|reviews.default.svc.cluster.local")
                                .setTimeout(Duration.newBuilder().setNanos(500_000_000))
                                .setRetryPolicy(
                                    RetryPolicy.newBuilder()
                                        .setRetryOn("connect-failure,503,cancelled")
                                        .setNumRetries(number(2)))))
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(
                            RouteMatch.newBuilder()
                                .setSafeRegex(
                                    RegexMatcher.newBuilder().setRegex("/reviews/[0-9]+")))
                        .setRoute(
                            RouteAction.newBuilder()
                                .setWeightedClusters(
                                    WeightedCluster.newBuilder()
                                        .addClusters(
                                            WeightedCluster.ClusterWeight.newBuilder()
                                                .setName(
                                                    "outbound|9080|v1|reviews.default.svc.cluster.local")
                                                .setWeight(number(90)))
                                        .addClusters(
                                            WeightedCluster.ClusterWeight.newBuilder()
                                                .setName(
                                                    "outbound|9080|v3|reviews.default.svc.cluster.local")
                                                .setWeight(number(10)))))))
        .addVirtualHosts(
            VirtualHost.newBuilder()
                .setName("block_all")
                .addDomains("*")
                .addRoutes(
                    Route.newBuilder()
                        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                        .setDirectResponse(DirectResponseAction.newBuilder().setStatus(502))))
        .build();
  }

  static Filter filter(String name, String type, MessageLite config) {
    return Filter.newBuilder().setName(name).setTypedConfig(any(type, config)).build();
  }

  static HttpFilter httpFilter(String name, String type, MessageLite config) {
    return HttpFilter.newBuilder().setName(name).setTypedConfig(any(type, config)).build();
  }

  static HttpFilter router() {
    return httpFilter(
        "envoy.filters.http.router",
        "envoy.extensions.filters.http.router.v3.Router",
        Router.getDefaultInstance());
  }

  public static Listener outbound() {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("outbound_0.0.0.0_9080")
            .setRds(Rds.newBuilder().setRouteConfigName("9080"))
            .addHttpFilters(router())
            .build();
    return Listener.newBuilder()
        .setName("0.0.0.0_9080")
        .setAddress(address("0.0.0.0", 9080))
        .setTrafficDirection(TrafficDirection.OUTBOUND)
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(
                    filter(
                        "envoy.filters.network.http_connection_manager",
                        ListenerParser.HTTP,
                        manager)))
        .build();
  }

  public static Listener tcp(String name, String cluster) {
    return Listener.newBuilder()
        .setName(name)
        .setAddress(address("240.240.0.9", 5432))
        .setTrafficDirection(TrafficDirection.OUTBOUND)
        .addFilterChains(
            FilterChain.newBuilder()
                .addFilters(
                    filter(
                        "envoy.filters.network.tcp_proxy",
                        ListenerParser.TCP,
                        TcpProxy.newBuilder().setStatPrefix(cluster).setCluster(cluster).build())))
        .build();
  }

  static RBAC rules(RBAC.Action action, Permission permission, Principal principal) {
    return RBAC.newBuilder()
        .setAction(action)
        .putPolicies(
            "ns[default]-policy[x]-rule[0]",
            Policy.newBuilder().addPermissions(permission).addPrincipals(principal).build())
        .build();
  }

  static final Permission PATH =
      Permission.newBuilder()
          .setAndRules(
              Permission.Set.newBuilder()
                  .addRules(
                      Permission.newBuilder()
                          .setHeader(
                              HeaderMatcher.newBuilder()
                                  .setName(":method")
                                  .setStringMatch(exact("GET"))))
                  .addRules(
                      Permission.newBuilder()
                          .setUrlPath(
                              PathMatcher.newBuilder()
                                  .setPath(StringMatcher.newBuilder().setPrefix("/admin")))))
          .build();
  static final Principal CALLER =
      Principal.newBuilder()
          .setAuthenticated(
              Principal.Authenticated.newBuilder()
                  .setPrincipalName(exact("spiffe://cluster.local/ns/default/sa/productpage")))
          .build();

  static HttpFilter rbac(RBAC rules) {
    return httpFilter(
        "envoy.filters.http.rbac",
        "envoy.extensions.filters.http.rbac.v3.RBAC",
        io.envoyproxy
            .envoy
            .extensions
            .filters
            .http
            .rbac
            .v3
            .RBAC
            .newBuilder()
            .setRules(rules)
            .build());
  }

  static HttpConnectionManager.Builder inboundManager() {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("inbound_0.0.0.0_19081")
        .setRouteConfig(
            RouteConfiguration.newBuilder()
                .setName("inbound|19081||")
                .addVirtualHosts(
                    VirtualHost.newBuilder()
                        .setName("inbound|http|9080")
                        .addDomains("*")
                        .addRoutes(
                            Route.newBuilder()
                                .setName("default")
                                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                                .setRoute(RouteAction.newBuilder().setCluster("inbound|19081||")))))
        .addHttpFilters(rbac(rules(RBAC.Action.DENY, PATH, CALLER)))
        .addHttpFilters(router());
  }

  static FilterChain.Builder mtls(HttpConnectionManager manager) {
    return FilterChain.newBuilder()
        .setName("virtualInbound-19081-tls")
        .setFilterChainMatch(
            FilterChainMatch.newBuilder()
                .setDestinationPort(number(19081))
                .setTransportProtocol("tls")
                .addApplicationProtocols("istio-http/1.1"))
        .setTransportSocket(
            downstream(
                DownstreamTlsContext.newBuilder()
                    .setRequireClientCertificate(BoolValue.of(true))
                    .setCommonTlsContext(common("spiffe://cluster.local/ns/default/sa/productpage"))
                    .build()))
        .addFilters(
            filter("envoy.filters.network.http_connection_manager", ListenerParser.HTTP, manager));
  }

  public static Listener inbound() {
    return inbound(mtls(inboundManager().build()).build());
  }

  static Listener inbound(FilterChain chain) {
    return Listener.newBuilder()
        .setName("virtualInbound")
        .setAddress(address("0.0.0.0", 15006))
        .setTrafficDirection(TrafficDirection.INBOUND)
        .addFilterChains(chain)
        .addFilterChains(
            FilterChain.newBuilder()
                .setName("virtualInbound-catchall")
                .setFilterChainMatch(
                    FilterChainMatch.newBuilder().setTransportProtocol("raw_buffer"))
                .addFilters(
                    filter(
                        "envoy.filters.network.tcp_proxy",
                        ListenerParser.TCP,
                        TcpProxy.newBuilder()
                            .setStatPrefix("x")
                            .setCluster("InboundPassthroughCluster")
                            .build())))
        .build();
  }
}
