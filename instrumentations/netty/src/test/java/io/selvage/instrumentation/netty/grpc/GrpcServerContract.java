package io.selvage.instrumentation.netty.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.selvage.engine.flow.Protocol;
import io.selvage.extension.PortPolicy.Mode;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.server.Reply;
import io.selvage.instrumentation.testing.server.Served;
import io.selvage.instrumentation.testing.server.ServerMesh;
import io.selvage.instrumentation.testing.server.ServerTls;
import io.selvage.instrumentation.testing.server.ServerWorld;
import io.selvage.instrumentation.testing.server.Wire;
import java.net.Socket;
import java.net.SocketException;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a gRPC server on Netty promises, relocated or not. */
@ExtendWith(WovenJvm.class)
@Timeout(60)
abstract class GrpcServerContract {
  private ServerMesh mesh;
  private GrpcSample server;
  private ManagedChannel channel;

  abstract ServerBuilder<?> builder();

  abstract ManagedChannel channel(int port, ChannelCredentials credentials);

  @BeforeEach
  void start() throws Exception {
    mesh = new ServerMesh(ServerWorld.AUTHORITY.workload(ServerWorld.SERVER));
    server = new GrpcSample(builder());
  }

  @AfterEach
  void stop() throws Exception {
    if (channel != null) {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
    server.close();
    mesh.close();
  }

  private ManagedChannel connect(boolean tls) {
    Credentials shown = ServerWorld.CALLER_CREDENTIALS;
    ChannelCredentials credentials =
        tls
            ? TlsChannelCredentials.newBuilder()
                .keyManager(shown.keys().getKeyManagers())
                .trustManager(ServerTls.trustOf(shown))
                .build()
            : InsecureChannelCredentials.create();
    channel = channel(server.port(), credentials);
    return channel;
  }

  private static Reply unary(
      io.grpc.Channel channel, MethodDescriptor<byte[], byte[]> method, int length) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    byte[] answer = ClientCalls.blockingUnaryCall(channel, method, options, new byte[length]);
    return new Reply(200, Map.of(), answer);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void asksTheMeshAndRunsInItsContext(boolean tls) {
    mesh.mode(tls ? Mode.STRICT : Mode.PERMISSIVE);
    Metadata claimed = new Metadata();
    claimed.put(GrpcSample.XFCC, "URI=spiffe://cluster.local/ns/default/sa/admin");
    io.grpc.Channel claiming =
        ClientInterceptors.intercept(
            connect(tls), MetadataUtils.newAttachHeadersInterceptor(claimed));
    Reply reply = unary(claiming, GrpcSample.HELLO, 300_000);
    assertThat(reply.said("posted")).isEqualTo("300000");
    assertThat(reply.said("trace")).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(reply.said("caller")).isEqualTo(tls ? ServerWorld.CALLER : "null");
    assertThat(reply.said("xfcc"))
        .matches(tls ? "Hash=[0-9a-f]{64};URI=" + ServerWorld.CALLER : "null");
    ended();
    Served request = mesh.served().get(0);
    assertThat(request.path()).isEqualTo("/sample.S/Hello");
    assertThat(request.protocol()).isEqualTo(Protocol.GRPC);
    assertThat(request.ends().get(0).grpcStatus()).isZero();
    assertThat(request.ends().get(0).complete()).isTrue();
  }

  private void ended() {
    await().atMost(10, TimeUnit.SECONDS).until(() -> mesh.inFlight() == 0);
    for (Served request : mesh.served()) {
      assertThat(request.outcomes()).as("outcomes of %s", request).hasSize(1);
      assertThat(request.ends()).as("ends of %s", request).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRefusalIsPermissionDenied(boolean tls) throws Exception {
    ManagedChannel calls = connect(tls);
    assertThatThrownBy(() -> unary(calls, GrpcSample.DENIED, 300_000))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("PERMISSION_DENIED: RBAC: access denied");
    CompletableFuture<Status> streamed = new CompletableFuture<>();
    StreamObserver<byte[]> upload =
        ClientCalls.asyncClientStreamingCall(
            calls.newCall(GrpcSample.DENIED_SUM, CallOptions.DEFAULT), new Ending(streamed));
    upload.onNext(new byte[10]);
    assertThat(streamed.get(20, TimeUnit.SECONDS).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    // the connection goes on
    assertThat(unary(calls, GrpcSample.HELLO, 10).said("posted")).isEqualTo("10");
    ended();
  }

  /** Waits for the status. */
  private record Ending(CompletableFuture<Status> status) implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] value) {}

    @Override
    public void onError(Throwable thrown) {
      status.complete(Status.fromThrowable(thrown));
    }

    @Override
    public void onCompleted() {
      status.complete(Status.OK);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void streamsPassUnchanged(boolean tls) throws Exception {
    ManagedChannel calls = connect(tls);
    Iterator<byte[]> pieces =
        ClientCalls.blockingServerStreamingCall(
            calls, GrpcSample.MANY, CallOptions.DEFAULT, new byte[1]);
    int count = 0;
    while (pieces.hasNext()) {
      assertThat(pieces.next()).hasSize(64 * 1024);
      count++;
    }
    assertThat(count).isEqualTo(GrpcSample.PIECES);
    CompletableFuture<Status> status = new CompletableFuture<>();
    StreamObserver<byte[]> upload =
        ClientCalls.asyncClientStreamingCall(
            calls.newCall(GrpcSample.SUM, CallOptions.DEFAULT), new Ending(status));
    for (int i = 0; i < 50; i++) {
      upload.onNext(new byte[20_000]);
    }
    upload.onCompleted();
    assertThat(status.get(20, TimeUnit.SECONDS).isOk()).isTrue();
    ended();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDelayHoldsTheCall(boolean tls) {
    long start = System.nanoTime();
    assertThat(unary(connect(tls), GrpcSample.DELAYED, 300_000).said("posted")).isEqualTo("300000");
    assertThat(System.nanoTime() - start).isGreaterThan(500_000_000L);
    ended();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aChangeToStrictReachesOpenChannels(boolean tls) {
    ManagedChannel calls = connect(tls);
    assertThat(unary(calls, GrpcSample.HELLO, 1).said("posted")).isEqualTo("1");
    mesh.mode(Mode.STRICT);
    if (tls) {
      assertThat(unary(calls, GrpcSample.HELLO, 1).said("posted")).isEqualTo("1");
      return;
    }
    assertThatThrownBy(() -> unary(calls, GrpcSample.HELLO, 1))
        .hasMessageContaining("PERMISSION_DENIED");
    // GOAWAY: the next call needs a new connection, and that is refused
    assertThatThrownBy(() -> unary(calls, GrpcSample.HELLO, 1))
        .isInstanceOf(StatusRuntimeException.class);
  }

  /** HTTP/2 servers speak first; what they say must not go out in the clear. */
  @Test
  void strictClosesPlaintextWithoutAWord() throws Exception {
    mesh.mode(Mode.STRICT);
    try (Socket socket = Wire.connect(server.port())) {
      socket.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
      socket.getOutputStream().write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void strictAndFaultsOfOurs(boolean tls) {
    mesh.mode(Mode.STRICT);
    mesh.breakRequests();
    ManagedChannel calls = connect(tls);
    assertThatThrownBy(() -> unary(calls, GrpcSample.HELLO, 1))
        .hasMessageContaining(tls ? "PERMISSION_DENIED" : "UNAVAILABLE");
  }
}
