package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.CircuitBreakers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Bodies stream, and an exchange lasts until its last byte, however that comes about. */
public interface BodyPromises extends ClientWorld {

  private CompletableFuture<Responder.Reply> streaming() {
    CompletableFuture<Responder.Reply> open = new CompletableFuture<>();
    UpstreamServer server =
        world()
            .server(
                "streaming",
                (request, reply) -> {
                  if (request.path().equals("/stream")) {
                    reply.head(200, Map.of());
                    reply.chunk("first".getBytes(StandardCharsets.UTF_8));
                    open.complete(reply);
                  } else {
                    reply.text(200, "whole");
                  }
                });
    world()
        .reviews()
        .endpoint(server.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();
    return open;
  }

  private void awaitAPermit() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(status(Call.get(REVIEWS + "/other"))).isEqualTo(200));
  }

  @Test
  default void streamsAndHoldsItsPlaceUntilTheLastByte() throws Exception {
    CompletableFuture<Responder.Reply> open = streaming();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/stream"))) {
      assertThat(new String(answer.body().readNBytes(5), StandardCharsets.UTF_8))
          .isEqualTo("first");
      assertThat(status(Call.get(REVIEWS + "/other"))).as("limit is one request").isEqualTo(503);
      open.join().chunk("second".getBytes(StandardCharsets.UTF_8));
      open.join().finish();
      assertThat(answer.text()).isEqualTo("second");
    }
    awaitAPermit();
  }

  @Test
  default void endsWhenTheApplicationDropsTheBody() throws Exception {
    streaming();

    Answer answer = caller().send(Call.get(REVIEWS + "/stream"));
    assertThat(answer.body().readNBytes(5)).hasSize(5);
    assertThat(status(Call.get(REVIEWS + "/other"))).isEqualTo(503);
    answer.close();
    awaitAPermit();
  }

  @Test
  default void endsWhenTheUpstreamBreaksOff() throws Exception {
    CompletableFuture<Responder.Reply> open = streaming();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/stream"))) {
      assertThat(answer.body().readNBytes(5)).hasSize(5);
      open.join().reset();
      assertThatThrownBy(answer::text).isInstanceOf(java.io.IOException.class);
    }
    awaitAPermit();
  }

  @Test
  default void endsWhenTheApplicationCancels() throws Exception {
    needs(Caller.Lacks.CANCEL);
    CountDownLatch arrived = new CountDownLatch(1);
    UpstreamServer silent =
        world()
            .server(
                "silent",
                (request, reply) -> {
                  if (request.path().equals("/silent")) {
                    arrived.countDown();
                  } else {
                    reply.text(200, "whole");
                  }
                });
    world()
        .reviews()
        .endpoint(silent.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO).retries(2));
    world().publish();
    Caller caller = caller();
    Call call = Call.get(REVIEWS + "/silent");

    CompletableFuture<Answer> sent =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return caller.send(call);
              } catch (Exception thrown) {
                throw new java.util.concurrent.CompletionException(thrown);
              }
            },
            command -> new Thread(command, "application").start());
    assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
    call.cancel();

    assertThatThrownBy(() -> sent.get(20, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    awaitAPermit();
    assertThat(silent.received()).filteredOn(r -> r.path().equals("/silent")).hasSize(1);
  }

  @Test
  default void readsLargeAnswersIntact() throws Exception {
    byte[] large = new byte[3_000_000];
    new java.util.Random(3).nextBytes(large);
    UpstreamServer server =
        world().server("large", (request, reply) -> reply.whole(200, Map.of(), large));
    world().reviews().endpoint(server.port());
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/large"))) {
      assertThat(Arrays.equals(answer.body().readAllBytes(), large)).isTrue();
    }
  }
}
