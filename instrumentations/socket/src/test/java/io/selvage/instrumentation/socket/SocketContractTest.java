package io.selvage.instrumentation.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.extension.Intent;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Credentials;
import io.selvage.instrumentation.testing.client.MeshSketch;
import io.selvage.instrumentation.testing.client.TcpServer;
import io.selvage.instrumentation.testing.client.TestAuthority;
import io.selvage.instrumentation.testing.client.TestMesh;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the connection floor promises to any code that opens a blocking socket. */
@ExtendWith(WovenJvm.class)
@Timeout(value = 40, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SocketContractTest {
  private static final String CLIENT = "spiffe://cluster.local/ns/default/sa/client";
  private static final String SERVER = "spiffe://cluster.local/ns/default/sa/store";
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Credentials CREDENTIALS = AUTHORITY.workload(SERVER);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final MeshSketch sketch = new MeshSketch();
  private TestMesh mesh;

  @BeforeEach
  void open() {
    mesh = opened(new TestMesh(AUTHORITY, CLIENT));
  }

  @AfterEach
  void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  @AfterAll
  static void allSeamsWereReached() {
    WovenJvm.assertLinked("ResolveAdvice", "ConnectAdvice", "CloseAdvice", "ShutdownOutputAdvice");
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  private TcpServer server(TcpServer.Conversation conversation) {
    return opened(TcpServer.mutualTls(CREDENTIALS, conversation));
  }

  private MeshSketch.Svc store() {
    return sketch.tcp("store", 6379).peer(SERVER);
  }

  private void publish() {
    mesh.publish(sketch.config());
  }

  private Socket connected() throws IOException {
    return opened(new Socket("store", 6379));
  }

  private static String exchanged(Socket socket, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return new String(socket.getInputStream().readNBytes(bytes.length), StandardCharsets.UTF_8);
  }

  @Test
  void namesOfTheMeshHaveVirtualAddresses() throws Exception {
    store();
    publish();

    assertThat(InetAddress.getByName("store").getHostAddress())
        .isEqualTo(sketch.virtualAddress("store"));
    assertThat(InetAddress.getByName("store.default.svc.cluster.local").getHostName())
        .isEqualTo("store.default.svc.cluster.local");
    assertThat(new InetSocketAddress("STORE", 6379).isUnresolved()).isFalse();
    assertThatThrownBy(() -> InetAddress.getByName("store.nowhere.invalid"))
        .isInstanceOf(UnknownHostException.class);
    assertThat(InetAddress.getByName("127.0.0.1").getHostAddress()).isEqualTo("127.0.0.1");
  }

  @Test
  void anOrdinarySocketSpeaksMutualTls() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    assertThat(exchanged(socket, "hello")).isEqualTo("hello");
    assertThat(exchanged(socket, "again")).isEqualTo("again");
    assertThat(server.peers()).containsExactly(CLIENT);
    assertThat(socket.getInetAddress().getHostName()).isEqualTo("store");
  }

  @Test
  void anUnconnectedSocketDoesToo() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port());
    publish();

    Socket socket = opened(new Socket());
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress("store", 6379), 5_000);
    assertThat(exchanged(socket, "hello")).isEqualTo("hello");
    assertThat(server.peers()).containsExactly(CLIENT);
    assertThat(socket.getSoTimeout()).isZero();
  }

  @Test
  void connectionsAreSpreadOverEndpoints() throws Exception {
    TcpServer one = server(TcpServer.ECHO);
    TcpServer two = server(TcpServer.ECHO);
    store().endpoint(one.port()).endpoint(two.port());
    publish();

    for (int i = 0; i < 6; i++) {
      assertThat(exchanged(connected(), "hi")).isEqualTo("hi");
    }
    assertThat(one.connections()).isEqualTo(3);
    assertThat(two.connections()).isEqualTo(3);
  }

  @Test
  void aClientOfAnHttpServiceThatNobodyKnowsGetsTlsToo() throws Exception {
    TcpServer server =
        server(
            connection -> {
              connection.getInputStream().read(new byte[4096]);
              connection
                  .getOutputStream()
                  .write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            });
    sketch.http("reviews", 9080).peer(SERVER).endpoint(server.port());
    publish();

    Socket socket = opened(new Socket("reviews", 9080));
    socket
        .getOutputStream()
        .write("GET / HTTP/1.1\r\nHost: reviews:9080\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
        .isEqualTo("HTTP/1.1 204");
    assertThat(server.peers()).containsExactly(CLIENT);
  }

  @Test
  void aDeadEndpointFailsOneConnectionAndTheNextGoesElsewhere() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(deadPort()).endpoint(server.port());
    publish();

    int failed = 0;
    for (int i = 0; i < 4; i++) {
      try {
        assertThat(exchanged(connected(), "hi")).isEqualTo("hi");
      } catch (ConnectException dead) {
        failed++;
      }
    }
    assertThat(failed).isEqualTo(2);
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void twentyMegabytesGoBothWaysAtOnce() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port());
    publish();
    byte[] sent = new byte[20 << 20];
    new Random(5).nextBytes(sent);

    Socket socket = connected();
    CompletableFuture<Void> writing =
        inThread(
            () -> {
              OutputStream out = socket.getOutputStream();
              out.write(sent);
              socket.shutdownOutput();
              return null;
            });
    byte[] received = socket.getInputStream().readAllBytes();
    writing.get(30, TimeUnit.SECONDS);
    assertThat(received.length).isEqualTo(sent.length);
    assertThat(received).isEqualTo(sent);
  }

  @Test
  void aReadThatTimesOutLosesNothing() throws Exception {
    CompletableFuture<Void> go = new CompletableFuture<>();
    TcpServer server =
        server(
            connection -> {
              go.join();
              connection.getOutputStream().write("late".getBytes(StandardCharsets.UTF_8));
              connection.getInputStream().read();
            });
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    socket.setSoTimeout(200);
    InputStream in = socket.getInputStream();
    assertThatThrownBy(() -> in.read(new byte[4])).isInstanceOf(SocketTimeoutException.class);
    assertThatThrownBy(() -> in.read(new byte[4])).isInstanceOf(SocketTimeoutException.class);
    go.complete(null);
    socket.setSoTimeout(10_000);
    assertThat(new String(in.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("late");
  }

  @Test
  void closeFreesAReader() throws Exception {
    TcpServer server = server(connection -> connection.getInputStream().read());
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    CompletableFuture<Integer> reading = inThread(() -> socket.getInputStream().read());
    Awaitility.await().until(() -> server.connections() == 1);
    socket.close();
    // as with the JDK's own TLS sockets: the end, when the farewell is answered first
    Object freed =
        reading.handle((read, thrown) -> thrown == null ? read : thrown).get(20, TimeUnit.SECONDS);
    assertThat(freed)
        .satisfiesAnyOf(
            read -> assertThat(read).isEqualTo(-1),
            thrown -> assertThat((Throwable) thrown).isInstanceOf(SocketException.class),
            thrown -> assertThat((Throwable) thrown).hasCauseInstanceOf(SocketException.class));
    assertThat(socket.isClosed()).isTrue();
  }

  @Test
  void closeFreesAWriter() throws Exception {
    CompletableFuture<Void> never = new CompletableFuture<>();
    TcpServer server = server(connection -> never.join());
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    CompletableFuture<Void> writing =
        inThread(
            () -> {
              for (; ; ) {
                socket.getOutputStream().write(new byte[1 << 20]);
              }
            });
    Awaitility.await()
        .pollDelay(Duration.ofMillis(300))
        .until(() -> server.connections() == 1 && !writing.isDone());
    socket.close();
    assertThatThrownBy(() -> writing.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(IOException.class);
    never.complete(null);
  }

  @Test
  void eachDirectionClosesByItself() throws Exception {
    TcpServer server =
        server(
            connection -> {
              int length = connection.getInputStream().readAllBytes().length;
              connection
                  .getOutputStream()
                  .write(("got " + length).getBytes(StandardCharsets.UTF_8));
            });
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    socket.getOutputStream().write(new byte[1000]);
    socket.shutdownOutput();
    assertThat(socket.isOutputShutdown()).isTrue();
    assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("got 1000");
    assertThat(socket.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void nothingIsReadAfterShutdownInput() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port());
    publish();

    Socket socket = connected();
    InputStream in = socket.getInputStream();
    assertThat(exchanged(socket, "hi")).isEqualTo("hi");
    socket.shutdownInput();
    assertThat(in.read()).isEqualTo(-1);
  }

  @Test
  void theConnectTimeoutBoundsTheHandshake() throws Exception {
    TcpServer silent =
        opened(TcpServer.plaintext(connection -> connection.getInputStream().readAllBytes()));
    store().endpoint(silent.port());
    publish();

    long start = System.nanoTime();
    Socket socket = opened(new Socket());
    assertThatThrownBy(() -> socket.connect(new InetSocketAddress("store", 6379), 700))
        .isInstanceOf(IOException.class);
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(15).toNanos());
    assertThat(socket.isClosed()).isTrue();
  }

  @Test
  void thePeerMustBeTheOneExpected() {
    TcpServer impostor =
        opened(
            TcpServer.mutualTls(
                AUTHORITY.workload("spiffe://cluster.local/ns/default/sa/other"), TcpServer.ECHO));
    store().endpoint(impostor.port());
    publish();

    assertThatThrownBy(() -> new Socket("store", 6379)).isInstanceOf(IOException.class);
  }

  @Test
  void plaintextIsNeverAnAlternative() throws Exception {
    CompletableFuture<byte[]> first = new CompletableFuture<>();
    TcpServer plain =
        opened(
            TcpServer.plaintext(
                connection -> first.complete(connection.getInputStream().readNBytes(1))));
    store().endpoint(plain.port());
    publish();

    assertThatThrownBy(() -> new Socket("store", 6379)).isInstanceOf(IOException.class);
    assertThat(first.get(10, TimeUnit.SECONDS)).containsExactly(0x16);
  }

  @Test
  void anEndpointWithoutTlsGetsNone() throws Exception {
    TcpServer plain = opened(TcpServer.plaintext(TcpServer.ECHO));
    store().plaintextEndpoint(plain.port());
    publish();

    assertThat(exchanged(connected(), "hi")).isEqualTo("hi");
  }

  @Test
  void tlsOfTheApplicationIsNotWrappedAgain() throws Exception {
    Credentials own = new TestAuthority().loopback();
    TcpServer secure = opened(TcpServer.tls(own, TcpServer.ECHO));
    store().endpoint(secure.port());
    publish();
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, own.trust().getTrustManagers(), null);

    SSLSocket socket = (SSLSocket) opened(context.getSocketFactory().createSocket());
    socket.connect(new InetSocketAddress("store", 6379), 5_000);
    assertThat(exchanged(socket, "hi")).isEqualTo("hi");
    assertThat(secure.peers()).containsExactly("");
  }

  @Test
  void whatIsOutsideTheMeshIsLeftAlone() throws Exception {
    TcpServer plain = opened(TcpServer.plaintext(TcpServer.ECHO));
    store();
    publish();

    Socket socket = opened(new Socket("127.0.0.1", plain.port()));
    assertThat(exchanged(socket, "hi")).isEqualTo("hi");
    assertThat(plain.peers()).containsExactly("");
  }

  @Test
  void theAgentsOwnConnectionsAreLeftAlone() throws Exception {
    TcpServer plain = opened(TcpServer.plaintext(TcpServer.ECHO));
    store().endpoint(plain.port());
    publish();

    try (Intent bypass = Intent.bypass()) {
      assertThatThrownBy(() -> new Socket("store", 6379)).isInstanceOf(UnknownHostException.class);
      Socket socket = opened(new Socket("127.0.0.1", plain.port()));
      assertThat(exchanged(socket, "hi")).isEqualTo("hi");
      assertThat(socket.getInputStream().getClass().getName()).startsWith("java.net.");
    }
  }

  @Test
  void aConnectionHoldsItsPlaceUntilItIsClosed() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port()).breakers(new CircuitBreakers(1, 1024, 1024, 3, null));
    publish();

    Socket first = connected();
    assertThat(exchanged(first, "hi")).isEqualTo("hi");
    assertThatThrownBy(() -> new Socket("store", 6379)).isInstanceOf(ConnectException.class);
    first.close();
    assertThat(exchanged(connected(), "hi")).isEqualTo("hi");
  }

  @Test
  void aConnectionThatWasDroppedGivesItsPlaceBack() throws Exception {
    TcpServer server = server(TcpServer.ECHO);
    store().endpoint(server.port()).breakers(new CircuitBreakers(1, 1024, 1024, 3, null));
    publish();
    assertThat(exchanged(new Socket("store", 6379), "hi")).isEqualTo("hi");

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              System.gc();
              return exchanged(connected(), "hi").equals("hi");
            });
  }

  private static int deadPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private interface Work<T> {
    T run() throws Exception;
  }

  private static <T> CompletableFuture<T> inThread(Work<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(work.run());
              } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
              }
            },
            "application");
    thread.setDaemon(true);
    thread.start();
    return result;
  }
}
