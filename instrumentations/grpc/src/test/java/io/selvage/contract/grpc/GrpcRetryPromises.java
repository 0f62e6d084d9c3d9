package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.instrumentation.testing.client.Routes;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Failures are routed around where that is right, and only there. */
interface GrpcRetryPromises extends GrpcPromises {

  @Test
  default void routesAroundADeadEndpoint() {
    Upstream good = world().good("good");
    world().reviews().endpoint(world().deadPort()).endpoint(good.port());
    world().publish();
    ManagedChannel channel = reviews();

    for (int i = 0; i < 6; i++) {
      assertThat(GrpcWorld.unary(channel, "m" + i)).isEqualTo("good:m" + i);
    }
    assertThat(good.seen()).hasSize(6);
  }

  @Test
  default void routesAroundAnEndpointThatIsUnavailable() {
    Upstream failing =
        world().good("failing").failing(Status.UNAVAILABLE.withDescription("not now"));
    Upstream good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    ManagedChannel channel = reviews();

    for (int i = 0; i < 6; i++) {
      assertThat(GrpcWorld.unary(channel, "m" + i)).isEqualTo("good:m" + i);
    }
    assertThat(failing.seen()).isNotEmpty();
    assertThat(failing.last().authority()).isEqualTo("reviews:9080");
  }

  @Test
  default void movesLargeMessagesOnWhileNothingIsConnected() {
    Upstream good = world().good("good");
    world().reviews().endpoint(world().deadPort()).endpoint(good.port());
    world().publish();
    String large = "x".repeat(200_000);

    for (int i = 0; i < 4; i++) {
      assertThat(GrpcWorld.unary(reviews(), large)).isEqualTo("good:" + large);
    }
  }

  @Test
  default void doesNotRepeatWhatIsTooLargeToKeep() {
    Upstream failing = world().good("failing").failing(Status.UNAVAILABLE);
    world().reviews().endpoint(failing.port());
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "x".repeat(200_000)), Status.Code.UNAVAILABLE);
    assertThat(failing.seen()).hasSize(1);
  }

  @Test
  default void givesUpAfterTheRoutesLimitWithTheServersStatus() {
    Upstream failing =
        world().good("failing").failing(Status.UNAVAILABLE.withDescription("not now"));
    world().reviews().endpoint(failing.port()).routes(Routes.to("reviews", 9080).retries(2));
    world().publish();

    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(() -> GrpcWorld.unary(reviews(), "m")))
        .hasMessageContaining("not now");
    assertThat(failing.seen()).hasSize(3);
  }

  @Test
  default void doesNotRetryOtherStatuses() {
    Upstream failing = world().good("failing").failing(Status.INVALID_ARGUMENT);
    world().reviews().endpoint(failing.port());
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "m"), Status.Code.INVALID_ARGUMENT);
    assertThat(failing.seen()).hasSize(1);
  }

  @Test
  default void neverRetriesAfterAnAnswerBegan() throws Exception {
    Upstream breaking = world().good("breaking");
    world().reviews().endpoint(breaking.port());
    world().publish();
    Collected answers = new Collected();

    ClientCalls.asyncServerStreamingCall(
        reviews().newCall(Echo.DOWN, CallOptions.DEFAULT), "2!UNAVAILABLE", answers);

    assertThat(answers.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(answers.messages()).containsExactly("breaking:0", "breaking:1");
    assertThat(breaking.seen()).hasSize(1);
  }

  @Test
  default void replaysTheMessagesOfAClientStream() throws Exception {
    Upstream failing = world().good("failing").failing(Status.UNAVAILABLE);
    Upstream good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    ManagedChannel channel = reviews();

    for (int i = 0; i < 2; i++) {
      Collected answers = new Collected();
      StreamObserver<String> up =
          ClientCalls.asyncClientStreamingCall(
              channel.newCall(Echo.UP, CallOptions.DEFAULT), answers);
      up.onNext("a");
      up.onNext("b");
      up.onNext("c");
      up.onCompleted();
      assertThat(answers.status()).isEqualTo(Status.OK);
      assertThat(answers.messages()).containsExactly("good:a|b|c|");
    }
    assertThat(failing.seen()).isNotEmpty();
  }

  @Test
  default void doesNotReplayALongClientStream() throws Exception {
    Upstream failing = world().good("failing").failing(Status.UNAVAILABLE);
    world().reviews().endpoint(failing.port());
    world().publish();
    Collected answers = new Collected();
    StreamObserver<String> up =
        ClientCalls.asyncClientStreamingCall(
            reviews().newCall(Echo.UP, CallOptions.DEFAULT), answers);
    for (int i = 0; i < 20; i++) {
      up.onNext("x".repeat(10_000));
    }
    up.onCompleted();

    assertThat(answers.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(failing.seen()).hasSize(1);
  }

  @Test
  default void retriesABidiStreamBeforeItsFirstAnswer() throws Exception {
    Upstream failing = world().good("failing").failing(Status.UNAVAILABLE);
    Upstream good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    ManagedChannel channel = reviews();

    for (int i = 0; i < 2; i++) {
      Collected answers = new Collected();
      StreamObserver<String> up =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(Echo.BOTH, CallOptions.DEFAULT), answers);
      up.onNext("a");
      eventually(() -> assertThat(answers.messages()).containsExactly("good:a"));
      up.onNext("b");
      up.onCompleted();
      assertThat(answers.status()).isEqualTo(Status.OK);
      assertThat(answers.messages()).isEqualTo(List.of("good:a", "good:b"));
    }
  }
}
