package io.selvage.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The same exchange under both drivers. */
class DriversTest {
  private final VirtualTime time = new VirtualTime();
  private final List<Long> slept = new ArrayList<>();
  private final BlockingDriver blocking =
      new BlockingDriver(
          (until, wait) -> {
            slept.add(until - time.nanos());
            time.advanceTo(until);
          },
          time);

  private static final class RetryTwice extends AttemptsLayer {
    @Override
    protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
      boolean good = outcome instanceof Responded r && r.head().status() == 200;
      return good || x.attempts() > 2 ? FINAL : x.again(25_000_000);
    }
  }

  private static final class Delay extends Layer {
    @Override
    protected @Nullable Action onRequest(Exchange x) {
      return x.resumed() ? PASS : x.waitFor(Duration.ofMillis(40));
    }
  }

  private static final class Deadline extends Layer {
    private final Duration after;

    Deadline(Duration after) {
      this.after = after;
    }

    @Override
    protected @Nullable Action onRequest(Exchange x) {
      x.deadlineNanos(x.now() + after.toNanos());
      return PASS;
    }
  }

  private final class Scripted implements Transport {
    final Deque<Outcome> answers = new ArrayDeque<>();
    final List<Outcome> discarded = new ArrayList<>();
    int sends;

    Scripted(Outcome... outcomes) {
      answers.addAll(List.of(outcomes));
    }

    @Override
    public Outcome send(Attempt attempt) {
      sends++;
      return answers.removeFirst();
    }

    @Override
    public void discard(Outcome outcome) {
      discarded.add(outcome);
    }
  }

  private Exchange exchange(Stack.Builder stack) {
    return new Exchange(stack.build(), time, TestHead.get("a", "/"), new Facts((l, bug) -> {}));
  }

  @Test
  void blockingDriverSleepsExactlyDelayAndBackOff() throws InterruptedException {
    Exchange x = exchange(Stack.builder().layer(new Delay()).attempts(new RetryTwice()));
    Outcome bad = TestAnswer.of(503);
    Scripted transport = new Scripted(bad, TestAnswer.of(200));
    Outcome outcome = blocking.run(x, transport);
    assertThat(((Responded) outcome).head().status()).isEqualTo(200);
    assertThat(slept).containsExactly(40_000_000L, 25_000_000L);
    assertThat(transport.discarded).containsExactly(bad);
    assertThat(x.isEnded()).isFalse();
    x.end(End.COMPLETE);
    assertThat(time.armed()).isZero();
  }

  @Test
  void blockingDriverAbortsAnOverdueCall() throws InterruptedException {
    Exchange x = exchange(Stack.builder().layer(new Deadline(Duration.ofMillis(10))));
    Transport hanging =
        new Transport() {
          @Override
          public Outcome send(Attempt attempt) {
            Failed[] failure = new Failed[1];
            attempt.onAbort(() -> failure[0] = new Failed(Failed.Kind.CANCELLED, null));
            time.advance(Duration.ofMillis(10)); // the library waits, the wheel goes on
            return failure[0] == null ? TestAnswer.of(200) : failure[0];
          }

          @Override
          public void discard(Outcome outcome) {}
        };
    assertThat(blocking.run(x, hanging)).isEqualTo(new Failed(Failed.Kind.TIMEOUT, null));
    assertThat(x.isEnded()).isTrue();
    assertThat(time.armed()).isZero();
  }

  @Test
  void blockingDriverWatchesTheBodyUntilItsEnd() throws InterruptedException {
    Exchange x = exchange(Stack.builder().layer(new Deadline(Duration.ofMillis(10))));
    List<Attempt> attempts = new ArrayList<>();
    Transport transport =
        new Transport() {
          @Override
          public Outcome send(Attempt attempt) {
            attempts.add(attempt);
            return TestAnswer.of(200);
          }

          @Override
          public void discard(Outcome outcome) {}
        };
    blocking.run(x, transport);
    assertThat(time.armed()).isOne();
    time.advance(Duration.ofMillis(10));
    assertThat(attempts.get(0).isAborted()).isTrue();
    x.end(End.ABORTED);
    assertThat(time.armed()).isZero();
  }

  @Test
  void transportThatThrowsIsAFailure() throws InterruptedException {
    Exchange x = exchange(Stack.builder());
    RuntimeException bug = new IllegalStateException("a codec's bug");
    Transport broken =
        new Transport() {
          @Override
          public Outcome send(Attempt attempt) {
            throw bug;
          }

          @Override
          public void discard(Outcome outcome) {}
        };
    assertThat(blocking.run(x, broken)).isEqualTo(new Failed(Failed.Kind.LOCAL, bug));
    List<Outcome> delivered = new ArrayList<>();
    AsyncTransport alsoBroken =
        (attempt, to) -> {
          throw bug;
        };
    new AsyncDriver(exchange(Stack.builder()), alsoBroken, time, delivered::add).start();
    assertThat(delivered).containsExactly(new Failed(Failed.Kind.LOCAL, bug));
  }

  @Test
  void interruptEndsTheExchange() {
    Exchange x = exchange(Stack.builder().layer(new Delay()));
    BlockingDriver interrupted =
        new BlockingDriver(
            (until, wait) -> {
              throw new InterruptedException();
            });
    assertThatThrownBy(() -> interrupted.run(x, new Scripted()))
        .isInstanceOf(InterruptedException.class);
    assertThat(x.isEnded()).isTrue();
    assertThat(((Failed) java.util.Objects.requireNonNull(x.outcome())).kind())
        .isEqualTo(Failed.Kind.CANCELLED);
  }

  @Test
  void waitOnAnEventEndsWithTheEvent() {
    CompletableFuture<String> event = new CompletableFuture<>();
    Layer waiting =
        new Layer() {
          @Override
          protected @Nullable Action onRequest(Exchange x) {
            return x.resumed() ? PASS : new Wait(x.now() + 1_000_000_000, event);
          }
        };
    List<Attempt> sent = new ArrayList<>();
    Exchange x = exchange(Stack.builder().layer(waiting));
    new AsyncDriver(x, (attempt, to) -> sent.add(attempt), time, o -> {}).start();
    assertThat(sent).isEmpty();
    event.complete("here");
    time.advance(Duration.ZERO);
    assertThat(sent).as("on the timer's thread, not on the event's").hasSize(1);
    time.advance(Duration.ofSeconds(5));
    assertThat(sent).hasSize(1);
    assertThat(time.armed()).isZero();
  }

  @Test
  void earlyWakeUpKeepsWaiting() {
    Exchange x = exchange(Stack.builder().layer(new Delay()));
    Action first = x.begin();
    assertThat(x.onTime()).isSameAs(first);
    time.advance(Duration.ofMillis(40));
    assertThat(x.onTime()).isInstanceOf(Attempt.class);
  }

  @Test
  void repeatedReportOfTheWinnerDoesNotEndIt() {
    int[] ends = {0};
    AttemptLayer counting =
        new AttemptLayer() {
          @Override
          protected void onEnd(Exchange x, Attempt a, End end) {
            ends[0]++;
          }
        };
    Exchange x = exchange(Stack.builder().attempt(counting));
    Attempt attempt = (Attempt) x.begin();
    Outcome answer = TestAnswer.of(200);
    assertThat(x.onOutcome(attempt, answer)).isSameAs(answer);
    assertThat(x.onOutcome(attempt, answer)).isInstanceOf(Wait.class);
    assertThat(ends[0]).isZero();
    x.end(End.COMPLETE);
    assertThat(ends[0]).isOne();
  }

  @Test
  void hedgeWinsAndTheLoserIsReleasedAtOnce() {
    List<Attempt> aborted = new ArrayList<>();
    List<Attempt> sent = new ArrayList<>();
    int[] held = {0};
    AttemptLayer permit =
        new AttemptLayer() {
          @Override
          protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
            held[0]++;
            a.deadlineNanos(x.now() + 10_000_000);
            return PASS;
          }

          @Override
          protected void onEnd(Exchange x, Attempt a, End end) {
            held[0]--;
          }
        };
    AttemptsLayer hedging =
        new AttemptsLayer() {
          @Override
          protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
            return FINAL;
          }

          @Override
          protected Action onOverdue(Exchange x, Attempt a) {
            return x.attempts() < 2 ? x.alsoSend() : super.onOverdue(x, a);
          }
        };
    List<Outcome> delivered = new ArrayList<>();
    Exchange x = exchange(Stack.builder().attempts(hedging).attempt(permit));
    AsyncDriver driver =
        new AsyncDriver(
            x,
            (attempt, to) -> {
              sent.add(attempt);
              attempt.onAbort(() -> aborted.add(attempt));
            },
            time,
            delivered::add);
    driver.start();
    time.advance(Duration.ofMillis(10));
    assertThat(sent).hasSize(2);
    assertThat(held[0]).isEqualTo(2);
    assertThat(driver.report(sent.get(0), TestAnswer.of(200))).isTrue();
    assertThat(aborted).containsExactly(sent.get(1));
    assertThat(held[0]).isOne();
    assertThat(driver.report(sent.get(1), TestAnswer.of(200))).isFalse();
    driver.end(End.COMPLETE);
    assertThat(held[0]).isZero();
    assertThat(delivered).hasSize(1);
  }

  @Test
  void abortRunsOutsideTheDriversLock() throws InterruptedException {
    Exchange x = exchange(Stack.builder());
    List<Outcome> delivered = new ArrayList<>();
    AsyncDriver[] driver = new AsyncDriver[1];
    CompletableFuture<Boolean> reported = new CompletableFuture<>();
    driver[0] =
        new AsyncDriver(
            x,
            (attempt, to) ->
                attempt.onAbort(
                    () -> {
                      // as a library does: another thread reports while the abort waits for it
                      Thread other =
                          new Thread(
                              () ->
                                  reported.complete(
                                      to.report(attempt, new Failed(Failed.Kind.CANCELLED, null))));
                      other.setDaemon(true);
                      other.start();
                      try {
                        other.join(20_000);
                      } catch (InterruptedException unexpected) {
                        Thread.currentThread().interrupt();
                      }
                    }),
            time,
            delivered::add);
    driver[0].start();
    driver[0].cancel();
    assertThat(reported).isCompletedWithValue(false);
    assertThat(delivered).hasSize(1);
  }
}
