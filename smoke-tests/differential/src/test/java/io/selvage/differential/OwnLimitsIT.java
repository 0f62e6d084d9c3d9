package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.manager;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.QueryParameterMatcher;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.TokenBucket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Limits that other control planes may send. */
@ExtendWith(Differential.class)
class OwnLimitsIT {
  private static AdaptiveConcurrency.Builder gradient(int least, int most) {
    return AdaptiveConcurrency.newBuilder()
        .setGradientControllerConfig(
            GradientControllerConfig.newBuilder()
                .setConcurrencyLimitParams(
                    GradientControllerConfig.ConcurrencyLimitCalculationParams.newBuilder()
                        .setMaxConcurrencyLimit(UInt32Value.of(most))
                        .setConcurrencyUpdateInterval(Duration.newBuilder().setSeconds(60)))
                .setMinRttCalcParams(
                    GradientControllerConfig.MinimumRTTCalculationParams.newBuilder()
                        .setInterval(Duration.newBuilder().setSeconds(3600))
                        .setMinConcurrency(UInt32Value.of(least))));
  }

  /** What becomes of one more while these are under way. */
  private static List<String> oneMore(
      RealEnvoy envoy, Resources resources, List<Call> first, Call last) throws Exception {
    List<Thread> threads = new ArrayList<>();
    Map<String, Wire.Message> answers = new LinkedHashMap<>();
    int before = envoy.upstream().total();
    for (Call call : first) {
      Thread thread =
          new Thread(
              () -> {
                Wire.Message answer = envoy.send(call);
                synchronized (answers) {
                  answers.put(call.id(), answer);
                }
              });
      thread.start();
      threads.add(thread);
    }
    Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(30))
        .until(() -> envoy.upstream().total() >= before + first.size());
    Decision refused = envoy.decide(last);
    EngineSide engine = EngineSide.of(resources, 1).script(SLOW);
    first.forEach(engine::start);
    Decision engines = engine.decide(last);
    for (Thread thread : threads) {
      thread.join();
    }
    return refused.differences(engines);
  }

  private static final Script SLOW =
      (request, nth) -> Answer.of(200).after(java.time.Duration.ofMillis(1_500));

  @Test
  void adaptiveConcurrencyMeasuresWithTheSameLimit() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("adaptive concurrency", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      RouteConfiguration table = Configs.routes(Configs.to("one"));
      envoy.upstream().script(SLOW);
      for (int status : new int[] {0, 507, 302}) {
        AdaptiveConcurrency.Builder config = gradient(2, 5);
        if (status > 0) {
          config.setConcurrencyLimitExceededStatus(HttpStatus.newBuilder().setCodeValue(status));
        }
        HttpConnectionManager.Builder manager = manager(envoy, table);
        manager.addHttpFilters(
            0, filter("envoy.filters.http.adaptive_concurrency", config.build()));
        Resources resources =
            Configs.resources(
                Configs.listener(envoy.address(0), manager.build()), cluster("one", host));
        assertThat(envoy.publish(resources)).isEmpty();
        List<Call> two =
            List.of(Call.get(listener, "a.example", "/a"), Call.get(listener, "a.example", "/b"));
        Call third = Call.get(listener, "a.example", "/third");
        Call grpc = Call.get(listener, "a.example", "/grpc", "content-type", "application/grpc");
        scenario.judge("status " + status, "third", oneMore(envoy, resources, two, third));
        scenario.judge("status " + status, "gRPC", oneMore(envoy, resources, again(two), grpc));
      }
    }
  }

  private static List<Call> again(List<Call> calls) {
    return calls.stream().map(c -> Call.get(c.listener(), c.authority(), c.path())).toList();
  }

  private static final RuntimeFractionalPercent ALWAYS =
      RuntimeFractionalPercent.newBuilder()
          .setDefaultValue(FractionalPercent.newBuilder().setNumerator(100))
          .build();

  private static TokenBucket tokens(int most) {
    return TokenBucket.newBuilder()
        .setMaxTokens(most)
        .setFillInterval(Duration.newBuilder().setSeconds(36_000))
        .build();
  }

  private static LocalRateLimitDescriptor descriptor(int tokens, String... entries) {
    LocalRateLimitDescriptor.Builder descriptor =
        LocalRateLimitDescriptor.newBuilder().setTokenBucket(tokens(tokens));
    for (int i = 0; i < entries.length; i += 2) {
      descriptor.addEntries(
          RateLimitDescriptor.Entry.newBuilder().setKey(entries[i]).setValue(entries[i + 1]));
    }
    return descriptor.build();
  }

  private static RateLimit.Builder rule(RateLimit.Action.Builder... actions) {
    RateLimit.Builder rule = RateLimit.newBuilder();
    for (RateLimit.Action.Builder action : actions) {
      rule.addActions(action);
    }
    return rule;
  }

  private static RateLimit.Action.Builder header(String name, String key, boolean skip) {
    return RateLimit.Action.newBuilder()
        .setRequestHeaders(
            RateLimit.Action.RequestHeaders.newBuilder()
                .setHeaderName(name)
                .setDescriptorKey(key)
                .setSkipIfAbsent(skip));
  }

  private static RateLimit.Action.Builder query(String name) {
    return RateLimit.Action.newBuilder()
        .setQueryParameterValueMatch(
            RateLimit.Action.QueryParameterValueMatch.newBuilder()
                .setDescriptorValue("there")
                .addQueryParameters(
                    QueryParameterMatcher.newBuilder().setName(name).setPresentMatch(true)));
  }

  private static LocalRateLimit.Builder limits() {
    return LocalRateLimit.newBuilder()
        .setStatPrefix("limit")
        .setFilterEnabled(ALWAYS)
        .setFilterEnforced(ALWAYS)
        .setEnableXRatelimitHeaders(XRateLimitHeadersRFCVersion.DRAFT_VERSION_03)
        .setMaxDynamicDescriptors(UInt32Value.of(2))
        .setTokenBucket(tokens(40))
        .addDescriptors(descriptor(2, "user", "jason"))
        .addDescriptors(descriptor(3, "user", ""))
        .addDescriptors(descriptor(1, "user", "jason", "plan", "free"))
        .addDescriptors(descriptor(4, "destination_cluster", "one", "query_match", "there"))
        .addDescriptors(descriptor(5, "tenant", "acme"));
  }

  private static final String RESET = "x-ratelimit-reset";

  private static long reset(Decision decision) {
    String seconds = Header.joined(decision.headers(), RESET);
    return seconds == null ? -1 : Long.parseLong(seconds);
  }

  @Test
  void descriptorsAndTheirHeadersAreTheSame() throws Exception {
    try (RealEnvoy envoy = RealEnvoy.start();
        var scenario = Differential.scenario("descriptors", 1)) {
      String listener = at(envoy.address(0));
      String host = envoy.upstream().open(envoy.address(1));
      RateLimit.Action.Builder destination =
          RateLimit.Action.newBuilder()
              .setDestinationCluster(RateLimit.Action.DestinationCluster.getDefaultInstance());
      RateLimit.Action.Builder tenant =
          RateLimit.Action.newBuilder()
              .setQueryParameters(
                  RateLimit.Action.QueryParameters.newBuilder()
                      .setQueryParameterName("tenant")
                      .setDescriptorKey("tenant"));
      LocalRateLimit.Builder limit =
          limits()
              .addRateLimits(rule(header("x-user", "user", false), header("x-plan", "plan", true)))
              .addRateLimits(rule(destination, query("debug")))
              .addRateLimits(rule(tenant));
      List<Call> calls = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        for (String user : List.of("jason", "anna", "tom", "sue", "anna")) {
          calls.add(Call.get(listener, "a.example", "/", "x-user", user));
        }
        calls.add(Call.get(listener, "a.example", "/", "x-user", "jason", "x-plan", "free"));
        calls.add(Call.get(listener, "a.example", "/?a=1&debug=2"));
        calls.add(Call.get(listener, "a.example", "/?tenant=acme"));
        calls.add(Call.get(listener, "a.example", "/?tenant=acme&debug"));
        calls.add(Call.get(listener, "a.example", "/plain"));
      }
      for (boolean always : new boolean[] {true, false}) {
        limit.setAlwaysConsumeDefaultTokenBucket(BoolValue.of(always));
        HttpConnectionManager.Builder manager = manager(envoy, Configs.routes(Configs.to("one")));
        manager.addHttpFilters(0, filter("envoy.filters.http.local_ratelimit", limit.build()));
        Resources resources =
            Configs.resources(
                Configs.listener(envoy.address(0), manager.build()), cluster("one", host));
        assertThat(envoy.publish(resources)).isEmpty();
        EngineSide engine = EngineSide.of(resources, 1);
        for (Call call : calls) {
          Call one = Call.of(listener, "GET", "a.example", call.path(), call.headers());
          Decision expected = envoy.decide(one);
          Decision decided = engine.decide(one);
          // time passes for Envoy only, so seconds until the next token are not quite the same
          List<String> found =
              expected.differences(decided, name -> name.equals(RESET) || Decision.isIgnored(name));
          if (Math.abs(reset(expected) - reset(decided)) > 120) {
            found.add(RESET + ": Envoy " + reset(expected) + ", engine " + reset(decided));
          }
          scenario.judge("always " + always, one.toString(), found);
        }
      }
    }
  }
}
