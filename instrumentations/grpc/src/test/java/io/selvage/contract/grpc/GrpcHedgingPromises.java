package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.instrumentation.testing.client.Routes;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Calls beside each other, and what becomes of those that nobody wants any more. */
interface GrpcHedgingPromises extends GrpcPromises {
  private static Upstream.Behaviour pausing(Duration pause) {
    return call -> LockSupport.parkNanos(pause.toNanos());
  }

  private void hedging(Upstream one, Upstream two, Duration perTry) {
    world()
        .reviews()
        .endpoint(one.port())
        .endpoint(two.port())
        .routes(
            Routes.to("reviews", 9080)
                .timeout(Duration.ofSeconds(20))
                .retries(1, Set.of("5xx", "unavailable"), perTry)
                .hedged());
    world().publish();
  }

  @Test
  default void sendsAHedgeBesideACallThatIsOverdue() {
    Upstream slow = world().good("slow").behaving(pausing(Duration.ofSeconds(4)));
    Upstream good = world().good("good");
    hedging(slow, good, Duration.ofMillis(300));

    ManagedChannel channel = reviews();
    for (int i = 0; i < 2; i++) {
      assertThat(GrpcWorld.unary(channel, "m" + i)).isEqualTo("good:m" + i);
    }
    assertThat(slow.seen()).isNotEmpty();
    eventually(() -> assertThat(slow.cancelled()).isPositive());
  }

  @Test
  default void theOverdueCallMayStillWin() {
    Upstream late = world().good("late").behaving(pausing(Duration.ofMillis(1200)));
    Upstream never = world().good("never").behaving(pausing(Duration.ofSeconds(4)));
    hedging(late, never, Duration.ofMillis(200));

    ManagedChannel channel = reviews();
    for (int i = 0; i < 2; i++) {
      assertThat(GrpcWorld.unary(channel, "m" + i)).isEqualTo("late:m" + i);
    }
    assertThat(late.seen()).hasSize(2);
    assertThat(never.seen()).hasSize(2);
  }

  /** Messages that the application sends later reach all attempts that are under way. */
  @Test
  default void hedgesAClientStream() throws Exception {
    Upstream slow = world().good("slow").behaving(pausing(Duration.ofSeconds(4)));
    Upstream good = world().good("good");
    hedging(slow, good, Duration.ofMillis(300));

    for (int i = 0; i < 2; i++) {
      Collected answers = new Collected();
      StreamObserver<String> up =
          ClientCalls.asyncClientStreamingCall(
              reviews().newCall(Echo.UP, CallOptions.DEFAULT), answers);
      up.onNext("a");
      eventually(() -> assertThat(slow.messages().size() + good.messages().size()).isPositive());
      up.onNext("b");
      up.onCompleted();
      assertThat(answers.status().getCode()).isEqualTo(Status.Code.OK);
      assertThat(answers.messages()).containsExactly("good:a|b|");
    }
  }
}
