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
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Results;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Many threads at once on what requests share: windows of results, loads, ejections. */
class BalancingStressTest {
  private static final int THREADS = 4;

  private interface Work {
    void run(int thread) throws Exception;
  }

  /** All threads at the same time. */
  private static void together(Work work) throws InterruptedException {
    CyclicBarrier start = new CyclicBarrier(THREADS);
    AtomicInteger failed = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int number = t;
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await();
                  work.run(number);
                } catch (Exception e) {
                  failed.incrementAndGet();
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failed).hasValue(0);
  }

  @Test
  void everyResultIsInExactlyOneInterval() throws InterruptedException {
    Results results = new Results();
    AtomicLong requests = new AtomicLong();
    AtomicLong successes = new AtomicLong();
    int adds = 300_000;
    together(
        thread -> {
          for (int i = 0; i < adds; i++) {
            if (thread == 0 && i % 50 == 0) {
              results.roll();
              requests.addAndGet(results.requests());
              successes.addAndGet(results.successes());
              assertThat(results.successes()).isLessThanOrEqualTo(results.requests());
            }
            results.add(i % 3 != 0);
          }
        });
    results.roll();
    requests.addAndGet(results.requests());
    successes.addAndGet(results.successes());
    assertThat(requests).hasValue((long) THREADS * adds);
    assertThat(successes).hasValue((long) THREADS * (adds - (adds + 2) / 3));
  }

  @Test
  void neverMoreAreOutThanAllowedHoweverManyFailAtOnce() throws InterruptedException {
    OutlierDetection detection =
        new OutlierDetection(
            1, 0, 0, false, Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1), 0.3, 0);
    for (int round = 0; round < 150; round++) {
      Engine engine = Engine.builder(MeshTest.NODE).build();
      engine.publish(
          Config.http(route())
              .cluster(
                  cluster("reviews", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
                      .locality(new Cluster.LocalityBalancing(false, 0, 1.4))
                      .outlier(detection))
              .build());
      together(
          thread -> {
            for (int i = 0; i < 10; i++) {
              call(engine, 500);
            }
          });
      CompiledCluster cluster = Objects.requireNonNull(engine.snapshot().cluster("reviews"));
      assertThat(cluster.hosts().stream().filter(h -> h.state().ejected).count()).isEqualTo(3);
      assertThat(cluster.state().ejections.sum()).isEqualTo(3);
    }
  }

  @Test
  void loadsReturnToNothing() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    for (Cluster.Balancer balancer :
        List.of(
            new Cluster.LeastRequest(2),
            new Cluster.LeastRequest(2, 1.0, null, true),
            Cluster.PeakEwma.DEFAULT,
            new Cluster.RingHash(
                64, 1_024, Cluster.HashFunction.XX_HASH, new Cluster.Hashing(false, 120)))) {
      engine.publish(
          Config.http(route()).cluster(cluster("reviews", 1, 2, 3).balancer(balancer)).build());
      together(
          thread -> {
            for (int i = 0; i < 5_000; i++) {
              call(engine, 200);
            }
          });
      CompiledCluster cluster = Objects.requireNonNull(engine.snapshot().cluster("reviews"));
      assertThat(cluster.hosts()).allMatch(host -> host.state().inFlight() == 0);
      assertThat(engine.layerFailures()).isEmpty();
    }
  }

  private static void call(Engine engine, int status) {
    Exchange x =
        engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
    Action next = x.begin();
    if (next instanceof Attempt attempt) {
      x.onOutcome(attempt, TestAnswer.of(status));
    }
    x.end(End.COMPLETE);
  }
}
