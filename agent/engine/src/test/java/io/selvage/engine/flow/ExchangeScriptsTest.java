package io.selvage.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random event scripts over the machine: reports, time, cancels and ends in any order, twice and
 * late.
 */
class ExchangeScriptsTest {
  private static final int SCRIPTS = 200_000;

  @Test
  void everyScriptKeepsTheInvariants() {
    for (int seed = 0; seed < SCRIPTS; seed++) {
      new Script(seed, false).run();
    }
  }

  @Test
  void everyScriptKeepsTheInvariantsWhenLayersThrow() {
    for (int seed = 0; seed < SCRIPTS / 4; seed++) {
      new Script(seed, true).run();
    }
  }

  private static final class Script {
    private final int seed;
    private final SplittableRandom random;
    private final boolean throwing;
    private final VirtualTime time = new VirtualTime();
    private final List<Attempt> sent = new ArrayList<>();
    private final List<Attempt> aborted = new ArrayList<>();
    private final List<Outcome> delivered = new ArrayList<>();
    private final List<Counting> layers = new ArrayList<>();
    private final List<CountingAttempt> attemptLayers = new ArrayList<>();
    private final int limit;
    private final boolean hedging;
    private final CompletableFuture<String> event = new CompletableFuture<>();
    private long deadline = Long.MAX_VALUE;
    private int permits;
    private boolean sentLate;
    private @Nullable Exchange exchange;

    Script(int seed, boolean throwing) {
      this.seed = seed;
      this.throwing = throwing;
      this.random = new SplittableRandom(seed);
      this.limit = random.nextInt(4);
      this.hedging = random.nextInt(3) == 0;
    }

    void run() {
      Stack.Builder stack = Stack.builder();
      int n = 1 + random.nextInt(4);
      for (int i = 0; i < n; i++) {
        Counting layer = new Counting();
        layers.add(layer);
        stack.layer(layer);
      }
      stack.attempts(new Retrying());
      for (int i = 0; i < 2; i++) {
        CountingAttempt layer = new CountingAttempt();
        attemptLayers.add(layer);
        stack.attempt(layer);
      }
      Exchange x =
          new Exchange(stack.build(), time, TestHead.get("a", "/"), new Facts((layer, bug) -> {}));
      exchange = x;
      boolean telling = random.nextBoolean();
      AsyncTransport transport =
          new AsyncTransport() {
            @Override
            public void send(Attempt attempt, Reports to) {
              Script.this.send(attempt, to);
            }

            @Override
            public boolean tellsActivity() {
              return telling;
            }
          };
      AsyncDriver driver = new AsyncDriver(x, transport, time, delivered::add);
      driver.start();
      int events = random.nextInt(12);
      for (int i = 0; i < events; i++) {
        step(driver);
      }
      finish(x, driver);
    }

    private void send(Attempt attempt, AsyncTransport.Reports to) {
      sentLate |= time.nanos() >= deadline;
      sent.add(attempt);
      attempt.onAbort(() -> aborted.add(attempt));
      if (random.nextInt(6) == 0) {
        to.report(attempt, answer());
      }
    }

    private void step(AsyncDriver driver) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          if (!sent.isEmpty()) {
            driver.report(sent.get(random.nextInt(sent.size())), answer());
          }
        }
        case 3, 4 -> time.advanceTo(time.nanos() + random.nextInt(60));
        case 5 -> {
          event.complete("here");
          if (exchange != null) {
            exchange.active();
          }
        }
        case 6 -> {
          if (random.nextInt(4) == 0) {
            driver.cancel();
          }
        }
        default -> {
          if (random.nextInt(4) == 0) {
            driver.end(random.nextBoolean() ? End.COMPLETE : End.ABORTED);
          }
        }
      }
    }

    private Outcome answer() {
      return switch (random.nextInt(4)) {
        case 0 -> TestAnswer.of(200);
        case 1 -> TestAnswer.of(503);
        case 2 -> new Failed(Failed.Kind.CONNECT, null);
        default -> new Failed(Failed.Kind.CANCELLED, null);
      };
    }

    private void finish(Exchange x, AsyncDriver driver) {
      if (random.nextBoolean()) {
        driver.cancel();
      }
      driver.end(End.COMPLETE);
      driver.end(End.COMPLETE);
      time.advanceTo(time.nanos() + 10_000);
      for (Attempt late : List.copyOf(sent)) {
        driver.report(late, answer());
      }
      String script = "seed " + seed;
      assertThat(delivered).as(script).hasSizeLessThanOrEqualTo(1);
      assertThat(x.outcome()).as(script).isNotNull();
      assertThat(permits).as(script).isZero();
      assertThat(time.armed()).as(script).isZero();
      assertThat(sent.size()).as(script).isLessThanOrEqualTo(limit + 1);
      assertThat(sentLate).as(script).isFalse();
      for (Counting layer : layers) {
        assertThat(layer.ends).as(script).isEqualTo(layer.entered ? 1 : 0);
        assertThat(layer.outcomes).as(script).isEqualTo(layer.entered ? 1 : 0);
      }
      for (CountingAttempt layer : attemptLayers) {
        assertThat(layer.ends).as(script).isEqualTo(layer.entries);
      }
      for (Attempt a : sent) {
        boolean won = a == x.currentAttempt() && x.outcome() instanceof Responded;
        assertThat(won || a.isAborted() || a.outcome() != null).as(script).isTrue();
      }
    }

    private void maybeThrow() {
      if (throwing && random.nextInt(10) == 0) {
        throw new IllegalStateException("a bug");
      }
    }

    private final class Counting extends Layer {
      boolean entered;
      int outcomes;
      int ends;

      @Override
      protected @Nullable Action onRequest(Exchange x) {
        int kind = random.nextInt(30);
        if (kind == 0 && !x.resumed()) {
          return new Wait(time.nanos() + 20, null);
        }
        if (kind == 1 && !x.resumed()) {
          return new Wait(time.nanos() + 90, event);
        }
        entered = true;
        if (kind == 2) {
          return Rejection.of(404, 12, "NR", "SELV-6001", "", "");
        }
        if (kind < 6) {
          x.deadlineNanos(time.nanos() + 1 + random.nextInt(100));
          deadline = x.deadlineNanos();
        } else if (kind < 8) {
          x.idleNanos(1 + random.nextInt(80));
        } else if (kind < 10) {
          x.streamUntilNanos(time.nanos() + 1 + random.nextInt(120));
        }
        maybeThrow();
        return PASS;
      }

      @Override
      protected void onOutcome(Exchange x, Outcome outcome) {
        outcomes++;
        maybeThrow();
      }

      @Override
      protected void onEnd(Exchange x, End end) {
        ends++;
        maybeThrow();
      }
    }

    private final class CountingAttempt extends AttemptLayer {
      int entries;
      int ends;

      @Override
      protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
        entries++;
        permits++;
        if (random.nextInt(20) == 0) {
          return Rejection.of(503, 14, "UO", "SELV-6002", "", "");
        }
        a.deadlineNanos(Math.min(a.deadlineNanos(), time.nanos() + 1 + random.nextInt(50)));
        if (random.nextInt(6) == 0) {
          a.streamUntilNanos(time.nanos() + 1 + random.nextInt(60));
          a.idleNanos(1 + random.nextInt(40));
        }
        maybeThrow();
        return PASS;
      }

      @Override
      protected void onEnd(Exchange x, Attempt a, End end) {
        ends++;
        permits--;
        maybeThrow();
      }
    }

    private final class Retrying extends AttemptsLayer {
      @Override
      protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
        maybeThrow();
        if (outcome instanceof Responded r && r.head().status() == 200) {
          return FINAL;
        }
        if (x.anotherInFlight(a) || x.isRetryPending()) {
          return x.await();
        }
        return x.attempts() <= limit && !a.wasRetried() ? x.again(random.nextInt(30)) : FINAL;
      }

      @Override
      protected Action onOverdue(Exchange x, Attempt a) {
        maybeThrow();
        if (!hedging || x.attempts() > limit || x.now() >= a.streamUntilNanos()) {
          return super.onOverdue(x, a);
        }
        if (random.nextBoolean()) {
          return x.alsoSend();
        }
        x.outlives(a);
        a.retried();
        return x.isRetryPending() ? x.await() : x.again(random.nextInt(20));
      }
    }
  }
}
