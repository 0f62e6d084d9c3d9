package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.extension.ContextScope;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Time-outs, delays, deadlines and the context that travels. */
public interface TimePromises extends ClientWorld {
  /** An upstream that answers so late that only a bug waits for it. */
  Duration LATE = Duration.ofSeconds(20);

  private UpstreamServer late(AtomicBoolean gone) {
    return world()
        .server(
            "late",
            (request, reply) -> {
              watch(reply, gone);
              reply.after(LATE, () -> reply.text(200, "late"));
            });
  }

  private static void watch(Responder.Reply reply, AtomicBoolean gone) {
    reply.after(
        Duration.ofMillis(50),
        () -> {
          if (reply.gone()) {
            gone.set(true);
          } else {
            watch(reply, gone);
          }
        });
  }

  @Test
  default void endsAtTheRoutesTimeout() throws Exception {
    AtomicBoolean gone = new AtomicBoolean();
    UpstreamServer late = late(gone);
    world()
        .reviews()
        .endpoint(late.port())
        .routes(Routes.to("reviews", 9080).timeout(Duration.ofMillis(600)));
    world().publish();

    long start = System.nanoTime();
    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(504);
      assertThat(answer.text()).contains("upstream request timeout");
    }
    long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    assertThat(took).isBetween(550L, 10_000L);
    Awaitility.await().atMost(Duration.ofSeconds(10)).untilTrue(gone);
  }

  @Test
  default void triesAnotherEndpointAfterThePerTryTimeout() throws Exception {
    UpstreamServer late = late(new AtomicBoolean());
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(late.port())
        .endpoint(good.port())
        .routes(
            Routes.to("reviews", 9080)
                .timeout(Duration.ofSeconds(15))
                .retries(2, Set.of("gateway-error", "5xx"), Duration.ofSeconds(1)));
    world().publish();

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
    assertThat(late.received()).isNotEmpty();
  }

  @Test
  default void delaysAsTheFaultSays() throws Exception {
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).delay(Duration.ofMillis(500)));
    world().publish();

    long start = System.nanoTime();
    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(Duration.ofMillis(490).toNanos());
    assertThat(good.received()).hasSize(1);
  }

  @Test
  default void abortsAsTheFaultSays() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).routes(Routes.to("reviews", 9080).abort(555));
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(555);
      assertThat(answer.text()).isEqualTo("fault filter abort");
    }
    assertThat(good.connections()).isZero();
  }

  @Test
  default void continuesTheTraceOfTheThread() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    TraceContext trace =
        new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "a=b");

    try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withTrace(trace))) {
      assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    }

    String header = good.last().header("traceparent");
    assertThat(header).startsWith("00-" + trace.traceId() + "-").endsWith("-01");
    assertThat(header).doesNotContain(trace.spanId());
  }

  /** The deadline travels on: what is left of it, in milliseconds. */
  @Test
  default void tellsTheUpstreamHowMuchTimeIsLeft() throws Exception {
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).timeout(Duration.ofSeconds(50)));
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    assertThat(Long.parseLong(good.last().header("x-envoy-expected-rq-timeout-ms")))
        .as("the route's")
        .isBetween(20_000L, 50_000L);
    MeshContext context =
        new MeshContext(null, Clock.SYSTEM.nanos() + Duration.ofSeconds(19).toNanos(), null, null);
    try (ContextScope scope = ContextScope.attach(context)) {
      assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    }
    assertThat(Long.parseLong(good.last().header("x-envoy-expected-rq-timeout-ms")))
        .as("what is left of the caller's")
        .isBetween(1L, 19_000L);
  }

  @Test
  default void keepsTheCallersDeadline() throws Exception {
    UpstreamServer late = late(new AtomicBoolean());
    world().reviews().endpoint(late.port());
    world().publish();
    MeshContext context =
        new MeshContext(null, Clock.SYSTEM.nanos() + Duration.ofMillis(600).toNanos(), null, null);

    long start = System.nanoTime();
    try (ContextScope scope = ContextScope.attach(context)) {
      assertThat(status(Call.get(REVIEWS + "/"))).isEqualTo(504);
    }
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(10).toNanos());
  }
}
