package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.extension.ContextScope;
import io.selvage.instrumentation.testing.client.Routes;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Time-outs, delays, deadlines and the context that travels. */
interface GrpcTimePromises extends GrpcPromises {

  @Test
  default void endsAtTheRoutesTimeout() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).timeout(Duration.ofMillis(600)));
    world().publish();

    long start = System.nanoTime();
    fails(() -> GrpcWorld.unary(reviews(), "hang"), Status.Code.DEADLINE_EXCEEDED);
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(550L, 10_000L);
    eventually(() -> assertThat(good.cancelled()).isEqualTo(1));
    assertThat(good.last().remainingMillis()).as("grpc-timeout").isLessThanOrEqualTo(600);
  }

  @Test
  default void keepsTheApplicationsDeadline() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).timeout(Duration.ofSeconds(60)));
    world().publish();

    long start = System.nanoTime();
    fails(
        () ->
            GrpcWorld.unary(
                reviews(),
                CallOptions.DEFAULT.withDeadlineAfter(600, TimeUnit.MILLISECONDS),
                "hang"),
        Status.Code.DEADLINE_EXCEEDED);
    assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isBetween(500L, 10_000L);
  }

  @Test
  default void keepsTheCallersDeadline() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    MeshContext context =
        new MeshContext(null, Clock.SYSTEM.nanos() + Duration.ofMillis(600).toNanos(), null, null);

    long start = System.nanoTime();
    try (ContextScope scope = ContextScope.attach(context)) {
      fails(() -> GrpcWorld.unary(reviews(), "hang"), Status.Code.DEADLINE_EXCEEDED);
    }
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(10).toNanos());
  }

  @Test
  default void triesAnotherEndpointAfterThePerTryTimeout() {
    Upstream late =
        world()
            .good("late")
            .behaving(call -> java.util.concurrent.locks.LockSupport.parkNanos(5_000_000_000L));
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(late.port())
        .endpoint(good.port())
        .routes(
            Routes.to("reviews", 9080)
                .timeout(Duration.ofSeconds(15))
                .retries(2, Set.of("gateway-error", "5xx"), Duration.ofMillis(800)));
    world().publish();

    for (int i = 0; i < 2; i++) {
      assertThat(GrpcWorld.unary(reviews(), "m")).isEqualTo("good:m");
    }
    assertThat(late.seen()).isNotEmpty();
  }

  @Test
  default void delaysAsTheFaultSays() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).delay(Duration.ofMillis(500)));
    world().publish();

    long start = System.nanoTime();
    assertThat(GrpcWorld.unary(reviews(), "m")).isEqualTo("good:m");
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(Duration.ofMillis(490).toNanos());
  }

  @Test
  default void abortsAsTheFaultSays() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port()).routes(Routes.to("reviews", 9080).abort(503));
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "m"), Status.Code.UNAVAILABLE);
    Collected answers = new Collected();
    ClientCalls.asyncUnaryCall(reviews().newCall(Echo.UNARY, CallOptions.DEFAULT), "m", answers);
    assertThat(answers.status().getDescription()).isEqualTo("fault filter abort");
    assertThat(good.connections()).isZero();
  }

  @Test
  default void continuesTheTraceOfTheThread() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    TraceContext trace =
        new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "a=b");

    try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withTrace(trace))) {
      GrpcWorld.unary(reviews(), "m");
    }

    String header = good.last().header("traceparent");
    assertThat(header).startsWith("00-" + trace.traceId() + "-").endsWith("-01");
    assertThat(header).doesNotContain(trace.spanId());
  }
}
