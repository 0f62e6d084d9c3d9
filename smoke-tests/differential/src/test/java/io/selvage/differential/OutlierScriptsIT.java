package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.common.matcher.v3.HttpHeadersMatch;
import io.envoyproxy.envoy.config.common.matcher.v3.MatchPredicate;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.xds.newer.NewerHttpProtocolOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Which hosts are out after which answers. A hash chooses the host, so that both sides send each
 * request to the same one for as long as they agree on who is out.
 */
@ExtendWith(Differential.class)
class OutlierScriptsIT {
  private static final int HOSTS = 5;
  private static final int[] ANSWERS = {200, 200, 404, 429, 500, 502, 503, 504, 0};
  private static final Script SCRIPT =
      (request, nth) -> {
        String asked = Header.joined(request.headers(), "x-answer");
        return asked == null
            ? Answer.of(200)
            : "0".equals(asked) ? Answer.reset() : Answer.of(Integer.parseInt(asked));
      };

  private record Side(RealEnvoy envoy, EngineSide engine, String address, List<String> hosts) {
    /** Addresses of the hosts that Envoy has taken out of a cluster. */
    Set<String> envoys(String cluster) {
      Set<String> out = new TreeSet<>();
      for (String line : envoy.admin("/clusters").split("\n")) {
        String[] parts = line.split("::");
        if (parts.length > 3
            && parts[0].equals(cluster)
            && parts[2].equals("health_flags")
            && parts[3].contains("failed_outlier_check")) {
          out.add(parts[1]);
        }
      }
      return out;
    }

    Set<String> engines(String cluster) {
      return new TreeSet<>(engine.ejected(cluster));
    }
  }

  private static Side start(RealEnvoy envoy, long seed, List<Cluster.Builder> clusters) {
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < HOSTS; i++) {
      hosts.add(envoy.upstream().open(envoy.address(10 + i)));
    }
    String address = envoy.address(0);
    Route.Builder[] routes = new Route.Builder[clusters.size()];
    for (int i = 0; i < routes.length; i++) {
      String name = clusters.get(i).getName();
      routes[i] =
          Route.newBuilder()
              .setMatch(RouteMatch.newBuilder().setPrefix("/" + name + "/"))
              .setRoute(to(name).addHashPolicy(byKey()));
    }
    Resources resources =
        new Resources(
            List.of(listener(envoy, address, Configs.routes(routes))),
            List.of(),
            clusters.stream().map(Cluster.Builder::build).toList(),
            clusters.stream().map(c -> all(c.getName(), hosts).build()).toList());
    assertThat(envoy.publish(resources)).isEmpty();
    EngineSide engine = EngineSide.of(resources, seed);
    envoy.upstream().script(SCRIPT);
    engine.script(SCRIPT);
    return new Side(envoy, engine, address, hosts);
  }

  private static HostSet all(String cluster, List<String> hosts) {
    HostSet set = new HostSet(cluster).group("z", 0, 1);
    hosts.forEach(host -> set.host(host, 1, HealthStatus.HEALTHY));
    return set;
  }

  private static RouteAction.HashPolicy byKey() {
    return RouteAction.HashPolicy.newBuilder()
        .setHeader(RouteAction.HashPolicy.Header.newBuilder().setHeaderName("x-key"))
        .build();
  }

  private static Cluster.Builder cluster(String name, OutlierDetection.Builder detection) {
    return HostSet.cluster(name)
        .setLbPolicy(Cluster.LbPolicy.MAGLEV)
        .setCommonLbConfig(
            Cluster.CommonLbConfig.newBuilder()
                // else a second ejection within a second reaches Envoy's worker late
                .setUpdateMergeWindow(Duration.getDefaultInstance())
                .setHealthyPanicThreshold(Percent.newBuilder().setValue(0)))
        .setOutlierDetection(detection);
  }

  private static OutlierDetection.Builder detection(SplittableRandom random) {
    OutlierDetection.Builder detection =
        OutlierDetection.newBuilder()
            .setInterval(Duration.newBuilder().setSeconds(3_600))
            .setMaxEjectionPercent(UInt32Value.of(10 + random.nextInt(91)))
            .setAlwaysEjectOneHost(BoolValue.of(random.nextInt(3) == 0))
            .setSplitExternalLocalOriginErrors(random.nextInt(3) == 0);
    if (random.nextBoolean()) {
      detection.setConsecutive5Xx(UInt32Value.of(1 + random.nextInt(6)));
    } else if (random.nextBoolean()) {
      detection.setEnforcingConsecutive5Xx(UInt32Value.of(0));
    }
    if (random.nextBoolean()) {
      detection
          .setConsecutiveGatewayFailure(UInt32Value.of(1 + random.nextInt(4)))
          .setEnforcingConsecutiveGatewayFailure(UInt32Value.of(100));
    }
    if (random.nextBoolean()) {
      detection.setConsecutiveLocalOriginFailure(UInt32Value.of(1 + random.nextInt(3)));
    }
    return detection;
  }

  @Test
  void sequencesOfAnswers() throws Exception {
    long seed = 1_611;
    int scripts = Differential.count(200, 25);
    int requests = Differential.count(150, 60);
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("outlier scripts", seed)) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Cluster.Builder> clusters = new ArrayList<>();
      for (int i = 0; i < scripts; i++) {
        clusters.add(cluster("script" + i, detection(random)));
      }
      Side side = start(envoy, seed, clusters);
      for (Cluster.Builder cluster : clusters) {
        script(side, cluster, requests, random, scenario);
        envoy.forget();
      }
    }
  }

  /** Ends with the first disagreement, as what follows would only repeat it. */
  private static void script(
      Side side,
      Cluster.Builder cluster,
      int requests,
      SplittableRandom random,
      Differential.Scenario scenario) {
    String name = cluster.getName();
    int worst = random.nextInt(side.hosts.size());
    StringBuilder story = new StringBuilder();
    for (int i = 0; i < requests; i++) {
      String key = "k" + random.nextInt(40);
      int status = ANSWERS[random.nextInt(ANSWERS.length)];
      // one kind of request fails most of the time
      status = key.hashCode() % side.hosts.size() == worst && random.nextInt(4) > 0 ? 503 : status;
      Call call =
          Call.get(
              at(side.address),
              "a.example",
              "/" + name + "/",
              "x-key",
              key,
              "x-answer",
              "" + status);
      Decision envoys = side.envoy.decide(call);
      Decision engines = side.engine.decide(call);
      Set<String> out = side.envoys(name);
      story
          .append(envoys.received().isEmpty() ? "nobody" : envoys.received().get(0).host())
          .append(" ")
          .append(status)
          .append(" → ")
          .append(out)
          .append("\n");
      List<String> differences = new ArrayList<>(hostsOf(envoys, engines));
      if (!out.equals(side.engines(name))) {
        differences.add("out: Envoy " + out + ", engine " + side.engines(name));
      }
      if (!scenario.judge(cluster.getOutlierDetection() + "\n" + story, name, differences)) {
        return;
      }
    }
  }

  private static List<String> hostsOf(Decision envoys, Decision engines) {
    List<String> a = envoys.received().stream().map(Received::host).toList();
    List<String> b = engines.received().stream().map(Received::host).toList();
    return a.equals(b)
            && envoys.status() == engines.status()
            && envoys.flag().equals(engines.flag())
        ? List.of()
        : List.of(
            "Envoy %s %d %s, engine %s %d %s"
                .formatted(a, envoys.status(), envoys.flag(), b, engines.status(), engines.flag()));
  }

  @Test
  void errorMatchersSayWhatAnErrorIs() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("outlier error matchers", 5)) {
      SplittableRandom random = new SplittableRandom(5);
      List<Cluster.Builder> clusters = new ArrayList<>();
      for (boolean split : new boolean[] {false, true}) {
        for (String[] codes : new String[][] {{"429"}, {"500", "404"}, {"502", "429"}}) {
          OutlierDetection.Builder detection =
              OutlierDetection.newBuilder()
                  .setInterval(Duration.newBuilder().setSeconds(3_600))
                  .setMaxEjectionPercent(UInt32Value.of(100))
                  .setConsecutive5Xx(UInt32Value.of(4))
                  .setConsecutiveGatewayFailure(UInt32Value.of(2))
                  .setEnforcingConsecutiveGatewayFailure(UInt32Value.of(100))
                  .setSplitExternalLocalOriginErrors(split);
          clusters.add(
              cluster("matcher" + clusters.size(), detection)
                  .putTypedExtensionProtocolOptions(
                      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions", options(codes)));
        }
      }
      Side side = start(envoy, 5, clusters);
      for (Cluster.Builder cluster : clusters) {
        script(side, cluster, 80, random, scenario);
        envoy.forget();
      }
    }
  }

  /** The matcher is newer than our artifact of the API: the bytes of two messages are one. */
  private static Any options(String... codes) {
    HttpProtocolOptions http1 =
        HttpProtocolOptions.newBuilder()
            .setExplicitHttpConfig(
                HttpProtocolOptions.ExplicitHttpConfig.newBuilder()
                    .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance()))
            .build();
    List<MatchPredicate> rules = new ArrayList<>();
    for (String code : codes) {
      rules.add(
          MatchPredicate.newBuilder()
              .setHttpResponseHeadersMatch(
                  HttpHeadersMatch.newBuilder()
                      .addHeaders(
                          HeaderMatcher.newBuilder()
                              .setName(":status")
                              .setStringMatch(StringMatcher.newBuilder().setExact(code))))
              .build());
    }
    MatchPredicate matcher =
        rules.size() == 1
            ? rules.get(0)
            : MatchPredicate.newBuilder()
                .setOrMatch(MatchPredicate.MatchSet.newBuilder().addAllRules(rules))
                .build();
    ByteString newer =
        NewerHttpProtocolOptions.newBuilder()
            .setOutlierDetection(
                NewerHttpProtocolOptions.OutlierDetection.newBuilder().setErrorMatcher(matcher))
            .build()
            .toByteString();
    return Any.newBuilder()
        .setTypeUrl("type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
        .setValue(http1.toByteString().concat(newer))
        .build();
  }

  @Test
  void ratesOfAnInterval() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("outlier rates", 6)) {
      OutlierDetection.Builder quiet =
          OutlierDetection.newBuilder()
              .setInterval(Duration.newBuilder().setSeconds(2))
              .setBaseEjectionTime(Duration.newBuilder().setSeconds(3_000))
              .setMaxEjectionTime(Duration.newBuilder().setSeconds(3_000))
              .setMaxEjectionPercent(UInt32Value.of(100))
              .setEnforcingConsecutive5Xx(UInt32Value.of(0));
      List<Cluster.Builder> clusters =
          List.of(
              cluster(
                  "rate",
                  quiet
                      .clone()
                      .setSuccessRateMinimumHosts(UInt32Value.of(3))
                      .setSuccessRateRequestVolume(UInt32Value.of(5))
                      .setSuccessRateStdevFactor(UInt32Value.of(1_000))),
              cluster(
                  "percentage",
                  quiet
                      .clone()
                      .setEnforcingSuccessRate(UInt32Value.of(0))
                      .setEnforcingFailurePercentage(UInt32Value.of(100))
                      .setFailurePercentageThreshold(UInt32Value.of(60))
                      .setFailurePercentageMinimumHosts(UInt32Value.of(2))
                      .setFailurePercentageRequestVolume(UInt32Value.of(5))));
      Side side = start(envoy, 6, clusters);
      Script oneFails =
          (request, nth) -> Answer.of(request.host().equals(side.hosts.get(2)) ? 500 : 200);
      envoy.upstream().script(oneFails);
      side.engine.script(oneFails);
      for (Cluster.Builder cluster : clusters) {
        String name = cluster.getName();
        Awaitility.await("Envoy has compared the rates of " + name)
            .atMost(java.time.Duration.ofSeconds(60))
            .pollInterval(java.time.Duration.ofMillis(1))
            .until(
                () -> {
                  load(side, name);
                  return !side.envoys(name).isEmpty();
                });
        load(side, name);
        for (int i = 0; i < 150; i++) {
          side.engine.decide(request(side, name, i));
        }
        assertThat(side.engines(name)).as("before the sweep").isEmpty();
        side.engine.clock().advance(java.time.Duration.ofSeconds(2));
        side.engine.decide(request(side, name, 0));
        scenario.judge(
            cluster.getOutlierDetection().toString(),
            name,
            side.envoys(name).equals(side.engines(name))
                ? List.of()
                : List.of("Envoy " + side.envoys(name) + ", engine " + side.engines(name)));
      }
    }
  }

  private static void load(Side side, String name) {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      calls.add(request(side, name, i));
    }
    side.envoy.decide(calls);
    side.envoy.forget();
  }

  private static Call request(Side side, String name, int n) {
    return Call.get(at(side.address), "a.example", "/" + name + "/", "x-key", "k" + n);
  }

  @Test
  void hostsThatAreDownAreOutAndComeBack() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("outlier hosts down", 7)) {
      OutlierDetection.Builder detection =
          OutlierDetection.newBuilder()
              .setInterval(Duration.newBuilder().setNanos(500_000_000))
              .setBaseEjectionTime(Duration.newBuilder().setSeconds(2))
              .setMaxEjectionPercent(UInt32Value.of(100))
              .setConsecutiveLocalOriginFailure(UInt32Value.of(2));
      List<Cluster.Builder> clusters =
          List.of(
              cluster("plain", detection.clone().setConsecutive5Xx(UInt32Value.of(2))),
              cluster("split", detection.clone().setSplitExternalLocalOriginErrors(true)));
      Side side = start(envoy, 7, clusters);
      String down = side.hosts.get(1);
      envoy.upstream().shut(down);
      side.engine.script(
          new Script() {
            @Override
            public Answer answer(Received request, int nth) {
              return Answer.of(200);
            }

            @Override
            public boolean isDown(String host) {
              return host.equals(down);
            }
          });
      for (Cluster.Builder cluster : clusters) {
        String name = cluster.getName();
        for (int i = 0; i < 60; i++) {
          side.engine.decide(request(side, name, i));
        }
        Awaitility.await("out")
            .atMost(java.time.Duration.ofSeconds(30))
            .until(
                () -> {
                  load(side, name);
                  return side.envoys(name).equals(Set.of(down));
                });
        scenario.judge(name, "out", same(Set.of(down), side.engines(name)));
        Awaitility.await("back")
            .atMost(java.time.Duration.ofSeconds(30))
            .until(() -> side.envoys(name).isEmpty());
        side.engine.clock().advance(java.time.Duration.ofSeconds(3));
        Call any = request(side, name, 0);
        side.engine.decide(any);
        scenario.judge(name, "back", same(Set.of(), side.engines(name)));
      }
    }
  }

  private static List<String> same(Set<String> envoys, Set<String> engines) {
    return envoys.equals(engines) ? List.of() : List.of("Envoy " + envoys + ", engine " + engines);
  }
}
