package io.selvage.control.parse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.selvage.engine.model.Cluster.Discovery;
import io.selvage.engine.model.Cluster.LeastRequest;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.FilterChain.Transport;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.Permission;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.xds.istio.nds.NameTable;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParsersTest {
  private static <T> T good(Parsed<T> parsed) {
    assertThat(parsed.reasons()).isEmpty();
    assertThat(parsed.value()).isNotNull();
    return parsed.value();
  }

  @Test
  void clusters() {
    var parsed = ClusterParser.parse(Samples.cluster());
    var cluster = good(parsed);
    assertThat(parsed.warnings()).isEmpty();
    assertThat(cluster.discovery()).isEqualTo(Discovery.EDS);
    assertThat(cluster.balancer()).isEqualTo(new LeastRequest(2));
    assertThat(cluster.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(cluster.circuitBreakers().maxConnections()).isEqualTo(Integer.MAX_VALUE);
    assertThat(cluster.circuitBreakers().maxRequests()).isEqualTo(7);
    assertThat(cluster.circuitBreakers().retryBudget().fraction()).isEqualTo(0.25);
    assertThat(cluster.circuitBreakers().retryBudget().minConcurrency()).isEqualTo(3);
    assertThat(cluster.outlierDetection().consecutive5xx()).isEqualTo(3);
    assertThat(cluster.outlierDetection().enforcing().gatewayErrors()).isZero();
    assertThat(cluster.outlierDetection().enforcing().consecutive5xx()).isOne();
    assertThat(cluster.outlierDetection().maxEjectionFraction()).isEqualTo(0.5);
    assertThat(cluster.locality().panicThreshold()).isZero();
    assertThat(cluster.service())
        .isEqualTo(
            new io.selvage.engine.model.Cluster.Service(
                "reviews.default.svc.cluster.local", "reviews", "default", "v1"));
    assertThat(cluster.tls()).isNull();
    UpstreamTls tls = cluster.tlsByMode().get("istio");
    assertThat(tls.meshIdentity()).isTrue();
    assertThat(tls.insecureSkipVerify()).isFalse();
    assertThat(tls.peers())
        .containsExactly(
            new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/reviews", false));
  }

  @Test
  void endpoints() {
    var endpoints = good(EndpointParser.parse(Samples.endpoints()));
    Endpoint one = endpoints.groups().get(0).endpoints().get(0);
    assertThat(one.address()).isEqualTo("127.0.0.1");
    assertThat(one.port()).isEqualTo(19081);
    assertThat(one.tlsMode()).isEqualTo("istio");
    assertThat(one.health()).isEqualTo(Endpoint.Health.HEALTHY);
    assertThat(one.workload())
        .isEqualTo(new Endpoint.Workload("reviews-v1", "default", "reviews", "v1", "Kubernetes"));
  }

  @Test
  void routes() {
    var parsed = RouteParser.parse(Samples.routes());
    RouteConfig config = good(parsed);
    assertThat(parsed.warnings()).isEmpty();
    var jason = config.virtualHosts().get(0).routes().get(0);
    assertThat(jason.match().path()).isEqualTo(new PathMatch.Prefix("/", false));
    assertThat(jason.match().headers()).containsExactly(HeaderMatch.exact("end-user", "jason"));
    assertThat(jason.fault().delay()).isEqualTo(Duration.ofSeconds(7));
    assertThat(jason.fault().delayFraction()).isEqualTo(1.0);
    RouteAction.Forward forward = (RouteAction.Forward) jason.action();
    assertThat(forward.timeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(forward.retry().numRetries()).isEqualTo(2);
    assertThat(forward.retry().on())
        .containsExactlyInAnyOrder("connect-failure", "cancelled", "retriable-status-codes");
    assertThat(forward.retry().retriableStatusCodes()).containsExactly(503);
    assertThat(forward.retry().maxInterval()).isEqualTo(Duration.ofMillis(250));
    RouteAction.Forward split =
        (RouteAction.Forward) config.virtualHosts().get(0).routes().get(1).action();
    assertThat(split.clusters())
        .extracting(io.selvage.engine.model.WeightedCluster::weight)
        .containsExactly(90, 10);
    assertThat(config.virtualHosts().get(1).routes().get(0).action())
        .isInstanceOfSatisfying(
            RouteAction.Direct.class, d -> assertThat(d.status()).isEqualTo(502));
  }

  @Test
  void outboundListeners() {
    assertThat(good(ListenerParser.parse(Samples.outbound())))
        .isInstanceOfSatisfying(
            ListenerParser.Outbound.class,
            out -> {
              assertThat(out.listener().port()).isEqualTo(9080);
              assertThat(
                      ((io.selvage.engine.model.Listener.Http) out.listener().target())
                          .routeConfigName())
                  .isEqualTo("9080");
            });
    assertThat(
            good(
                ListenerParser.parse(
                    Samples.tcp(
                        "240.240.0.9_5432", "outbound|5432||db.default.svc.cluster.local"))))
        .isInstanceOfSatisfying(
            ListenerParser.Outbound.class,
            out -> {
              assertThat(out.listener().address()).isEqualTo("240.240.0.9");
              assertThat(
                      ((io.selvage.engine.model.Listener.Tcp) out.listener().target())
                          .clusters()
                          .get(0)
                          .cluster())
                  .contains("db");
            });
    assertThat(good(ListenerParser.parse(Samples.tcp("virtualOutbound", "PassthroughCluster"))))
        .isEqualTo(new ListenerParser.Rest(false));
    assertThat(good(ListenerParser.parse(Samples.tcp("virtualOutbound", "BlackHoleCluster"))))
        .isEqualTo(new ListenerParser.Rest(true));
  }

  @Test
  void theWayIn() {
    InboundListener in =
        ((ListenerParser.Inbound) good(ListenerParser.parse(Samples.inbound()))).listener();
    assertThat(in.chains()).hasSize(2);
    var chain = in.chains().get(0);
    assertThat(chain.port()).isEqualTo(19081);
    assertThat(chain.transport()).isEqualTo(Transport.TLS);
    assertThat(chain.tls().requireClientCertificate()).isTrue();
    assertThat(chain.tls().peers())
        .containsExactly(
            new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/productpage", false));
    assertThat(chain.http().routes().virtualHosts().get(0).routes().get(0).action())
        .isInstanceOf(RouteAction.Accept.class);
    RbacFilter rbac = chain.http().rbac().get(0);
    assertThat(rbac.rules().action()).isEqualTo(RbacFilter.Action.DENY);
    RbacFilter.Policy policy = rbac.rules().policies().get("ns[default]-policy[x]-rule[0]");
    assertThat(policy.permissions().get(0))
        .isInstanceOfSatisfying(Permission.And.class, and -> assertThat(and.all()).hasSize(2));
    assertThat(policy.principals())
        .containsExactly(
            new Principal.Authenticated(
                new StringMatch.Exact("spiffe://cluster.local/ns/default/sa/productpage", false)));
    assertThat(in.chains().get(1).transport()).isEqualTo(Transport.RAW);
    assertThat(in.chains().get(1).port()).isZero();
  }

  @Test
  void whatIsNotSecurityIsAWarningWithItsPath() {
    var parsed =
        ClusterParser.parse(
            Samples.cluster().toBuilder().setCloseConnectionsOnHostHealthFailure(true).build());
    good(parsed);
    assertThat(parsed.warnings())
        .containsExactly("close_connections_on_host_health_failure: not supported, left out");
  }

  @Test
  void whatDecidesWhereRequestsGoIsRefused() {
    var parsed =
        ClusterParser.parse(
            Samples.cluster().toBuilder()
                .setLbSubsetConfig(
                    Cluster.LbSubsetConfig.newBuilder()
                        .addSubsetSelectors(
                            Cluster.LbSubsetConfig.LbSubsetSelector.newBuilder()
                                .addKeys("version")))
                .build());
    assertThat(parsed.reasons()).containsExactly("lb_subset_config: not supported");
  }

  @Test
  void aReasonNamesTheField() {
    RouteConfiguration bad =
        Samples.routes().toBuilder()
            .setVirtualHosts(
                0,
                VirtualHost.newBuilder()
                    .setName("x")
                    .addDomains("x")
                    .addRoutes(
                        Route.newBuilder()
                            .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                            .setDirectResponse(
                                io.envoyproxy.envoy.config.route.v3.DirectResponseAction
                                    .newBuilder()
                                    .setStatus(9))))
            .build();
    assertThat(RouteParser.parse(bad).reasons())
        .containsExactly(
            "virtual_hosts[0].routes[0].direct_response.status: not an HTTP status: 9");
  }

  @Test
  void aBoundInboundListenerGuardsItsOwnPort() {
    Listener bound =
        Samples.inbound().toBuilder()
            .setName("127.0.0.1_9080")
            .setAddress(Samples.address("127.0.0.1", 9080))
            .build();
    InboundListener in = ((ListenerParser.Inbound) good(ListenerParser.parse(bound))).listener();
    assertThat(in.chains().get(0).port()).isEqualTo(19081);
    assertThat(in.chains().get(1).port()).isEqualTo(9080);
  }

  @Test
  void namesAndRoots() {
    var names =
        good(
            NameTableParser.names(
                NameTable.newBuilder()
                    .putTable(
                        "Reviews.default.",
                        NameTable.NameInfo.newBuilder().addIps("240.240.0.1").build())
                    .putTable("none", NameTable.NameInfo.getDefaultInstance())
                    .build()));
    assertThat(names.addresses())
        .containsOnlyKeys("reviews.default")
        .containsValue(List.of("240.240.0.1"));
    assertThat(TrustParser.bundle(Struct.getDefaultInstance()).reasons()).hasSize(2);
    Struct broken =
        Struct.newBuilder()
            .putFields("trustDomain", Samples.text("td"))
            .putFields(
                "roots",
                Value.newBuilder()
                    .setListValue(
                        com.google.protobuf.ListValue.newBuilder()
                            .addValues(Samples.text("no pem")))
                    .build())
            .build();
    assertThat(TrustParser.bundle(broken).reasons())
        .anyMatch(reason -> reason.startsWith("roots[0]: [SELV-4009]"));
  }
}
