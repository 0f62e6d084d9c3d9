package io.selvage.differential;

import static io.selvage.differential.Configs.any;
import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.manager;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Time-outs, idle times, durations, circuit breakers, faults and local rate limits. */
@ExtendWith(Differential.class)
class TimesAndLimitsIT {
  private static final FractionalPercent ALL =
      FractionalPercent.newBuilder().setNumerator(100).build();
  private static final RuntimeFractionalPercent ALWAYS =
      RuntimeFractionalPercent.newBuilder().setDefaultValue(ALL).build();

  private static Duration millis(long value) {
    return Duration.newBuilder()
        .setSeconds(value / 1000)
        .setNanos((int) (value % 1000) * 1_000_000)
        .build();
  }

  private static Route.Builder route(String path, RouteAction.Builder action) {
    return Route.newBuilder().setMatch(RouteMatch.newBuilder().setPath(path)).setRoute(action);
  }

  private static RouteAction.Builder to(String cluster) {
    return Configs.to(cluster).setTimeout(millis(20_000));
  }

  /** Requests of 10.0.0.1 are the mesh's own, so that their headers are believed. */
  private static HttpConnectionManager.Builder internal(RealEnvoy envoy, RouteConfiguration table) {
    return manager(envoy, table)
        .setInternalAddressConfig(
            HttpConnectionManager.InternalAddressConfig.newBuilder()
                .addCidrRanges(
                    CidrRange.newBuilder()
                        .setAddressPrefix("10.0.0.0")
                        .setPrefixLen(UInt32Value.of(8))));
  }

  private static Call get(String listener, String path, String... headers) {
    List<Header> all = new ArrayList<>(Header.of("x-forwarded-for", "10.0.0.1"));
    all.addAll(Header.of(headers));
    return Call.of(listener, "GET", "a.example", path, all);
  }

  private static void same(
      Differential.Scenario scenario, RealEnvoy envoy, EngineSide engine, List<Call> calls) {
    Map<String, Decision> decided = envoy.decide(calls);
    for (Call call : calls) {
      scenario.compare(call.path(), call, decided.get(call.id()), engine.decide(call));
    }
  }

  @Test
  void timesEndTheSame() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("times", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      RouteAction.MaxStreamDuration most =
          RouteAction.MaxStreamDuration.newBuilder().setMaxStreamDuration(millis(200)).build();
      RouteConfiguration table =
          Configs.routes(
              route("/timeout", to("one").setTimeout(millis(200))),
              route("/idle", to("one").setIdleTimeout(millis(200))),
              route("/duration", to("one").setMaxStreamDuration(most)),
              route("/both", to("one").setTimeout(millis(100)).setMaxStreamDuration(most)),
              route("/upstream", to("brief")),
              route("/plain", to("one")));
      Cluster.Builder brief =
          cluster("brief", host)
              .putTypedExtensionProtocolOptions(
                  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                  any(
                      io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                          .newBuilder()
                          .setCommonHttpProtocolOptions(
                              HttpProtocolOptions.newBuilder().setMaxStreamDuration(millis(200)))
                          .setExplicitHttpConfig(
                              io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                                  .ExplicitHttpConfig.newBuilder()
                                  .setHttpProtocolOptions(
                                      io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions
                                          .getDefaultInstance()))
                          .build()));
      Resources resources =
          Configs.resources(
              Configs.listener(envoy.address(0), internal(envoy, table).build()),
              cluster("one", host),
              brief);
      assertThat(envoy.publish(resources)).isEmpty();
      EngineSide engine = EngineSide.of(resources, 1);
      Script hang = (request, nth) -> Answer.hang();
      envoy.upstream().script(hang);
      engine.script(hang);
      same(
          scenario,
          envoy,
          engine,
          List.of(
              get(listener, "/timeout"),
              get(listener, "/idle"),
              get(listener, "/duration"),
              get(listener, "/both"),
              get(listener, "/upstream"),
              get(listener, "/plain", "x-envoy-upstream-rq-timeout-ms", "150"),
              get(listener, "/timeout", "x-envoy-upstream-rq-timeout-alt-response", "1"),
              get(listener, "/plain", "x-envoy-upstream-rq-per-try-timeout-ms", "150"),
              get(listener, "/plain", "x-envoy-upstream-stream-duration-ms", "150")));
    }
  }

  /** Holds calls under way on both sides and returns what became of one more. */
  private static List<String> held(RealEnvoy envoy, EngineSide engine, List<Call> first, Call last)
      throws Exception {
    Map<String, io.selvage.differential.Wire.Message> answers = new LinkedHashMap<>();
    List<Thread> threads = new ArrayList<>();
    int before = envoy.upstream().total();
    for (Call call : first) {
      Thread thread =
          new Thread(
              () -> {
                var answer = envoy.send(call);
                synchronized (answers) {
                  answers.put(call.id(), answer);
                }
              });
      thread.start();
      threads.add(thread);
    }
    org.awaitility.Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(30))
        .until(() -> envoy.upstream().total() >= before + first.size());
    Decision refused = envoy.decide(last);
    first.forEach(engine::start);
    Decision engines = engine.decide(last);
    for (Thread thread : threads) {
      thread.join();
    }
    return refused.differences(engines);
  }

  @Test
  void breakersOpenTheSame() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("breakers", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      RouteConfiguration table =
          Configs.routes(
              route("/normal", to("one")),
              route("/high", to("one").setPriority(RoutingPriority.HIGH)));
      Cluster.Builder limited =
          cluster("one", host)
              .setCircuitBreakers(
                  CircuitBreakers.newBuilder()
                      .addThresholds(Thresholds.newBuilder().setMaxRequests(UInt32Value.of(2)))
                      .addThresholds(
                          Thresholds.newBuilder()
                              .setPriority(RoutingPriority.HIGH)
                              .setMaxRequests(UInt32Value.of(3))));
      Resources resources =
          Configs.resources(
              Configs.listener(envoy.address(0), internal(envoy, table).build()), limited);
      assertThat(envoy.publish(resources)).isEmpty();
      Script slow = (request, nth) -> Answer.of(200).after(java.time.Duration.ofMillis(1_500));
      envoy.upstream().script(slow);
      List<Call> two = List.of(get(listener, "/normal"), get(listener, "/normal"));
      List<Call> three =
          List.of(get(listener, "/high"), get(listener, "/high"), get(listener, "/high"));
      Call normal = get(listener, "/normal");
      scenario.judge("2 requests", "third", held(envoy, engine(resources, slow), two, normal));
      Call high = get(listener, "/high");
      scenario.judge(
          "3 high requests", "fourth", held(envoy, engine(resources, slow), three, high));
      Call other = get(listener, "/high");
      List<Call> again = List.of(get(listener, "/normal"), get(listener, "/normal"));
      scenario.judge(
          "2 requests", "one of high priority", held(envoy, engine(resources, slow), again, other));
    }
  }

  private static EngineSide engine(Resources resources, Script script) {
    return EngineSide.of(resources, 1).script(script);
  }

  private static Route.Builder faulty(String path, HTTPFault.Builder fault) {
    return route(path, to("one"))
        .putTypedPerFilterConfig("envoy.filters.http.fault", any(fault.build()));
  }

  @Test
  void faultsAreTheSame() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("faults", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      FaultAbort.HeaderAbort asked = FaultAbort.HeaderAbort.getDefaultInstance();
      RouteConfiguration table =
          Configs.routes(
              faulty(
                  "/abort",
                  HTTPFault.newBuilder()
                      .setAbort(FaultAbort.newBuilder().setHttpStatus(418).setPercentage(ALL))),
              faulty(
                  "/grpc",
                  HTTPFault.newBuilder()
                      .setAbort(FaultAbort.newBuilder().setGrpcStatus(14).setPercentage(ALL))),
              faulty(
                  "/asked",
                  HTTPFault.newBuilder()
                      .setAbort(FaultAbort.newBuilder().setHeaderAbort(asked).setPercentage(ALL))
                      .setDelay(
                          FaultDelay.newBuilder()
                              .setHeaderDelay(FaultDelay.HeaderDelay.getDefaultInstance())
                              .setPercentage(ALL))),
              faulty(
                  "/nodes",
                  HTTPFault.newBuilder()
                      .addDownstreamNodes("a")
                      .setAbort(FaultAbort.newBuilder().setHttpStatus(503).setPercentage(ALL))),
              faulty(
                  "/cluster",
                  HTTPFault.newBuilder()
                      .setUpstreamCluster("one")
                      .setAbort(FaultAbort.newBuilder().setHttpStatus(503).setPercentage(ALL))),
              faulty(
                  "/other",
                  HTTPFault.newBuilder()
                      .setUpstreamCluster("two")
                      .setAbort(FaultAbort.newBuilder().setHttpStatus(503).setPercentage(ALL))),
              faulty(
                  "/both",
                  HTTPFault.newBuilder()
                      .setDelay(
                          FaultDelay.newBuilder().setFixedDelay(millis(50)).setPercentage(ALL))
                      .setAbort(FaultAbort.newBuilder().setHttpStatus(500).setPercentage(ALL))));
      Resources resources =
          Configs.resources(
              Configs.listener(envoy.address(0), internal(envoy, table).build()),
              cluster("one", host));
      assertThat(envoy.publish(resources)).isEmpty();
      String abort = "x-envoy-fault-abort-request";
      same(
          scenario,
          envoy,
          EngineSide.of(resources, 1),
          List.of(
              get(listener, "/abort"),
              get(listener, "/grpc"),
              get(listener, "/grpc", "content-type", "application/grpc"),
              get(listener, "/asked"),
              get(listener, "/asked", abort, "429"),
              get(listener, "/asked", abort, "99"),
              get(listener, "/asked", abort, "600"),
              get(listener, "/asked", abort, "429", abort + "-percentage", "0"),
              get(listener, "/asked", "x-envoy-fault-abort-grpc-request", "13"),
              get(listener, "/asked", "x-envoy-fault-delay-request", "50"),
              get(listener, "/asked", "x-envoy-fault-delay-request", "soon"),
              get(listener, "/asked", "x-envoy-fault-delay-request", "50", abort, "503"),
              get(listener, "/nodes"),
              get(listener, "/nodes", "x-envoy-downstream-service-node", "a"),
              get(listener, "/nodes", "x-envoy-downstream-service-node", "b"),
              get(listener, "/cluster"),
              get(listener, "/other"),
              get(listener, "/both")));
    }
  }

  private static TokenBucket tokens(int most) {
    return TokenBucket.newBuilder().setMaxTokens(most).setFillInterval(millis(3_600_000)).build();
  }

  private static LocalRateLimit.Builder limit() {
    return LocalRateLimit.newBuilder()
        .setStatPrefix("limit")
        .setFilterEnabled(ALWAYS)
        .setFilterEnforced(ALWAYS)
        .addResponseHeadersToAdd(
            HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey("x-limited").setValue("yes")));
  }

  private static Route.Builder limited(String path, LocalRateLimit.Builder limit) {
    MessageLite built = limit.build();
    Any config = any(built);
    return route(path, to("one"))
        .putTypedPerFilterConfig("envoy.filters.http.local_ratelimit", config);
  }

  @Test
  void localRateLimitsAreTheSame() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("local rate limits", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      LocalRateLimit.Builder byUser =
          limit()
              .setTokenBucket(tokens(5))
              .addDescriptors(
                  LocalRateLimitDescriptor.newBuilder()
                      .addEntries(
                          RateLimitDescriptor.Entry.newBuilder().setKey("user").setValue("jason"))
                      .setTokenBucket(tokens(2)));
      Route.Builder users = limited("/users", byUser);
      users.setRoute(
          to("one")
              .addRateLimits(
                  RateLimit.newBuilder()
                      .addActions(
                          RateLimit.Action.newBuilder()
                              .setRequestHeaders(
                                  RateLimit.Action.RequestHeaders.newBuilder()
                                      .setHeaderName("x-user")
                                      .setDescriptorKey("user")))));
      RouteConfiguration table =
          Configs.routes(
              limited("/two", limit().setTokenBucket(tokens(2))),
              limited(
                  "/status",
                  limit()
                      .setTokenBucket(tokens(1))
                      .setStatus(
                          io.envoyproxy.envoy.type.v3.HttpStatus.newBuilder().setCodeValue(503))),
              limited("/off", limit().clearFilterEnabled().setTokenBucket(tokens(1))),
              limited(
                  "/shadow",
                  limit()
                      .clearFilterEnforced()
                      .setTokenBucket(tokens(1))
                      .addRequestHeadersToAddWhenNotEnforced(
                          HeaderValueOption.newBuilder()
                              .setHeader(HeaderValue.newBuilder().setKey("x-over").setValue("1")))),
              users,
              route("/free", to("one")));
      HttpConnectionManager.Builder manager = internal(envoy, table);
      manager.addHttpFilters(
          0,
          filter(
              "envoy.filters.http.local_ratelimit",
              LocalRateLimit.newBuilder().setStatPrefix("none").build()));
      Resources resources =
          Configs.resources(
              Configs.listener(envoy.address(0), manager.build()), cluster("one", host));
      assertThat(envoy.publish(resources)).isEmpty();
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        for (String path : List.of("/two", "/status", "/off", "/shadow", "/free")) {
          calls.add(get(listener, path));
        }
        calls.add(get(listener, "/users", "x-user", "jason"));
      }
      for (int i = 0; i < 5; i++) {
        calls.add(get(listener, "/users", "x-user", "anna"));
      }
      calls.add(get(listener, "/two", "content-type", "application/grpc"));
      same(scenario, envoy, EngineSide.of(resources, 1), calls);
    }
  }
}
