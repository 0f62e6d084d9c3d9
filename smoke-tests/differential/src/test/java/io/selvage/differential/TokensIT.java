package io.selvage.differential;

import static io.selvage.differential.Configs.PORT;
import static io.selvage.differential.Configs.any;
import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.socket;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.selvage.control.parse.ListenerParser;
import io.selvage.control.parse.Parsed;
import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.stack.Engine;
import io.selvage.identity.token.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Filters for tokens by chance, given to Envoy and, as the same bytes, to the engine; real tokens,
 * good and bad. What differs on purpose is written in {@code docs/design/0013}.
 */
@ExtendWith(Differential.class)
class TokensIT {
  private static final long SEED = Long.getLong("differential.seed", 20261121L);
  private static final int PER_FILTER = 40;

  @Test
  void sameFilterSameAnswer() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    TokenFilters made = new TokenFilters(random);
    int filters = Differential.count(500, 80);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("tokens", SEED)) {
      String host = envoy.upstream().open(envoy.address(0));
      envoy.upstream().script((request, nth) -> Answer.of(200));
      List<Cluster> clusters = List.of(Configs.cluster("c0", host).build());
      List<Listener> listeners = new ArrayList<>();
      List<JwtAuthentication> configs = new ArrayList<>();
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < filters; i++) {
        String address = envoy.address(100 + i);
        JwtAuthentication config = made.filter();
        configs.add(config);
        listeners.add(Configs.listener(address, manager(envoy, config)));
        for (int n = 0; n < PER_FILTER; n++) {
          calls.add(made.call(at(address)));
        }
      }
      assertThat(envoy.publish(Resources.of(listeners, clusters))).isEmpty();
      Map<String, Decision> decided = envoy.decide(calls);
      for (int i = 0; i < filters; i++) {
        Engine engine = engine(configs.get(i));
        for (int n = 0; n < PER_FILTER; n++) {
          Call call = calls.get(i * PER_FILTER + n);
          scenario.judge(
              "filter " + i + "\n" + configs.get(i),
              call.toString(),
              differences(decided.get(call.id()), engine, call, isFlat(configs.get(i))));
        }
      }
    }
  }

  /** Of nested requirements Envoy leaves traces of branches that failed; the engine does not. */
  private static boolean isFlat(JwtAuthentication config) {
    JwtRequirement needed = config.getRules(config.getRulesCount() - 1).getRequires();
    return needed.getRequiresAny().getRequirementsList().stream()
            .noneMatch(r -> r.hasRequiresAny() || r.hasRequiresAll() || r.hasAllowMissingOrFailed())
        && needed.getRequiresAll().getRequirementsList().stream()
            .noneMatch(r -> r.hasRequiresAny() || r.hasRequiresAll());
  }

  private static List<String> differences(
      Decision envoy, Engine engine, Call call, boolean withHeaders) {
    CallHead head = new CallHead(call);
    Peer peer = new Peer("127.9.0.1", 40000, call.listenerHost(), PORT, false, null, null, null);
    Action action = engine.inbound(head, peer).begin();
    List<String> found = new ArrayList<>();
    if (action instanceof Rejection refused) {
      differ(found, "status", envoy.status(), refused.httpStatus());
      differ(found, "body", kind(envoy.body()), kind(refused.body()));
      differ(
          found,
          "www-authenticate",
          Header.joined(envoy.headers(), "www-authenticate"),
          refused.headers().get("www-authenticate"));
      return found;
    }
    differ(found, "status", envoy.status(), 200);
    if (found.isEmpty() && withHeaders) {
      Received received = envoy.received().get(0);
      List<String> names = new ArrayList<>(TokenFilters.OUTPUT);
      names.addAll(List.of("authorization", "x-token", "x-other", "cookie"));
      for (String name : names) {
        differ(
            found,
            "upstream " + name,
            Header.joined(received.headers(), name),
            Header.joined(head.toHost("h").headers(), name));
      }
    }
    return found;
  }

  /** What is unreadable in several ways, or verified by no key, is told in several ways too. */
  private static String kind(String body) {
    if (body.matches("Jwt (header|payload|signature) is an invalid .*")) {
      return "unreadable";
    }
    boolean unverified =
        body.equals("Jwt verification fails")
            || body.equals("Jwks doesn't have key to match kid or alg from Jwt");
    return unverified ? "unverified" : body;
  }

  private static void differ(List<String> found, String what, Object envoy, Object engine) {
    if (!Objects.equals(envoy, engine)) {
      found.add(what + ": Envoy " + envoy + ", engine " + engine);
    }
  }

  private static HttpConnectionManager manager(RealEnvoy envoy, JwtAuthentication config) {
    return HttpConnectionManager.newBuilder()
        .setStatPrefix("tokens")
        .setRouteConfig(Configs.routes(Configs.to("c0")))
        .addAccessLog(Configs.accessLog(envoy))
        .addHttpFilters(filter("envoy.filters.http.jwt_authn", config))
        .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()))
        .build();
  }

  /** What a controller sends an agent. */
  private static Engine engine(JwtAuthentication config) throws Exception {
    HttpConnectionManager manager =
        HttpConnectionManager.newBuilder()
            .setStatPrefix("inbound")
            .setRouteConfig(Configs.routes(Configs.to("inbound|" + PORT + "||")))
            .addHttpFilters(filter("envoy.filters.http.jwt_authn", config))
            .addHttpFilters(filter("envoy.filters.http.router", Router.getDefaultInstance()))
            .build();
    Listener listener =
        Listener.newBuilder()
            .setName("virtualInbound")
            .setTrafficDirection(TrafficDirection.INBOUND)
            .setAddress(socket("0.0.0.0", 15006))
            .addFilterChains(
                FilterChain.newBuilder()
                    .setName("plain")
                    .setFilterChainMatch(
                        FilterChainMatch.newBuilder()
                            .setDestinationPort(UInt32Value.of(PORT))
                            .setTransportProtocol("raw_buffer"))
                    .addFilters(
                        Filter.newBuilder()
                            .setName("envoy.filters.network.http_connection_manager")
                            .setTypedConfig(any(manager))))
            .build();
    Parsed<ListenerParser.Part> parsed =
        ListenerParser.parse(Listener.parseFrom(listener.toByteString()));
    assertThat(parsed.reasons()).isEmpty();
    Tokens tokens =
        new Tokens(
            (uri, timeout) -> CompletableFuture.failedFuture(new IllegalStateException()),
            System::nanoTime,
            System::currentTimeMillis,
            (code, text) -> {});
    Engine engine =
        Engine.builder(
                new Node(
                    "s",
                    "s",
                    "default",
                    "s",
                    "v1",
                    "s",
                    "cluster.local",
                    "Kubernetes",
                    Locality.UNKNOWN,
                    Map.of()))
            .tokens(tokens)
            .build();
    engine.publish(
        new MeshConfig(
            List.of(),
            ((ListenerParser.Inbound) parsed.value()).listener(),
            Map.of(),
            Map.of(),
            Map.of(),
            NameTable.EMPTY,
            false));
    return engine;
  }
}
