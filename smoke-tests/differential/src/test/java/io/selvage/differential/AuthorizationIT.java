package io.selvage.differential;

import static io.selvage.differential.Configs.PORT;
import static io.selvage.differential.Configs.any;
import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.socket;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.DirectResponseAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsCertificate;
import io.selvage.control.parse.ListenerParser;
import io.selvage.control.parse.Parsed;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.stack.Engine;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Authorization filters by chance, given to Envoy and, as the same bytes, to the engine; callers
 * with and without an identity, from several addresses.
 *
 * <p>Envoy gets each filter as the override of a virtual host, so that one listener carries all.
 */
@ExtendWith(Differential.class)
class AuthorizationIT {
  private static final int PER_POLICY = 50;
  private static final String SERVER = "spiffe://cluster.local/ns/default/sa/server";
  private static final List<String> CALLERS =
      List.of(
          "spiffe://cluster.local/ns/default/sa/a",
          "spiffe://cluster.local/ns/default/sa/ab",
          "spiffe://other.example/ns/prod/sa/A");
  private static final List<String> ADDRESSES = List.of("127.9.0.1", "127.9.1.7", "127.9.2.255");

  @Test
  void sameFilterSameAnswer() throws Exception {
    long seed = 20261120;
    SplittableRandom random = new SplittableRandom(seed);
    int policies = Differential.count(2000, 250);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("authorization", seed)) {
      List<String> all = new ArrayList<>(CALLERS);
      all.add(SERVER);
      Identities ids = new Identities(Files.createTempDirectory(Differential.out(), "ids"), all);
      String tls = envoy.address(0);
      String plain = envoy.address(1);
      RbacPolicies generator = new RbacPolicies(random, PORT, tls, CALLERS);
      List<RBAC> filters = new ArrayList<>();
      RouteConfiguration.Builder routes = RouteConfiguration.newBuilder().setName("authorization");
      for (int i = 0; i < policies; i++) {
        RBAC filter = RBAC.newBuilder().setRules(generator.next()).build();
        filters.add(filter);
        routes.addVirtualHosts(host(i, filter));
      }
      assertThat(
              envoy.publish(
                  Resources.of(
                      List.of(
                          envoyListener(tls, routes.build(), server(ids)),
                          envoyListener(plain, routes.build(), null)),
                      List.of())))
          .isEmpty();
      List<RbacCaller> callers = callers(ids, tls, plain);
      try {
        for (int i = 0; i < policies; i++) {
          compare(scenario, random, i, filters.get(i), callers, tls, plain);
        }
      } finally {
        callers.forEach(RbacCaller::close);
      }
    }
  }

  private static void compare(
      Differential.Scenario scenario,
      SplittableRandom random,
      int number,
      RBAC filter,
      List<RbacCaller> callers,
      String tls,
      String plain)
      throws Exception {
    Engine engine = engine(filter);
    for (int n = 0; n < PER_POLICY; n++) {
      RbacCaller caller = callers.get(random.nextInt(callers.size()));
      Call call = call(random, caller.id == null ? plain : tls, number);
      boolean envoy = caller.status(call) == 200;
      boolean ours = allows(engine, call, caller);
      scenario.judge(
          filter.toString(),
          call + " from " + caller,
          envoy == ours ? List.of() : List.of("allowed: Envoy " + envoy + ", engine " + ours));
    }
  }

  private static Call call(SplittableRandom random, String listener, int number) {
    List<Header> headers = new ArrayList<>();
    for (String name : RbacPolicies.HEADERS) {
      for (int n = random.nextInt(8); n >= 5; n--) {
        headers.add(
            new Header(name, RbacPolicies.VALUES.get(random.nextInt(RbacPolicies.VALUES.size()))));
      }
    }
    String path = RbacPolicies.PATHS.get(random.nextInt(RbacPolicies.PATHS.size()));
    String query = random.nextInt(3) == 0 ? "?q=/admin" : "";
    String method = random.nextInt(3) == 0 ? "POST" : "GET";
    return Call.of(at(listener), method, "p" + number + ".example", path + query, headers);
  }

  private static boolean allows(Engine engine, Call call, RbacCaller caller) {
    Peer peer =
        new Peer(
            caller.address,
            40000,
            call.listenerHost(),
            call.listenerPort(),
            caller.id != null,
            caller.id,
            null,
            null);
    Exchange exchange = engine.inbound(new CallHead(call), peer);
    if (exchange == null) {
      throw new AssertionError("the engine stands aside");
    }
    return !(exchange.begin() instanceof Rejection);
  }

  private static List<RbacCaller> callers(Identities ids, String tls, String plain)
      throws Exception {
    List<RbacCaller> callers = new ArrayList<>();
    for (String address : ADDRESSES) {
      callers.add(new RbacCaller(address, null, null, at(plain)));
      for (String id : CALLERS) {
        callers.add(new RbacCaller(address, id, ids.client(id), at(tls)));
      }
    }
    return callers;
  }

  private static VirtualHost host(int number, RBAC filter) {
    return VirtualHost.newBuilder()
        .setName("p" + number)
        .addDomains("p" + number + ".example")
        .putTypedPerFilterConfig(
            "envoy.filters.http.rbac", any(RBACPerRoute.newBuilder().setRbac(filter).build()))
        .addRoutes(
            Route.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setDirectResponse(DirectResponseAction.newBuilder().setStatus(200)))
        .build();
  }

  private static Listener envoyListener(
      String address, RouteConfiguration routes, TransportSocket tls) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("authorization")
            .setRouteConfig(routes)
            .addHttpFilters(filter("envoy.filters.http.rbac", RBAC.getDefaultInstance()))
            .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()))
            .build();
    FilterChain.Builder chain =
        FilterChain.newBuilder()
            .addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.http_connection_manager")
                    .setTypedConfig(any(manager)));
    if (tls != null) {
      chain.setTransportSocket(tls);
    }
    return Listener.newBuilder()
        .setName(address + "_" + PORT)
        .setAddress(socket(address, PORT))
        .addFilterChains(chain)
        .build();
  }

  private static TransportSocket tls(CommonTlsContext.Builder common) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.tls")
        .setTypedConfig(
            any(
                DownstreamTlsContext.newBuilder()
                    .setRequireClientCertificate(BoolValue.of(true))
                    .setCommonTlsContext(common)
                    .build()))
        .build();
  }

  private static TransportSocket server(Identities ids) throws Exception {
    return tls(
        CommonTlsContext.newBuilder()
            .addTlsCertificates(
                TlsCertificate.newBuilder()
                    .setCertificateChain(
                        DataSource.newBuilder().setInlineString(ids.certificate(SERVER)))
                    .setPrivateKey(DataSource.newBuilder().setInlineString(ids.key(SERVER))))
            .setValidationContext(
                CertificateValidationContext.newBuilder()
                    .setTrustedCa(DataSource.newBuilder().setInlineString(ids.roots()))));
  }

  /** What a controller sends an agent: a chain for mutual TLS and one for plaintext. */
  private static Engine engine(RBAC filter) throws Exception {
    TransportSocket own =
        tls(
            CommonTlsContext.newBuilder()
                .addTlsCertificateSdsSecretConfigs(SdsSecretConfig.newBuilder().setName("default"))
                .setValidationContextSdsSecretConfig(
                    SdsSecretConfig.newBuilder().setName("ROOTCA")));
    Listener listener =
        Listener.newBuilder()
            .setName("virtualInbound")
            .setTrafficDirection(TrafficDirection.INBOUND)
            .setAddress(socket("0.0.0.0", 15006))
            .addFilterChains(chain(filter, "tls").setTransportSocket(own))
            .addFilterChains(chain(filter, "raw_buffer"))
            .build();
    Parsed<ListenerParser.Part> parsed =
        ListenerParser.parse(Listener.parseFrom(listener.toByteString()));
    assertThat(parsed.reasons()).isEmpty();
    assertThat(parsed.value()).isInstanceOf(ListenerParser.Inbound.class);
    Engine engine =
        Engine.builder(
                new Node(
                    "server",
                    "server",
                    "default",
                    "server",
                    "v1",
                    "server",
                    "cluster.local",
                    "Kubernetes",
                    Locality.UNKNOWN,
                    Map.of()))
            .build();
    assertThat(
            engine.publish(
                new MeshConfig(
                    List.of(),
                    ((ListenerParser.Inbound) parsed.value()).listener(),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    NameTable.EMPTY,
                    false)))
        .isEmpty();
    return engine;
  }

  private static FilterChain.Builder chain(RBAC filter, String transport) {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("inbound")
            .setRouteConfig(
                RouteConfiguration.newBuilder()
                    .setName("inbound")
                    .addVirtualHosts(
                        VirtualHost.newBuilder()
                            .setName("inbound")
                            .addDomains("*")
                            .addRoutes(
                                Route.newBuilder()
                                    .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                                    .setRoute(Configs.to("inbound|" + PORT + "||")))))
            .addHttpFilters(filter("envoy.filters.http.rbac", filter))
            .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()))
            .build();
    return FilterChain.newBuilder()
        .setName(transport)
        .setFilterChainMatch(
            FilterChainMatch.newBuilder()
                .setDestinationPort(UInt32Value.of(PORT))
                .setTransportProtocol(transport))
        .addFilters(
            Filter.newBuilder()
                .setName("envoy.filters.network.http_connection_manager")
                .setTypedConfig(any(manager)));
  }
}
