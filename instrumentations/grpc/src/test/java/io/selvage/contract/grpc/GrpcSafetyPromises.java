package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCalls;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.extension.ContextScope;
import io.selvage.extension.Intent;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Never plaintext where TLS is due, and everything else stays as it is. */
interface GrpcSafetyPromises extends GrpcPromises {

  @Test
  default void failsWhenThePeerIsSomebodyElse() {
    Upstream impostor = world().impostor();
    world().reviews().endpoint(impostor.port());
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "secret"), Status.Code.UNAVAILABLE);
    assertThat(impostor.seen()).isEmpty();
  }

  @Test
  default void neverFallsBackToPlaintext() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews().endpoint(plain.port());
    world().publish();

    fails(() -> GrpcWorld.unary(reviews(), "secret"), Status.Code.UNAVAILABLE);
    assertThat(plain.seen()).isEmpty();
  }

  @Test
  default void leavesPlaintextOutsideTheMeshAlone() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews();
    world().publish();
    ManagedChannel channel = world().channel("127.0.0.1:" + plain.port());

    for (int i = 0; i < 3; i++) {
      assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("plain:m");
    }
    assertThat(plain.last().authority()).isEqualTo("127.0.0.1:" + plain.port());
    assertThat(plain.connections()).isEqualTo(1);
  }

  @Test
  default void keepsTheApplicationsPolicyOutsideTheMesh() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews();
    world().publish();
    ManagedChannel channel =
        world()
            .channel(
                world()
                    .builder("127.0.0.1:" + plain.port())
                    .usePlaintext()
                    .defaultLoadBalancingPolicy("round_robin"));

    assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("plain:m");
  }

  @Test
  default void reportsAnUnreachableServerOutsideTheMesh() {
    world().reviews();
    world().publish();

    fails(
        () -> GrpcWorld.unary(world().channel("127.0.0.1:" + world().deadPort()), "m"),
        Status.Code.UNAVAILABLE);
  }

  @Test
  default void leavesInProcessChannelsAlone() throws Exception {
    world().reviews();
    world().publish();
    String name = UUID.randomUUID().toString();
    var service =
        io.grpc.ServerServiceDefinition.builder("test.Echo")
            .addMethod(
                Echo.UNARY,
                ServerCalls.asyncUnaryCall(
                    (String message, io.grpc.stub.StreamObserver<String> answer) -> {
                      answer.onNext("inside:" + message);
                      answer.onCompleted();
                    }))
            .build();
    var server = InProcessServerBuilder.forName(name).addService(service).build().start();
    try {
      ManagedChannel channel = world().channel(InProcessChannelBuilder.forName(name));
      assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("inside:m");
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  default void leavesTheAgentsOwnThreadsAlone() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews();
    world().publish();

    TraceContext trace =
        new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "");

    try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withTrace(trace))) {
      ManagedChannel channel = world().channel("127.0.0.1:" + plain.port());
      assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("plain:m");
      assertThat(plain.last().header("traceparent")).contains(trace.traceId());
      try (Intent bypass = Intent.bypass()) {
        assertThat(GrpcWorld.unary(channel, "m")).isEqualTo("plain:m");
      }
    }
    String seen = plain.last().header("traceparent");
    assertThat(seen == null || !seen.contains(trace.traceId())).as(seen).isTrue();
  }

  @Test
  default void standsAsideWhenTheMeshItselfFails() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().reviews();
    world().publish();
    world().mesh().breakDown();

    assertThat(GrpcWorld.unary(world().channel("127.0.0.1:" + plain.port()), "m"))
        .isEqualTo("plain:m");
  }

  @Test
  default void standsAsideWithoutAMesh() {
    Upstream plain = world().opened(Upstream.plaintext("plain"));
    world().mesh().remove();

    assertThat(GrpcWorld.unary(world().channel("127.0.0.1:" + plain.port()), "m"))
        .isEqualTo("plain:m");
    assertThat(plain.last().header("traceparent")).isNull();
  }
}
