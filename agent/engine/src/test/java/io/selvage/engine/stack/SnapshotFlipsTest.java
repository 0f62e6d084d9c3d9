package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.MeshConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A snapshot is one thing: whatever is published while a request is under way, all that is decided
 * about it, its retries included, comes from the snapshot that it was begun with.
 */
class SnapshotFlipsTest {
  private static final int REQUESTS = 1_000_000;
  private static final int THREADS = 4;
  private static final long PAUSE_MILLIS = 10;

  /** Everything that a request meets tells which of the two it comes from. */
  private static MeshConfig config(String name, int port, int retries, int seconds) {
    return Config.http(
            route()
                .named(name)
                .to(name)
                .retries(retries)
                .on("5xx")
                .backoff(ofMillis(1))
                .timeout(ofSeconds(seconds))
                .request(
                    new HeaderOps(
                        List.of(new HeaderOps.HeaderOp("x-config", name, false)), List.of())))
        .cluster(cluster(name, port))
        .build();
  }

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void noRequestSeesTwoSnapshots() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    MeshConfig one = config("one", 1, 2, 10);
    MeshConfig two = config("two", 2, 3, 20);
    engine.publish(one);
    AtomicInteger wrong = new AtomicInteger();
    AtomicInteger[] seen = {new AtomicInteger(), new AtomicInteger()};
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      threads.add(new Thread(() -> requests(engine, wrong, seen)));
    }
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger flips = new AtomicInteger();
    Thread publisher =
        new Thread(
            () -> {
              try {
                while (!over.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
                  engine.publish(flips.incrementAndGet() % 2 == 0 ? one : two);
                }
              } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
              }
            });
    long start = System.nanoTime();
    threads.forEach(Thread::start);
    publisher.start();
    for (Thread thread : threads) {
      thread.join();
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    over.countDown();
    publisher.join();
    System.out.printf(
        "snapshot: %d requests, %d flips in %d ms, %d saw the first and %d the second%n",
        REQUESTS, flips.get(), millis, seen[0].get(), seen[1].get());
    assertThat(wrong).hasValue(0);
    assertThat(engine.layerFailures()).isEmpty();
    assertThat(flips.get()).isGreaterThan(10);
    assertThat(seen[0].get()).isPositive();
    assertThat(seen[1].get()).isPositive();
    assertThat(seen[0].get() + seen[1].get()).isEqualTo(REQUESTS);
  }

  private static void requests(Engine engine, AtomicInteger wrong, AtomicInteger[] seen) {
    Responded bad = TestAnswer.of(503);
    Responded good = TestAnswer.of(200);
    for (int i = 0; i < REQUESTS / THREADS; i++) {
      Exchange x =
          engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
      Attempt first = (Attempt) x.begin();
      boolean isOne = Objects.requireNonNull(x.facts().route).name().equals("one");
      boolean whole = isWhole(x, first, isOne);
      if (i % 256 == 0) {
        // a retry long after another snapshot is in force
        Action next = x.onOutcome(first, bad);
        while (!(next instanceof Attempt)) {
          next = x.onTime();
        }
        whole &= isWhole(x, (Attempt) next, isOne);
        x.onOutcome((Attempt) next, good);
      } else {
        x.onOutcome(first, good);
      }
      x.end(End.COMPLETE);
      if (!whole) {
        wrong.incrementAndGet();
      }
      seen[isOne ? 0 : 1].incrementAndGet();
    }
  }

  private static boolean isWhole(Exchange x, Attempt attempt, boolean one) {
    String name = one ? "one" : "two";
    long left = x.deadlineNanos() - x.startNanos();
    return Objects.requireNonNull(x.facts().cluster).name().equals(name)
        && Objects.requireNonNull(attempt.endpoint()).port() == (one ? 1 : 2)
        && name.equals(x.head().header("x-config"))
        && Math.abs(left - ofSeconds(one ? 10 : 20).toNanos()) < ofMillis(5_000).toNanos();
  }
}
