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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A snapshot is one thing: whatever is published while a request is under way, all that is decided
 * about it, its retries included, comes from the snapshot that it was begun with.
 */
class SnapshotFlipsTest {
  private static final int REQUESTS = 1_000_000;
  private static final int THREADS = 4;

  /** Flips are due at this rate; requests wait for those that are late. */
  private static final int FLIPS_PER_SECOND = 60;

  /** One request in so many is held until the snapshot has changed at least twice. */
  private static final int HELD = 64;

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
  @Timeout(value = 240, unit = TimeUnit.SECONDS)
  void noRequestSeesTwoSnapshots() throws InterruptedException {
    Engine engine = Engine.builder(MeshTest.NODE).build();
    MeshConfig one = config("one", 1, 2, 10);
    MeshConfig two = config("two", 2, 3, 20);
    engine.publish(one);
    Flips flips = new Flips();
    List<Requests> requests = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      Requests own = new Requests(engine, flips);
      requests.add(own);
      threads.add(new Thread(own));
    }
    Thread publisher = new Thread(() -> flips.keepUp(n -> engine.publish(n % 2 == 0 ? one : two)));
    publisher.start();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    double seconds = flips.end();
    publisher.join();
    int first = requests.stream().mapToInt(r -> r.ones).sum();
    int second = requests.stream().mapToInt(r -> r.twos).sum();
    int across = requests.stream().mapToInt(r -> r.acrossFlips).sum();
    System.out.printf(
        "snapshot: %d requests, %d flips in %.1f s (%.0f/s), %d saw the first and %d the second,"
            + " %d were under way across flips%n",
        REQUESTS, flips.count(), seconds, flips.count() / seconds, first, second, across);
    assertThat(requests).allMatch(r -> r.wrong == 0);
    assertThat(engine.layerFailures()).isEmpty();
    assertThat(flips.count() / seconds).isGreaterThanOrEqualTo(50);
    assertThat(first).isPositive();
    assertThat(second).isPositive();
    assertThat(first + second).isEqualTo(REQUESTS);
    assertThat(across).isGreaterThan(THREADS * flips.count() / 8);
  }

  /** Flips at their rate however slow the machine is: who asks too much waits for them. */
  private static final class Flips {
    private final long start = System.nanoTime();
    private int count;
    private boolean over;

    private synchronized int due() {
      return (int) ((System.nanoTime() - start) / 1e9 * FLIPS_PER_SECOND);
    }

    synchronized int count() {
      return count;
    }

    /** Waits until no flip is late. */
    synchronized void await() {
      try {
        while (count < due()) {
          wait();
        }
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
    }

    /** Returns how many seconds it took. */
    synchronized double end() {
      over = true;
      notifyAll();
      return (System.nanoTime() - start) / 1e9;
    }

    void keepUp(IntConsumer publish) {
      while (isNext()) {
        publish.accept(count() + 1);
        synchronized (this) {
          count++;
          notifyAll();
        }
      }
    }

    private synchronized boolean isNext() {
      try {
        while (!over && count > due()) {
          wait(5);
        }
      } catch (InterruptedException stop) {
        return false;
      }
      return !over;
    }
  }

  /** The requests of one thread. */
  private static final class Requests implements Runnable {
    private record Held(Exchange exchange, Attempt first, boolean one, int since) {}

    private static final Responded BAD = TestAnswer.of(503);
    private static final Responded GOOD = TestAnswer.of(200);
    private final Engine engine;
    private final Flips flips;
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private int ones;
    private int twos;
    private int acrossFlips;
    private int wrong;

    Requests(Engine engine, Flips flips) {
      this.engine = engine;
      this.flips = flips;
    }

    @Override
    public void run() {
      for (int i = 0; i < REQUESTS / THREADS; i++) {
        request(i % HELD == 0);
        if (i % HELD == 0) {
          flips.await();
          int now = flips.count();
          while (!held.isEmpty() && now - held.peek().since >= 2) {
            acrossFlips++;
            finish(held.remove());
          }
        }
      }
      held.forEach(this::finish);
    }

    private void request(boolean hold) {
      Exchange x =
          engine.outbound(TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
      Attempt first = (Attempt) x.begin();
      boolean one = Objects.requireNonNull(x.facts().route).name().equals("one");
      ones += one ? 1 : 0;
      twos += one ? 0 : 1;
      judge(isWhole(x, first, one));
      if (hold) {
        held.add(new Held(x, first, one, flips.count()));
      } else {
        x.onOutcome(first, GOOD);
        x.end(End.COMPLETE);
      }
    }

    /** A retry, long after another snapshot is in force. */
    private void finish(Held one) {
      Exchange x = one.exchange;
      Action next = x.onOutcome(one.first, BAD);
      while (!(next instanceof Attempt)) {
        next = x.onTime();
      }
      judge(isWhole(x, (Attempt) next, one.one));
      x.onOutcome((Attempt) next, GOOD);
      x.end(End.COMPLETE);
    }

    private void judge(boolean whole) {
      wrong += whole ? 0 : 1;
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
