package io.selvage.contract.grpc;

import io.grpc.CallOptions;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.client.MeshSketch;
import io.selvage.instrumentation.testing.client.TestAuthority;
import io.selvage.instrumentation.testing.client.TestMesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Servers, mesh and channels of one test. */
final class GrpcWorld implements AutoCloseable {
  static final String CLIENT = "spiffe://cluster.local/ns/default/sa/productpage";
  static final String SERVER = "spiffe://cluster.local/ns/default/sa/reviews";

  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Credentials SERVER_CREDENTIALS = AUTHORITY.workload(SERVER);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Function<String, ManagedChannelBuilder<?>> channels;
  private final TestMesh mesh;
  private final MeshSketch sketch = new MeshSketch();

  GrpcWorld(Function<String, ManagedChannelBuilder<?>> channels) {
    this.channels = channels;
    this.mesh = new TestMesh(AUTHORITY, CLIENT);
    opened.push(mesh);
  }

  TestMesh mesh() {
    return mesh;
  }

  MeshSketch sketch() {
    return sketch;
  }

  MeshSketch.Svc reviews() {
    return sketch.http("reviews", 9080).peer(SERVER).http2();
  }

  void publish() {
    mesh.publish(sketch.config());
  }

  Upstream good(String name) {
    return opened(Upstream.mutualTls(name, SERVER_CREDENTIALS));
  }

  Upstream impostor() {
    return opened(
        Upstream.mutualTls(
            "impostor", AUTHORITY.workload("spiffe://cluster.local/ns/default/sa/impostor")));
  }

  <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  /** As an application writes it: plaintext, because it knows nothing of the mesh. */
  ManagedChannel channel(String target, ClientInterceptor... interceptors) {
    return channel(channels.apply(target).usePlaintext().intercept(interceptors));
  }

  ManagedChannel channel(ManagedChannelBuilder<?> builder) {
    ManagedChannel channel = builder.build();
    opened.push(
        () -> {
          channel.shutdownNow();
          channel.awaitTermination(10, TimeUnit.SECONDS);
        });
    return channel;
  }

  ManagedChannelBuilder<?> builder(String target) {
    return channels.apply(target);
  }

  static String unary(ManagedChannel channel, String message) {
    return unary(channel, CallOptions.DEFAULT, message);
  }

  static String unary(ManagedChannel channel, CallOptions options, String message) {
    return ClientCalls.blockingUnaryCall(
        channel,
        Echo.UNARY,
        options.getDeadline() == null ? options.withDeadlineAfter(20, TimeUnit.SECONDS) : options,
        message);
  }

  int deadPort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  @Override
  public void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }
}
