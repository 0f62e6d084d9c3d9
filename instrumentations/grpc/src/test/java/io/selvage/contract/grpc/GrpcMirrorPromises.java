package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.instrumentation.testing.client.Routes;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Copies of calls go to a second service, and nobody waits for them. */
interface GrpcMirrorPromises extends GrpcPromises {

  private void mirroringTo(int port, Upstream good) {
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).timeout(Duration.ofSeconds(20)).mirror("ratings", 9080));
    world().sketch().http("ratings", 9080).peer(GrpcWorld.SERVER).http2().endpoint(port);
    world().publish();
  }

  @Test
  default void mirrorsUnaryCallsWithoutWaiting() {
    Upstream good = world().good("good");
    Upstream copy = world().good("copy").behaving(call -> LockSupport.parkNanos(3_000_000_000L));
    mirroringTo(copy.port(), good);

    long start = System.nanoTime();
    assertThat(GrpcWorld.unary(reviews(), "m")).isEqualTo("good:m");
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofMillis(2900).toNanos());
    eventually(() -> assertThat(copy.messages()).containsExactly("m"));
    assertThat(copy.last().authority()).isEqualTo("reviews-shadow:9080");
    assertThat(copy.last().method()).isEqualTo("test.Echo/Unary");
    assertThat(copy.last().peer()).isEqualTo(GrpcWorld.CLIENT);
    assertThat(good.last().authority()).isEqualTo("reviews:9080");
    assertThat(good.messages()).containsExactly("m");
  }

  @Test
  default void mirrorsAShortClientStreamWhole() throws Exception {
    Upstream good = world().good("good");
    Upstream copy = world().good("copy");
    mirroringTo(copy.port(), good);

    Collected answers = new Collected();
    StreamObserver<String> up =
        ClientCalls.asyncClientStreamingCall(
            reviews().newCall(Echo.UP, CallOptions.DEFAULT), answers);
    up.onNext("a");
    up.onNext("b");
    up.onCompleted();
    assertThat(answers.status().isOk()).isTrue();
    eventually(() -> assertThat(copy.messages()).containsExactly("a", "b"));
    assertThat(good.messages()).containsExactly("a", "b");
  }

  @Test
  default void leavesOutACopyBeyondTheBound() {
    Upstream good = world().good("good");
    Upstream copy = world().good("copy");
    mirroringTo(copy.port(), good);

    assertThat(GrpcWorld.unary(reviews(), "x".repeat(100_000))).hasSize(100_005);
    eventually(() -> assertThat(world().mesh().engine().mirrorsDropped()).isOne());
    assertThat(copy.seen()).isEmpty();
  }

  @Test
  default void doesNotMindAMirrorThatIsDown() {
    Upstream good = world().good("good");
    mirroringTo(world().deadPort(), good);

    for (int i = 0; i < 3; i++) {
      assertThat(GrpcWorld.unary(reviews(), "m" + i)).isEqualTo("good:m" + i);
    }
  }

  /** A copy is not a child of the application's call. */
  @Test
  default void mirrorsThoughTheApplicationsContextHasEnded() {
    Upstream good = world().good("good");
    Upstream copy = world().good("copy").behaving(call -> LockSupport.parkNanos(300_000_000L));
    mirroringTo(copy.port(), good);

    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() -> assertThat(GrpcWorld.unary(reviews(), "m")).isEqualTo("good:m"));
    context.cancel(null);
    eventually(() -> assertThat(copy.answered()).isOne());
    assertThat(copy.cancelled()).isZero();
  }
}
