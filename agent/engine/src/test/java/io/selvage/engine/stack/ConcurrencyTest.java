package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.observing.Series;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many threads on one engine while configurations come in. */
class ConcurrencyTest {
  private static final int THREADS = 4;
  private static final int CALLS = 3_000;

  @Test
  void countsAreExactAndDecisionsWhole() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    MeshConfig one = config("r1", "v1", 1, 2);
    MeshConfig two = config("r2", "v2", 3, 4, 5);
    engine.publish(one);
    AtomicInteger wrong = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int seed = t;
      threads.add(new Thread(() -> call(engine, seed, wrong)));
    }
    threads.forEach(Thread::start);
    for (int i = 0; i < 200; i++) {
      engine.publish(i % 2 == 0 ? two : one);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
    assertThat(engine.layerFailures()).isEmpty();
    long counted = engine.series().all().stream().mapToLong(Series::count).sum();
    assertThat(counted).isEqualTo((long) THREADS * CALLS);
    for (MeshConfig config : List.of(one, two)) {
      engine.publish(config);
      String name = config.clusters().keySet().iterator().next();
      var cluster = Objects.requireNonNull(engine.snapshot().cluster(name));
      assertThat(cluster.state().requests.get()).isZero();
      assertThat(cluster.hosts()).allMatch(h -> h.state().inFlight() == 0);
    }
  }

  private static MeshConfig config(String routeName, String cluster, int... ports) {
    OutlierDetection outlier =
        new OutlierDetection(
            3,
            0,
            0,
            false,
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            Duration.ofSeconds(1),
            0.5,
            0);
    return Config.http(route().named(routeName).to(cluster).retries(2).on("5xx"))
        .cluster(cluster(cluster, ports).outlier(outlier))
        .build();
  }

  private static void call(Engine engine, int seed, AtomicInteger wrong) {
    for (int i = 0; i < CALLS; i++) {
      Exchange x =
          engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
      Action next = x.begin();
      if (next instanceof Attempt attempt) {
        boolean first = Objects.requireNonNull(x.facts().route).name().equals("r1");
        int port = Objects.requireNonNull(attempt.endpoint()).port();
        if (first != port <= 2) {
          wrong.incrementAndGet();
        }
        x.onOutcome(attempt, TestAnswer.of((i + seed) % 5 == 0 ? 503 : 200));
      }
      x.end(End.COMPLETE);
    }
  }
}
