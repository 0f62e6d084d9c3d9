package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.instrumentation.testing.client.MeshSketch;
import io.selvage.instrumentation.testing.client.Routes;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Calls go where the mesh says, over its TLS, and say who they are. */
interface GrpcRoutingPromises extends GrpcPromises {

  @Test
  default void reachesANameThatNoDnsKnows() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    assertThat(GrpcWorld.unary(reviews(), "hello")).isEqualTo("good:hello");

    Upstream.Seen seen = good.last();
    assertThat(seen.method()).isEqualTo("test.Echo/Unary");
    assertThat(seen.authority()).isEqualTo("reviews:9080");
    assertThat(seen.peer()).isEqualTo(GrpcWorld.CLIENT);
    assertThat(seen.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]");
  }

  @Test
  default void understandsDnsTargetsAndFullNames() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    String full = MeshSketch.fqdn("reviews") + ":9080";
    assertThat(GrpcWorld.unary(world().channel("dns:///reviews:9080"), "a")).isEqualTo("good:a");
    assertThat(good.last().authority()).isEqualTo("reviews:9080");
    assertThat(GrpcWorld.unary(world().channel("dns:///" + full), "b")).isEqualTo("good:b");
    assertThat(good.last().authority()).isEqualTo(full);
  }

  @Test
  default void spreadsCallsOverEndpointsAndKeepsTheirConnections() {
    Upstream one = world().good("one");
    Upstream two = world().good("two");
    world().reviews().endpoint(one.port()).endpoint(two.port());
    world().publish();
    ManagedChannel channel = reviews();

    for (int i = 0; i < 20; i++) {
      GrpcWorld.unary(channel, "m" + i);
    }

    assertThat(one.seen()).hasSize(10);
    assertThat(two.seen()).hasSize(10);
    assertThat(one.connections()).isEqualTo(1);
    assertThat(two.connections()).isEqualTo(1);
  }

  @Test
  default void opensNewConnectionsForANewIdentity() {
    Upstream good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    ManagedChannel channel = reviews();
    String renamed = "spiffe://cluster.local/ns/default/sa/renamed";

    GrpcWorld.unary(channel, "before");
    assertThat(good.last().peer()).isEqualTo(GrpcWorld.CLIENT);
    world().mesh().become(renamed);
    for (int i = 0; i < 3; i++) {
      GrpcWorld.unary(channel, "after");
      assertThat(good.last().peer()).isEqualTo(renamed);
    }
    assertThat(good.connections()).isEqualTo(2);
  }

  @Test
  default void carriesAPlaintextEndpointThroughTheMesh() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews().plaintextEndpoint(plain.port());
    world().publish();

    assertThat(GrpcWorld.unary(reviews(), "a")).isEqualTo("plain:a");
    assertThat(plain.last().peer()).isNull();
    assertThat(plain.last().authority()).isEqualTo("reviews:9080");
  }

  @Test
  default void followsANewConfigurationAtOnce() {
    Upstream one = world().good("one");
    Upstream two = world().good("two");
    world().reviews().endpoint(one.port());
    world().publish();
    ManagedChannel channel = reviews();
    assertThat(GrpcWorld.unary(channel, "a")).isEqualTo("one:a");

    world().reviews().noEndpoints().endpoint(two.port());
    world().publish();
    assertThat(GrpcWorld.unary(channel, "b")).isEqualTo("two:b");
  }

  @Test
  default void refusesWithoutEndpoints() {
    world().reviews().noEndpoints();
    world().publish();

    assertThatThrownBy(() -> GrpcWorld.unary(reviews(), "a"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE")
        .hasMessageContaining("no healthy upstream");
  }

  @Test
  default void refusesAboveTheClustersLimit() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .breakers(new CircuitBreakers(1024, 1024, 0, 3, null))
        .routes(Routes.to("reviews", 9080));
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "a"), Status.Code.UNAVAILABLE);
    assertThat(good.seen()).isEmpty();
  }

  @Test
  default void refusesWhereNoRouteMatches() {
    Upstream good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).prefix("/other.Service/"));
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "a"), Status.Code.UNIMPLEMENTED);
    assertThat(good.seen()).isEmpty();
  }

  @Test
  default void runsTheApplicationsInterceptorsOncePerCall() {
    Upstream failing = world().good("failing").failing(Status.UNAVAILABLE);
    Upstream good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    AtomicInteger calls = new AtomicInteger();
    ManagedChannel channel =
        world()
            .channel(
                "reviews:9080",
                new ClientInterceptor() {
                  @Override
                  public <Q, R> ClientCall<Q, R> interceptCall(
                      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
                    calls.incrementAndGet();
                    return next.newCall(method, options);
                  }
                });

    for (int i = 0; i < 4; i++) {
      assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("good:m");
    }
    assertThat(calls).hasValue(4);
  }
}
