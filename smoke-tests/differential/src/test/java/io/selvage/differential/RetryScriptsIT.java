package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.manager;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.HedgePolicy;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Generated retry policies against generated sequences of upstream results: attempts, final status,
 * flag and what the upstream and the caller are told must be the same.
 */
@ExtendWith(Differential.class)
class RetryScriptsIT {
  private static final String[] TOKENS = {
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable"
  };
  private static final String[] CLUSTERS = {"roomy", "roomy", "roomy", "tight", "down"};
  private static final int STEPS = 8;

  private final SplittableRandom random;
  private final List<List<Answer>> scripts = new ArrayList<>();

  RetryScriptsIT() {
    random = new SplittableRandom(Long.getLong("differential.seed", 41));
  }

  private static Duration millis(int value) {
    return Duration.newBuilder().setNanos(value * 1_000_000).build();
  }

  private boolean chance(int in) {
    return random.nextInt(in) == 0;
  }

  private String tokens() {
    List<String> some = new ArrayList<>();
    int n = 1 + random.nextInt(3);
    for (int i = 0; i < n; i++) {
      some.add(TOKENS[random.nextInt(TOKENS.length)]);
    }
    return String.join(chance(3) ? ", " : ",", some);
  }

  private RetryPolicy policy(boolean silent) {
    RetryPolicy.Builder policy = RetryPolicy.newBuilder();
    if (!silent) {
      policy.setRetryOn(tokens());
    }
    if (!chance(4)) {
      policy.setNumRetries(UInt32Value.of(random.nextInt(5)));
    }
    if (chance(2)) {
      policy.addRetriableStatusCodes(chance(2) ? 503 : 418);
    }
    if (chance(2)) {
      policy.addRetriableHeaders(HeaderMatcher.newBuilder().setName("x-again"));
    }
    if (chance(6)) {
      policy.addRetriableRequestHeaders(HeaderMatcher.newBuilder().setName("x-safe"));
    }
    policy.setRetryBackOff(
        RetryPolicy.RetryBackOff.newBuilder().setBaseInterval(millis(1)).setMaxInterval(millis(2)));
    return policy.build();
  }

  private Route.Builder route(int n) {
    RouteAction.Builder action =
        RouteAction.newBuilder().setCluster(CLUSTERS[random.nextInt(CLUSTERS.length)]);
    boolean timed = chance(4);
    RetryPolicy policy = policy(chance(8));
    if (timed) {
      policy = policy.toBuilder().setPerTryTimeout(millis(250)).build();
      if (chance(5)) {
        action.setHedgePolicy(HedgePolicy.newBuilder().setHedgeOnPerTryTimeout(true));
      }
    }
    if (!chance(8)) {
      action.setRetryPolicy(policy);
    }
    action.setTimeout(Duration.newBuilder().setSeconds(20));
    boolean hangs = action.getRetryPolicy().hasPerTryTimeout() && !action.hasHedgePolicy();
    List<Answer> script = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      script.add(answer(hangs));
    }
    if (action.hasHedgePolicy()) {
      // the overdue one goes on; which of two late answers is first must not be left to chance
      script.set(0, Answer.of(200).after(java.time.Duration.ofMillis(1_500)));
    }
    scripts.add(script);
    return Route.newBuilder().setMatch(RouteMatch.newBuilder().setPath("/p" + n)).setRoute(action);
  }

  private Answer answer(boolean hangs) {
    return switch (random.nextInt(hangs ? 14 : 12)) {
      case 0 -> Answer.of(200);
      case 1 -> Answer.of(500);
      case 2 -> Answer.of(502);
      case 3 -> Answer.of(503);
      case 4 -> Answer.of(504);
      case 5 -> Answer.of(chance(2) ? 409 : 404);
      case 6 -> Answer.of(418);
      case 7 -> Answer.of(chance(2) ? 503 : 429, "x-envoy-ratelimited", "true");
      case 8 -> Answer.of(200, "x-again", "yes");
      case 9 ->
          Answer.of(200, "grpc-status", "" + new int[] {1, 4, 8, 13, 14, 2}[random.nextInt(6)]);
      case 10, 11 -> Answer.reset();
      default -> Answer.hang();
    };
  }

  private Call call(String listener, int n) {
    List<Header> headers = new ArrayList<>(Header.of("x-forwarded-for", "10.0.0.1"));
    if (chance(3)) {
      headers.addAll(Header.of("x-envoy-retry-on", tokens()));
    }
    if (chance(8)) {
      headers.addAll(Header.of("x-envoy-retry-grpc-on", "unavailable,internal"));
    }
    if (chance(6)) {
      headers.addAll(Header.of("x-envoy-max-retries", chance(4) ? "many" : "" + random.nextInt(5)));
    }
    if (chance(6)) {
      headers.addAll(Header.of("x-envoy-retriable-status-codes", chance(4) ? "x,500" : "418,404"));
    }
    if (chance(6)) {
      headers.addAll(Header.of("x-envoy-retriable-header-names", "x-again"));
    }
    if (chance(4)) {
      headers.addAll(Header.of("x-safe", "yes"));
    }
    return Call.of(listener, chance(4) ? "POST" : "GET", "a.example", "/p" + n, headers);
  }

  private static Cluster.Builder limited(Cluster.Builder cluster, int retries) {
    return cluster.setCircuitBreakers(
        CircuitBreakers.newBuilder()
            .addThresholds(Thresholds.newBuilder().setMaxRetries(UInt32Value.of(retries))));
  }

  private Script script(String down) {
    return new Script() {
      @Override
      public Answer answer(Received request, int nth) {
        int n = Integer.parseInt(request.path().substring(2));
        return scripts.get(n).get(Math.min(nth, STEPS - 1));
      }

      @Override
      public boolean isDown(String host) {
        return host.equals(down);
      }
    };
  }

  @Test
  void scriptsOfResultsEndTheSame() throws Exception {
    int policies = Differential.count(1_500, 320);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario =
            Differential.scenario("retry scripts", Long.getLong("differential.seed", 41))) {
      String address = envoy.address(0);
      String host = envoy.upstream().open(envoy.address(1));
      String down = envoy.address(2) + ":8000";
      VirtualHost.Builder all =
          VirtualHost.newBuilder()
              .setName("all")
              .addDomains("*")
              .setIncludeRequestAttemptCount(true)
              .setIncludeAttemptCountInResponse(true)
              .setIncludeIsTimeoutRetryHeader(true);
      for (int n = 0; n < policies; n++) {
        all.addRoutes(route(n));
      }
      RouteConfiguration table =
          RouteConfiguration.newBuilder().setName("retries").addVirtualHosts(all).build();
      HttpConnectionManager.Builder manager =
          manager(envoy, table)
              .setInternalAddressConfig(
                  HttpConnectionManager.InternalAddressConfig.newBuilder()
                      .addCidrRanges(
                          CidrRange.newBuilder()
                              .setAddressPrefix("10.0.0.0")
                              .setPrefixLen(UInt32Value.of(8))));
      Resources resources =
          Configs.resources(
              Configs.listener(address, manager.build()),
              limited(cluster("roomy", host), 100),
              limited(cluster("tight", host), 0),
              limited(cluster("down", down), 100));
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      Script script = script(down);
      envoy.upstream().script(script);
      engine.script(script);
      List<Call> calls = new ArrayList<>();
      for (int n = 0; n < policies; n++) {
        calls.add(call(at(address), n));
      }
      Map<String, Decision> decided = envoy.decide(calls);
      for (int n = 0; n < policies; n++) {
        Call call = calls.get(n);
        List<String> differences =
            new ArrayList<>(
                decided
                    .get(call.id())
                    .differences(engine.decide(call), RetryScriptsIT::isNoMatterHere));
        // what Envoy adds to its text of a failed connection is its own socket's business
        differences.removeIf(d -> d.startsWith("body:"));
        scenario.judge(all.getRoutes(n) + "\n" + scripts.get(n), call.toString(), differences);
      }
    }
  }

  private static boolean isNoMatterHere(String name) {
    return Decision.IGNORED.contains(name) && !name.equals("x-envoy-attempt-count");
  }
}
