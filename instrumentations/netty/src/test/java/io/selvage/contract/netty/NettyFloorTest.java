package io.selvage.contract.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.selvage.engine.model.ProxyProtocol;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.client.MeshSketch;
import io.selvage.instrumentation.testing.client.TestAuthority;
import io.selvage.instrumentation.testing.client.TestMesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A Netty client of which nobody knows what it speaks: name, endpoint and mutual TLS, nothing else.
 */
@ExtendWith(WovenJvm.class)
@Timeout(60)
class NettyFloorTest {
  private static final String SERVER = "spiffe://cluster.local/ns/default/sa/echo";
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final EventLoopGroup LOOPS = new NioEventLoopGroup(1);

  private TestMesh mesh;
  private final MeshSketch sketch = new MeshSketch();

  @BeforeEach
  void openMesh() {
    mesh = new TestMesh(AUTHORITY, "spiffe://cluster.local/ns/default/sa/productpage");
  }

  @AfterEach
  void closeMesh() {
    mesh.close();
  }

  @AfterAll
  static void stop() {
    LOOPS.shutdownGracefully(0, 5, TimeUnit.SECONDS);
  }

  /** Echoes one message; over mutual TLS when it has credentials. */
  private static ServerSocket echo(Credentials credentials) throws Exception {
    ServerSocket listener;
    if (credentials == null) {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } else {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          credentials.keys().getKeyManagers(), credentials.trust().getTrustManagers(), null);
      listener =
          context
              .getServerSocketFactory()
              .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
      ((SSLServerSocket) listener).setNeedClientAuth(true);
    }
    Thread thread = new Thread(() -> serve(listener), "echo");
    thread.setDaemon(true);
    thread.start();
    return listener;
  }

  private static void serve(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        String who =
            socket instanceof SSLSocket tls
                ? ((java.security.cert.X509Certificate) tls.getSession().getPeerCertificates()[0])
                        .getSubjectAlternativeNames()
                        .toString()
                    + " "
                : "";
        byte[] buffer = new byte[100];
        int count = socket.getInputStream().read(buffer);
        socket
            .getOutputStream()
            .write(
                (who + new String(buffer, 0, Math.max(0, count), StandardCharsets.UTF_8))
                    .getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
      } catch (IOException | java.security.cert.CertificateException refused) {
        continue; // this client is lost, the next may come
      }
    }
  }

  private static String ask(String host, int port) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Channel channel =
        new Bootstrap()
            .group(LOOPS)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 10_000)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel opened) {
                    opened.pipeline().addLast(new Asking(answer));
                  }
                })
            .connect(InetSocketAddress.createUnresolved(host, port))
            .sync()
            .channel();
    try {
      return answer.get(20, TimeUnit.SECONDS);
    } finally {
      channel.close().sync();
    }
  }

  @Test
  void sendsTheHeaderOfTheProxyProtocolBelowTls() throws Exception {
    try (UpstreamHead head = new UpstreamHead()) {
      sketch.tcp("echo", 7000).peer(SERVER).endpoint(head.port()).proxyProtocol(ProxyProtocol.V1);
      mesh.publish(sketch.config());
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> ask("echo", 7000));
      assertThat(head.line())
          .startsWith("PROXY TCP4 127.0.0.1 127.0.0.1 ")
          .endsWith(" " + head.port());
      assertThat(head.next()).as("TLS begins after it").isEqualTo(0x16);
    }
  }

  /** Reads the first line of a connection, and the byte after it; then closes. */
  private static final class UpstreamHead implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final CompletableFuture<String> line = new CompletableFuture<>();
    private final CompletableFuture<Integer> next = new CompletableFuture<>();

    UpstreamHead() throws IOException {
      Thread thread = new Thread(this::serve, "head");
      thread.setDaemon(true);
      thread.start();
    }

    private void serve() {
      try (Socket socket = listener.accept()) {
        StringBuilder text = new StringBuilder();
        for (int c = socket.getInputStream().read();
            c != '\n' && c >= 0;
            c = socket.getInputStream().read()) {
          text.append((char) c);
        }
        line.complete(text.toString().trim());
        next.complete(socket.getInputStream().read());
      } catch (IOException broken) {
        line.completeExceptionally(broken);
      }
    }

    int port() {
      return listener.getLocalPort();
    }

    String line() throws Exception {
      return line.get(20, TimeUnit.SECONDS);
    }

    int next() throws Exception {
      return next.get(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  private static final class Asking extends SimpleChannelInboundHandler<ByteBuf> {
    private final CompletableFuture<String> answer;

    Asking(CompletableFuture<String> answer) {
      this.answer = answer;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
      answer.complete(bytes.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      answer.completeExceptionally(thrown);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      answer.completeExceptionally(new IOException("closed"));
    }
  }

  @Test
  void reachesANameThatNoDnsKnowsOverMutualTls() throws Exception {
    try (ServerSocket server = echo(AUTHORITY.workload(SERVER))) {
      sketch.tcp("echo", 7000).peer(SERVER).endpoint(server.getLocalPort());
      mesh.publish(sketch.config());

      assertThat(ask("echo", 7000)).contains("sa/productpage").endsWith("hello");
      assertThat(ask("echo.default.svc.cluster.local", 7000)).endsWith("hello");
    }
  }

  @Test
  void refusesAPeerOfAnotherIdentity() throws Exception {
    try (ServerSocket server =
        echo(AUTHORITY.workload("spiffe://cluster.local/ns/default/sa/impostor"))) {
      sketch.tcp("echo", 7000).peer(SERVER).endpoint(server.getLocalPort());
      mesh.publish(sketch.config());

      assertThatThrownBy(() -> ask("echo", 7000)).isInstanceOf(Exception.class);
    }
  }

  @Test
  void neverFallsBackToPlaintext() throws Exception {
    try (ServerSocket server = echo(null)) {
      sketch.tcp("echo", 7000).peer(SERVER).endpoint(server.getLocalPort());
      mesh.publish(sketch.config());

      assertThatThrownBy(() -> ask("echo", 7000)).isInstanceOf(Exception.class);
    }
  }

  @Test
  void leavesOtherDestinationsAlone() throws Exception {
    try (ServerSocket server = echo(null)) {
      sketch.tcp("echo", 7000).peer(SERVER);
      mesh.publish(sketch.config());

      assertThat(ask("127.0.0.1", server.getLocalPort())).isEqualTo("hello");
      mesh.remove();
      assertThat(ask("127.0.0.1", server.getLocalPort())).isEqualTo("hello");
    }
  }

  @Test
  void failsAsAConnectionDoesWithoutEndpoints() throws Exception {
    sketch.tcp("echo", 7000).peer(SERVER).noEndpoints();
    mesh.publish(sketch.config());

    assertThatThrownBy(() -> ask("echo", 7000)).isInstanceOf(java.net.ConnectException.class);
  }
}
