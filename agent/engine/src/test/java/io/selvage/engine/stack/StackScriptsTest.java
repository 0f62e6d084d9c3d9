package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.OutlierDetection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random scripts over the real stacks: calls, answers, time, pushes, cancels and ends in any order;
 * at the end nothing is held and every call was counted once.
 */
class StackScriptsTest {
  private static final int SCRIPTS = 3_000;

  @Test
  void nothingLeaksWhateverHappens() {
    for (int seed = 0; seed < SCRIPTS; seed++) {
      script(seed);
    }
  }

  private static void script(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MeshTest mesh = new MeshTest(config(random), seed);
    List<MeshTest.Call> calls = new ArrayList<>();
    for (int step = 0; step < 40; step++) {
      switch (random.nextInt(9)) {
        case 0, 1 -> calls.add(mesh.call(head(random)));
        case 2 -> calls.add(mesh.telling("/a"));
        case 3, 4 -> answer(random, calls);
        case 5 -> mesh.advance(Duration.ofMillis(random.nextInt(400)));
        case 6 -> mesh.engine.publish(config(random).build());
        case 7 -> {
          if (!calls.isEmpty() && random.nextInt(3) == 0) {
            calls.get(random.nextInt(calls.size())).cancel();
          }
        }
        default -> {
          if (!calls.isEmpty()) {
            calls.get(random.nextInt(calls.size())).end();
          }
        }
      }
    }
    for (MeshTest.Call call : calls) {
      if (random.nextBoolean()) {
        call.cancel();
      }
      call.end(random.nextBoolean() ? End.COMPLETE : End.ABORTED);
    }
    mesh.advance(Duration.ofMinutes(10));
    String script = "seed " + seed;
    assertThat(mesh.time.armed()).as(script).isZero();
    assertThat(mesh.log).as(script).hasSize(calls.size());
    for (String name : List.of("v1", "v2")) {
      assertThat(mesh.inFlight(name)).as(script).isZero();
      assertThat(mesh.state(name).requests).as(script).hasValue(0);
      assertThat(mesh.state(name).retries).as(script).hasValue(0);
    }
    long counted = mesh.engine.series().all().stream().mapToLong(s -> s.count()).sum();
    assertThat(counted).as(script).isEqualTo(calls.size());
    assertThat(mesh.engine.layerFailures()).as(script).isEmpty();
    for (MeshTest.Call call : calls) {
      assertThat(call.sent.size()).as(script).isLessThanOrEqualTo(4);
      assertThat(call.exchange.outcome()).as(script).isNotNull();
    }
  }

  private static TestHead head(SplittableRandom random) {
    TestHead head =
        random.nextBoolean() ? TestHead.get("reviews", "/a") : TestHead.grpc("reviews", "/s/m");
    return random.nextInt(3) == 0 ? head.oneShot() : head;
  }

  private static void answer(SplittableRandom random, List<MeshTest.Call> calls) {
    if (calls.isEmpty()) {
      return;
    }
    MeshTest.Call call = calls.get(random.nextInt(calls.size()));
    if (!call.sent.isEmpty()) {
      // with hedges it need not be the newest that is answered
      call.reports(call.sent.get(random.nextInt(call.sent.size())), outcome(random));
    }
  }

  private static Outcome outcome(SplittableRandom random) {
    Failed.Kind[] kinds = Failed.Kind.values();
    return switch (random.nextInt(4)) {
      case 0 -> TestAnswer.of(200);
      case 1 -> TestAnswer.of(503);
      case 2 -> TestAnswer.grpc(random.nextInt(16));
      default -> new Failed(kinds[random.nextInt(kinds.length)], null);
    };
  }

  private static Config config(SplittableRandom random) {
    Config.RouteBuilder route =
        route()
            .to(random.nextBoolean() ? "v1" : "v2")
            .retries(random.nextInt(4))
            .on("5xx", "connect-failure", "unavailable")
            .perTry(Duration.ofMillis(50 + random.nextInt(100)))
            .timeout(random.nextBoolean() ? Duration.ofMillis(300) : Duration.ZERO);
    if (random.nextInt(3) == 0) {
      route.avoidTried();
    }
    if (random.nextInt(3) == 0) {
      route.hedged();
    }
    if (random.nextInt(4) == 0) {
      route.idle(Duration.ofMillis(60 + random.nextInt(200)));
    }
    if (random.nextInt(4) == 0) {
      route.fault(new Fault(Duration.ofMillis(30), 0.5, 503, -1, 0.3, List.of()));
    }
    OutlierDetection outlier =
        new OutlierDetection(
            2,
            1 + random.nextInt(3),
            2,
            random.nextBoolean(),
            Duration.ofMillis(100),
            Duration.ofMillis(200),
            Duration.ofSeconds(1),
            0.7,
            0);
    CircuitBreakers limits =
        new CircuitBreakers(
            1 + random.nextInt(4),
            random.nextInt(3),
            1 + random.nextInt(6),
            random.nextInt(3),
            random.nextInt(3) == 0
                ? new CircuitBreakers.RetryBudget(random.nextInt(101) / 100.0, random.nextInt(3))
                : null);
    return Config.http(route)
        .cluster(cluster("v1", 1, 2, 3).outlier(outlier).breakers(limits))
        .cluster(cluster("v2", 4, 5).breakers(limits));
  }
}
