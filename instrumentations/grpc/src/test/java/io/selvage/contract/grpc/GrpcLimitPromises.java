package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.instrumentation.testing.client.Routes;
import io.selvage.instrumentation.testing.client.TcpTimers;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a cluster says of its connections limits the channel's. */
interface GrpcLimitPromises extends GrpcPromises {
  private static ConnectionLimits limits(int requests, int streams, Duration idle) {
    return new ConnectionLimits(
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        requests,
        streams,
        null,
        idle,
        null,
        null,
        null);
  }

  @Test
  default void sendsNoMoreCallsOverAConnectionThanAllowed() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port()).connections(limits(2, 0, null));
    world().publish();

    ManagedChannel channel = reviews();
    for (int i = 0; i < 6; i++) {
      assertThat(GrpcWorld.unary(channel, "m" + i)).isEqualTo("good:m" + i);
    }
    assertThat(good.connections()).isEqualTo(3);
    eventually(() -> assertThat(good.open()).isZero());
  }

  @Test
  default void sendsNoMoreStreamsAtOnceThanAllowed() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .connections(limits(0, 2, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();

    ManagedChannel channel = reviews();
    for (int i = 0; i < 6; i++) {
      ClientCalls.asyncUnaryCall(
          channel.newCall(Echo.UNARY, CallOptions.DEFAULT), "hang", new Collected());
    }
    eventually(() -> assertThat(good.messages()).hasSize(6));
    assertThat(good.connections()).isEqualTo(3);
  }

  @Test
  default void closesIdleConnections() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port()).connections(limits(0, 0, Duration.ofMillis(500)));
    world().publish();

    ManagedChannel channel = reviews();
    assertThat(GrpcWorld.unary(channel, "a")).isEqualTo("good:a");
    eventually(() -> assertThat(good.open()).isZero());
    assertThat(GrpcWorld.unary(channel, "b")).isEqualTo("good:b");
    assertThat(good.connections()).isEqualTo(2);
  }

  @Test
  default void probesIdleConnections() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .connections(
            new ConnectionLimits(
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                0,
                0,
                null,
                null,
                null,
                new ConnectionLimits.TcpKeepalive(
                    3, Duration.ofSeconds(1_000), Duration.ofSeconds(10)),
                null));
    world().publish();

    assertThat(GrpcWorld.unary(reviews(), "a")).isEqualTo("good:a");
    eventually(
        () ->
            assertThat(TcpTimers.keepaliveTo(good.port()))
                .isNotEmpty()
                .allSatisfy(seconds -> assertThat(seconds).isBetween(900L, 1_000L)));
  }
}
