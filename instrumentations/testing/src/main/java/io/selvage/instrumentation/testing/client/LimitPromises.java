package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.ConnectionLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a cluster says of its connections really limits the library's pool. */
public interface LimitPromises extends ClientWorld {
  private static ConnectionLimits limits(
      int requests, int streams, @Nullable Duration idle, @Nullable Duration duration) {
    return new ConnectionLimits(
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        requests,
        streams,
        null,
        idle,
        duration,
        null,
        null);
  }

  private boolean http2() {
    return protocol().startsWith("HTTP/2");
  }

  private UpstreamServer holding(Queue<Responder.Reply> open) {
    return world().server("holding", (request, reply) -> open.add(reply));
  }

  private List<CompletableFuture<Integer>> callsAtOnce(int count) {
    Caller caller = caller();
    List<CompletableFuture<Integer>> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Call call = Call.get(REVIEWS + "/" + i);
      calls.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (Answer answer = caller.send(call)) {
                  answer.text();
                  return answer.status();
                } catch (Exception thrown) {
                  throw new CompletionException(thrown);
                }
              },
              task -> new Thread(task, "application").start()));
    }
    return calls;
  }

  private static void eventually(Runnable assertion) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(assertion::run);
  }

  /** Two connections and two that wait: of eight requests four are refused at once. */
  @Test
  default void opensNoMoreConnectionsThanAllowed() throws Exception {
    Queue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer holding = holding(open);
    world()
        .reviews()
        .endpoint(holding.port())
        .breakers(new CircuitBreakers(2, 2, 1024, 3, null))
        .connections(limits(0, http2() ? 1 : 0, null, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();

    List<CompletableFuture<Integer>> calls = callsAtOnce(8);
    eventually(() -> assertThat(calls.stream().filter(CompletableFuture::isDone)).hasSize(4));
    eventually(() -> assertThat(open).hasSize(2));
    assertThat(holding.connections()).isEqualTo(2);
    holding.answers(Responder.named("late"));
    open.forEach(reply -> reply.text(200, "first"));

    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<Integer> call : calls) {
      statuses.add(call.get(20, TimeUnit.SECONDS));
    }
    assertThat(statuses).filteredOn(status -> status == 200).hasSize(4);
    assertThat(statuses).filteredOn(status -> status == 503).hasSize(4);
    assertThat(holding.connections()).isEqualTo(2);
    assertThat(holding.handshakes()).isEqualTo(2);
  }

  @Test
  default void givesItsTurnBackWhenTheWaitIsTooLong() throws Exception {
    Queue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer holding = holding(open);
    world()
        .reviews()
        .endpoint(holding.port())
        .breakers(new CircuitBreakers(1, 1, 1024, 3, null))
        .connections(limits(0, http2() ? 1 : 0, null, null))
        .routes(
            Routes.to("reviews", 9080).prefix("/0").timeout(Duration.ZERO),
            Routes.to("reviews", 9080).timeout(Duration.ofMillis(400)));
    world().publish();

    CompletableFuture<Integer> first = callsAtOnce(1).get(0);
    eventually(() -> assertThat(open).hasSize(1));
    assertThat(status(Call.get(REVIEWS + "/1"))).as("waits, and its time is over").isEqualTo(504);
    assertThat(status(Call.get(REVIEWS + "/2"))).as("the queue is empty again").isEqualTo(504);
    assertThat(holding.received()).hasSize(1);
    open.forEach(reply -> reply.text(200, "first"));
    assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo(200);
    holding.answers(Responder.named("free"));
    assertThat(text(Call.get(REVIEWS + "/3"))).isEqualTo("free");
  }

  @Test
  default void sendsNoMoreRequestsOverAConnectionThanAllowed() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).connections(limits(2, 0, null, null));
    world().publish();

    for (int i = 0; i < 6; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
    assertThat(good.connections()).isEqualTo(3);
    assertThat(
            good.received().stream()
                .collect(Collectors.groupingBy(Received::connection, Collectors.counting())))
        .allSatisfy((connection, requests) -> assertThat(requests).isLessThanOrEqualTo(2));
    eventually(() -> assertThat(good.open()).as("all three are over").isZero());
  }

  @Test
  default void closesIdleConnections() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).connections(limits(0, 0, Duration.ofMillis(700), null));
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/1"))).isEqualTo("good");
    assertThat(text(Call.get(REVIEWS + "/2"))).isEqualTo("good");
    eventually(() -> assertThat(good.open()).isZero());
    assertThat(text(Call.get(REVIEWS + "/3"))).isEqualTo("good");
  }

  @Test
  default void leavesConnectionsThatAreTooOld() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).connections(limits(0, 0, null, Duration.ofMillis(300)));
    world().publish();

    eventually(
        () -> {
          try {
            assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
          } catch (Exception thrown) {
            throw new IllegalStateException(thrown);
          }
          assertThat(good.connections()).isGreaterThan(2);
        });
    eventually(() -> assertThat(good.open()).isZero());
  }

  @Test
  default void sendsNoMoreStreamsAtOnceThanAllowed() throws Exception {
    org.junit.jupiter.api.Assumptions.assumeTrue(http2(), "HTTP/1.1 has no streams");
    Queue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer holding = holding(open);
    world()
        .reviews()
        .endpoint(holding.port())
        .connections(limits(0, 2, null, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();

    List<CompletableFuture<Integer>> calls = callsAtOnce(6);
    eventually(() -> assertThat(open).hasSize(6));
    assertThat(
            holding.received().stream()
                .collect(Collectors.groupingBy(Received::connection, Collectors.counting())))
        .allSatisfy((connection, streams) -> assertThat(streams).isLessThanOrEqualTo(2));
    open.forEach(reply -> reply.text(200, "answer"));
    for (CompletableFuture<Integer> call : calls) {
      assertThat(call.get(20, TimeUnit.SECONDS)).isEqualTo(200);
    }
  }

  private static ConnectionLimits probed() {
    return new ConnectionLimits(
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        0,
        0,
        null,
        null,
        null,
        new ConnectionLimits.TcpKeepalive(3, Duration.ofSeconds(1_000), Duration.ofSeconds(10)),
        null);
  }

  @Test
  default void probesIdleConnections() throws Exception {
    UpstreamServer good = world().good("good");
    UpstreamServer plain = world().good("plain");
    world().reviews().endpoint(good.port()).connections(probed());
    MeshSketch.Svc ratings =
        world().sketch().http("ratings", 9080).peer(ClientFixture.SERVER).endpoint(plain.port());
    if (http2()) {
      ratings.http2();
    }
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    assertThat(text(Call.get("http://ratings:9080/"))).isEqualTo("plain");
    eventually(
        () ->
            assertThat(TcpTimers.keepaliveTo(good.port()))
                .isNotEmpty()
                .allSatisfy(seconds -> assertThat(seconds).isBetween(900L, 1_000L)));
    assertThat(TcpTimers.keepaliveTo(plain.port()))
        .as("where nothing is asked the library decides")
        .noneSatisfy(seconds -> assertThat(seconds).isLessThanOrEqualTo(1_000L));
  }

  /** One endpoint's limit, whatever the cluster still allows. */
  @Test
  default void opensNoMoreConnectionsToAnEndpointThanAllowed() throws Exception {
    Queue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer holding = holding(open);
    world()
        .reviews()
        .endpoint(holding.port())
        .breakers(new CircuitBreakers(1024, 1024, 1024, 3, null, 2, null))
        .connections(limits(0, http2() ? 1 : 0, null, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();

    List<CompletableFuture<Integer>> calls = callsAtOnce(5);
    eventually(() -> assertThat(calls.stream().filter(CompletableFuture::isDone)).hasSize(3));
    eventually(() -> assertThat(open).hasSize(2));
    assertThat(holding.connections()).isEqualTo(2);
    open.forEach(reply -> reply.text(200, "first"));
    List<Integer> statuses = new ArrayList<>();
    for (CompletableFuture<Integer> call : calls) {
      statuses.add(call.get(20, TimeUnit.SECONDS));
    }
    assertThat(statuses).filteredOn(status -> status == 200).hasSize(2);
    assertThat(statuses).filteredOn(status -> status == 503).hasSize(3);
  }

  /** A hedge is one connection more, and is left out where there is none. */
  @Test
  default void hedgesWithinTheLimitOfConnections() throws Exception {
    UpstreamServer late =
        world()
            .server(
                "late",
                (request, reply) ->
                    reply.after(Duration.ofMillis(1_500), () -> reply.text(200, "late")));
    world()
        .reviews()
        .endpoint(late.port())
        .breakers(new CircuitBreakers(1, 8, 1024, 3, null))
        .connections(limits(0, http2() ? 1 : 0, null, null))
        .routes(
            Routes.to("reviews", 9080)
                .timeout(Duration.ofSeconds(20))
                .retries(1, java.util.Set.of("5xx"), Duration.ofMillis(300))
                .hedged());
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("late");
    assertThat(late.received()).hasSize(1);
    assertThat(late.connections()).isEqualTo(1);
  }
}
