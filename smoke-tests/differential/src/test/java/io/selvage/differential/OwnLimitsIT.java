package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.cluster;
import static io.selvage.differential.Configs.filter;
import static io.selvage.differential.Configs.manager;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.type.v3.HttpStatus;
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
}
