package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.CircuitBreakers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Attempts beside each other, and what becomes of those that nobody wants any more. */
public interface HedgingPromises extends ClientWorld {
  private Routes hedged(Duration perTry) {
    return Routes.to("reviews", 9080)
        .timeout(Duration.ofSeconds(20))
        .retries(1, Set.of("5xx"), perTry)
        .hedged();
  }

  private static void isGone(ConcurrentLinkedQueue<Responder.Reply> open) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(
            () -> assertThat(open).isNotEmpty().allMatch(Responder.Reply::gone, "was reset"));
  }

  private void nothingIsUnderWay() {
    var cluster =
        Objects.requireNonNull(
            world().mesh().engine().snapshot().cluster(MeshSketch.cluster("reviews", 9080)));
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(
            () -> {
              assertThat(cluster.state().requests).hasValue(0);
              assertThat(cluster.hosts()).allMatch(host -> host.state().inFlight() == 0);
            });
  }

  @Test
  default void sendsAHedgeBesideAnAttemptThatIsOverdue() throws Exception {
    ConcurrentLinkedQueue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer never = world().server("never", (request, reply) -> open.add(reply));
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(never.port())
        .endpoint(good.port())
        .routes(hedged(Duration.ofMillis(300)));
    world().publish();

    for (int i = 0; i < 2 || never.received().isEmpty() && i < 10; i++) {
      assertThat(text(Call.post(REVIEWS + "/" + i, "body"))).isEqualTo("good");
    }
    assertThat(never.received()).isNotEmpty();
    isGone(open);
    nothingIsUnderWay();
  }

  /** What tells a hedge from a retry: the attempt that is overdue goes on. */
  @Test
  default void theOverdueAttemptMayStillWin() throws Exception {
    ConcurrentLinkedQueue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer never = world().server("never", (request, reply) -> open.add(reply));
    UpstreamServer late =
        world()
            .server(
                "late",
                (request, reply) ->
                    reply.after(Duration.ofMillis(1200), () -> reply.text(200, "late")));
    world()
        .reviews()
        .endpoint(never.port())
        .endpoint(late.port())
        .routes(hedged(Duration.ofMillis(200)));
    world().publish();

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("late");
    }
    assertThat(late.received()).hasSize(2);
    assertThat(never.received()).hasSize(2);
    isGone(open);
    nothingIsUnderWay();
  }

  @Test
  default void cancelsAllAttemptsOfAHedgedRequest() throws Exception {
    needs(Caller.Lacks.CANCEL);
    ConcurrentLinkedQueue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer one = world().server("one", (request, reply) -> open.add(reply));
    UpstreamServer two = world().server("two", (request, reply) -> open.add(reply));
    world()
        .reviews()
        .endpoint(one.port())
        .endpoint(two.port())
        .routes(hedged(Duration.ofMillis(200)));
    world().publish();

    Call call = Call.get(REVIEWS + "/");
    CompletableFuture<Answer> sent = sending(call);
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> assertThat(open).hasSize(2));
    call.cancel();
    assertThatThrownBy(() -> sent.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    isGone(open);
    nothingIsUnderWay();
  }

  @Test
  default void resetsTheUpstreamWhenTheApplicationCancels() throws Exception {
    needs(Caller.Lacks.CANCEL);
    ConcurrentLinkedQueue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer silent = world().server("silent", (request, reply) -> open.add(reply));
    world().reviews().endpoint(silent.port());
    world().publish();

    Call call = Call.get(REVIEWS + "/");
    CompletableFuture<Answer> sent = sending(call);
    Awaitility.await()
        .atMost(Duration.ofSeconds(15))
        .untilAsserted(() -> assertThat(open).hasSize(1));
    call.cancel();
    assertThatThrownBy(() -> sent.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    isGone(open);
    nothingIsUnderWay();
  }

  /** While nothing was sent yet, and the library knows nothing of the wait. */
  @Test
  default void endsWhenTheApplicationCancelsDuringADelay() throws Exception {
    needs(Caller.Lacks.CANCEL);
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(
            Routes.to("reviews", 9080).prefix("/slow").delay(Duration.ofSeconds(50)),
            Routes.to("reviews", 9080));
    world().publish();
    assertThat(text(Call.get(REVIEWS + "/warm"))).isEqualTo("good");

    Call call = Call.get(REVIEWS + "/slow").timeout(Duration.ofSeconds(59));
    CompletableFuture<Answer> sent = sending(call);
    Awaitility.await()
        .pollDelay(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(10))
        .until(() -> !sent.isDone());
    call.cancel();
    assertThatThrownBy(() -> sent.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    assertThat(good.received()).hasSize(1);
    nothingIsUnderWay();
  }

  /** A thread that waits for the mesh, here for the end of a delay, can be interrupted. */
  @Test
  default void endsWhenTheThreadIsInterrupted() throws Exception {
    needs(Caller.Lacks.INTERRUPT);
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(
            Routes.to("reviews", 9080).prefix("/slow").delay(Duration.ofSeconds(60)),
            Routes.to("reviews", 9080));
    world().publish();
    Caller caller = caller();
    assertThat(text(Call.get(REVIEWS + "/warm"))).isEqualTo("good");

    CompletableFuture<Answer> sent = new CompletableFuture<>();
    CountDownLatch started = new CountDownLatch(1);
    Thread application =
        new Thread(
            () -> {
              started.countDown();
              try {
                sent.complete(caller.send(Call.get(REVIEWS + "/slow")));
              } catch (Exception thrown) {
                sent.completeExceptionally(thrown);
              }
            },
            "application");
    application.start();
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                application.getState() == Thread.State.TIMED_WAITING
                    || application.getState() == Thread.State.WAITING);
    application.interrupt();
    assertThatThrownBy(() -> sent.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    assertThat(text(Call.get(REVIEWS + "/next"))).isEqualTo("good");
    nothingIsUnderWay();
  }

  @Test
  default void endsABodyThatPausesLongerThanAnAttemptMay() throws Exception {
    ConcurrentLinkedQueue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer pausing =
        world()
            .server(
                "pausing",
                (request, reply) -> {
                  if (request.path().equals("/warm")) {
                    reply.text(200, "warm");
                    return;
                  }
                  reply.head(200, Map.of());
                  reply.chunk("first".getBytes(StandardCharsets.UTF_8));
                  open.add(reply);
                });
    world()
        .reviews()
        .endpoint(pausing.port())
        .routes(
            Routes.to("reviews", 9080).prefix("/warm").timeout(Duration.ZERO),
            Routes.to("reviews", 9080).timeout(Duration.ZERO).perTryIdle(Duration.ofMillis(1500)));
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/warm"))).isEqualTo("warm");
    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body().readNBytes(5)).hasSize(5);
      assertThatThrownBy(answer::text).isInstanceOf(java.io.IOException.class);
    }
    isGone(open);
    nothingIsUnderWay();
  }

  private CompletableFuture<Answer> sending(Call call) {
    Caller caller = caller();
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return caller.send(call);
          } catch (Exception thrown) {
            throw new CompletionException(thrown);
          }
        },
        command -> new Thread(command, "application").start());
  }
}
