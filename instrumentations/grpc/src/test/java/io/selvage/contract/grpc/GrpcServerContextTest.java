package io.selvage.contract.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TraceContext;
import io.selvage.extension.ContextScope;
import io.selvage.instrumentation.testing.WovenJvm;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A handler of a gRPC server runs in the context of its call, whatever thread it runs on, so that
 * what it calls belongs to the same trace.
 */
@ExtendWith(WovenJvm.class)
@Timeout(60)
class GrpcServerContextTest {
  private static final TraceContext TRACE =
      new TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true, "");

  private GrpcWorld world;

  /** How an application may build its server. */
  static List<IntFunction<ServerBuilder<?>>> servers() {
    return List.of(
        NettyServerBuilder::forPort,
        io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder::forPort,
        port -> NettyServerBuilder.forPort(port).directExecutor());
  }

  @BeforeEach
  void openWorld() {
    world = new GrpcWorld(NettyChannelBuilder::forTarget);
  }

  @AfterEach
  void closeWorld() throws Exception {
    world.close();
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aHandlerRunsInTheContextOfItsCall(IntFunction<ServerBuilder<?>> builder) throws Exception {
    Upstream behind = world.good("behind");
    world.reviews().endpoint(behind.port());
    world.publish();
    ManagedChannel next = world.channel("reviews:9080");
    Server server = builder.apply(0).addService(service(next)).build().start();
    world.opened(server::shutdownNow);
    ManagedChannel channel = world.channel("127.0.0.1:" + server.getPort());

    for (int i = 0; i < 3; i++) {
      try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withTrace(TRACE))) {
        assertThat(GrpcWorld.unary(channel, "hello")).startsWith(TRACE.traceId() + " ");
      }
      if (!behind.seen().isEmpty()) {
        assertThat(behind.last().header("traceparent")).contains(TRACE.traceId());
      }
    }
    Collected answers = new Collected();
    try (ContextScope scope = ContextScope.attach(MeshContext.NONE.withTrace(TRACE))) {
      StreamObserver<String> up =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(Echo.BOTH, CallOptions.DEFAULT), answers);
      up.onNext("a");
      up.onNext("b");
      up.onCompleted();
    }
    assertThat(answers.status().isOk()).isTrue();
    assertThat(answers.messages()).containsExactly(TRACE.traceId(), TRACE.traceId());
  }

  private static String trace() {
    TraceContext trace = ContextScope.current().trace();
    return trace == null ? "none" : trace.traceId();
  }

  private static ServerServiceDefinition service(ManagedChannel next) {
    return ServerServiceDefinition.builder("test.Echo")
        .addMethod(
            Echo.UNARY,
            ServerCalls.asyncUnaryCall(
                (String message, StreamObserver<String> answer) -> {
                  boolean loop = Thread.currentThread().getName().contains("ELG");
                  answer.onNext(trace() + " " + (loop ? message : GrpcWorld.unary(next, message)));
                  answer.onCompleted();
                }))
        .addMethod(
            Echo.BOTH,
            ServerCalls.asyncBidiStreamingCall(
                (StreamObserver<String> answer) ->
                    new StreamObserver<String>() {
                      @Override
                      public void onNext(String message) {
                        answer.onNext(trace());
                      }

                      @Override
                      public void onError(Throwable thrown) {}

                      @Override
                      public void onCompleted() {
                        answer.onCompleted();
                      }
                    }))
        .build();
  }
}
