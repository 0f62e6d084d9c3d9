package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.instrumentation.testing.client.Routes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Streams stream, with their flow control, and an exchange lasts until its last message, however
 * that comes about.
 */
interface GrpcStreamPromises extends GrpcPromises {

  @Test
  default void streamsDownIntact() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    Collected answers = new Collected();

    ClientCalls.asyncServerStreamingCall(
        reviews().newCall(Echo.DOWN, CallOptions.DEFAULT), "500", answers);

    assertThat(answers.status()).isEqualTo(Status.OK);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      expected.add("good:" + i);
    }
    assertThat(answers.messages()).isEqualTo(expected);
  }

  @Test
  default void streamsUpIntact() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    Collected answers = new Collected();
    StringBuilder expected = new StringBuilder("good:");

    StreamObserver<String> up =
        ClientCalls.asyncClientStreamingCall(
            reviews().newCall(Echo.UP, CallOptions.DEFAULT), answers);
    for (int i = 0; i < 500; i++) {
      up.onNext("m" + i);
      expected.append('m').append(i).append('|');
    }
    up.onCompleted();

    assertThat(answers.status()).isEqualTo(Status.OK);
    assertThat(answers.messages()).containsExactly(expected.toString());
  }

  @Test
  default void asksForNoMoreThanTheApplicationDoes() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    List<String> messages = new java.util.concurrent.CopyOnWriteArrayList<>();
    CompletableFuture<Status> end = new CompletableFuture<>();
    ClientCall<String, String> call = reviews().newCall(Echo.DOWN, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(String message) {
            messages.add(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(3);
    call.sendMessage("10");
    call.halfClose();

    eventually(() -> assertThat(messages).hasSize(3));
    call.request(2);
    eventually(() -> assertThat(messages).hasSize(5));
    assertThat(end).isNotDone();
    call.request(100);
    assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    assertThat(messages).hasSize(10);
  }

  @Test
  default void bringsHeadersAndTrailers() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    CompletableFuture<Metadata> trailers = new CompletableFuture<>();
    ClientCall<String, String> call = reviews().newCall(Echo.UNARY, CallOptions.DEFAULT);
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("x-application", Metadata.ASCII_STRING_MARSHALLER), "kept");
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata received) {
            trailers.complete(received);
          }
        },
        headers);
    call.request(2);
    call.sendMessage("m");
    call.halfClose();

    Metadata received = trailers.get(20, TimeUnit.SECONDS);
    assertThat(received.get(Metadata.Key.of("x-upstream", Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("good");
    assertThat(good.last().header("x-application")).isEqualTo("kept");
    assertThat(headers.keys())
        .as("the application's own metadata")
        .containsExactly("x-application");
  }

  @Test
  default void holdsItsPlaceUntilTheStreamEnds() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(Routes.to("reviews", 9080).timeout(java.time.Duration.ZERO));
    world().publish();
    ManagedChannel channel = reviews();
    Collected answers = new Collected();

    StreamObserver<String> up =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(Echo.BOTH, CallOptions.DEFAULT), answers);
    up.onNext("a");
    eventually(() -> assertThat(answers.messages()).hasSize(1));
    fails(() -> GrpcWorld.unary(channel, "second"), Status.Code.UNAVAILABLE);
    up.onCompleted();
    eventually(() -> assertThat(GrpcWorld.unary(channel, "third")).isEqualTo("good:third"));
  }

  @Test
  default void endsWhenTheApplicationCancelsAStream() throws Exception {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(Routes.to("reviews", 9080).timeout(java.time.Duration.ZERO));
    world().publish();
    ManagedChannel channel = reviews();
    Collected answers = new Collected();
    ClientCall<String, String> call = channel.newCall(Echo.DOWN, CallOptions.DEFAULT);
    ClientCalls.asyncServerStreamingCall(call, "-1", answers);
    eventually(() -> assertThat(answers.messages()).hasSize(1));

    call.cancel("enough", null);

    assertThat(answers.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    eventually(() -> assertThat(good.cancelled()).isEqualTo(1));
    eventually(() -> assertThat(GrpcWorld.unary(channel, "next")).isEqualTo("good:next"));
  }

  @Test
  default void endsWhenTheApplicationCancelsBeforeAnAnswer() throws Exception {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    Collected answers = new Collected();
    ClientCall<String, String> call = reviews().newCall(Echo.UNARY, CallOptions.DEFAULT);
    ClientCalls.asyncUnaryCall(call, "hang", answers);
    eventually(() -> assertThat(good.messages()).contains("hang"));

    call.cancel("enough", null);

    assertThat(answers.status().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(answers.status().getDescription()).isEqualTo("enough");
    eventually(() -> assertThat(good.cancelled()).isEqualTo(1));
    assertThat(good.seen()).hasSize(1);
  }
}
