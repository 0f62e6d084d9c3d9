package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.snapshot.PortMode;
import io.selvage.extension.PortPolicy;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.WorkloadIdentity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class PortsTest {
  private final AtomicReference<PortMode> configured = new AtomicReference<>(PortMode.UNKNOWN);
  private final Ports ports =
      new Ports(port -> configured.get(), port -> false, PortPolicy.Mode.PERMISSIVE);
  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final AgentLog log =
      new AgentLog(
          new PrintStream(lines, true, StandardCharsets.UTF_8),
          AgentLog.Level.INFO,
          System::nanoTime);
  private final PortProbe probe =
      new PortProbe(
          new IdentityTls(new WorkloadIdentity(), port -> null, Clock.systemUTC(), refusal -> {}),
          () -> false,
          log);

  @Test
  void followsTheConfigurationAndHasADefault() {
    assertThat(ports.policy(9080)).isEqualTo(new PortPolicy(PortPolicy.Mode.PERMISSIVE, false));
    configured.set(PortMode.STRICT);
    assertThat(ports.policy(9080)).isEqualTo(new PortPolicy(PortPolicy.Mode.STRICT, true));
    ports.own(15020);
    assertThat(ports.policy(15020).disabled()).isTrue();
    ports.listening(15020, "x");
    assertThat(ports.bound()).isEmpty();
  }

  /** Answers each connection with these bytes after its first byte; null closes it. */
  private static ServerSocket server(byte[] answer) throws IOException {
    ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              while (!server.isClosed()) {
                try (Socket socket = server.accept()) {
                  socket.getInputStream().read();
                  if (answer.length > 0) {
                    socket.getOutputStream().write(answer);
                  }
                } catch (IOException closed) {
                  return;
                }
              }
            });
    thread.setDaemon(true);
    thread.start();
    return server;
  }

  @Test
  void aPortThatAnswersPlaintextInStrictIsAHole() throws Exception {
    ports.watch(probe, () -> {});
    configured.set(PortMode.STRICT);
    try (ServerSocket open = server("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        ServerSocket guarded = server(new byte[0]);
        ServerSocket alert = server(new byte[] {0x15, 3, 3, 0, 2, 2, 40})) {
      ports.listening(open.getLocalPort(), "tomcat");
      ports.listening(guarded.getLocalPort(), "tomcat");
      ports.listening(alert.getLocalPort(), "tomcat");
      Awaitility.await()
          .untilAsserted(
              () -> assertThat(ports.unprotected()).containsOnlyKeys(open.getLocalPort()));
      assertThat(lines.toString(StandardCharsets.UTF_8))
          .contains("WARN [SELV-2020] (Port " + open.getLocalPort() + ")")
          .contains("answers plaintext")
          .contains("Fix:");
      configured.set(PortMode.PERMISSIVE);
      ports.probeAgain();
      Awaitility.await().untilAsserted(() -> assertThat(ports.unprotected()).isEmpty());
      ports.closed(open.getLocalPort());
      assertThat(ports.bound()).hasSize(2);
    }
  }

  @Test
  void aLineIsSaidOnceAMinute() {
    for (int i = 0; i < 5; i++) {
      log.warnSometimes("SELV-1", "(Port 1) this " + i);
      log.warnSometimes("SELV-1", "(Port 2) this");
    }
    assertThat(lines.toString(StandardCharsets.UTF_8).lines()).hasSize(2);
  }
}
