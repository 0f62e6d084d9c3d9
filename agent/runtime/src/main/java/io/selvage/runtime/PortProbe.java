package io.selvage.runtime;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshTls;
import io.selvage.extension.PortPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Connects to the application's own ports to see that they are guarded: weaving is checked, not
 * assumed.
 *
 * <p>With an identity, a mesh handshake must be answered; in STRICT, plaintext must not be. Runs on
 * one daemon thread of its own that ends when idle, never on the application's.
 */
final class PortProbe implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 2_000;
  private static final UpstreamTls MESH =
      new UpstreamTls(true, null, List.of(), List.of(), null, null, null, false);
  private static final byte[] REQUEST =
      "OPTIONS * HTTP/1.1\r\nHost: selvage-probe\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final MeshTls tls;
  private final java.util.function.BooleanSupplier hasIdentity;
  private final AgentLog log;
  private final ThreadPoolExecutor thread;

  PortProbe(MeshTls tls, java.util.function.BooleanSupplier hasIdentity, AgentLog log) {
    this.tls = tls;
    this.hasIdentity = hasIdentity;
    this.log = log;
    ThreadFactory threads =
        work -> {
          Thread made = new Thread(work, "selvage-probe");
          made.setDaemon(true);
          return made;
        };
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            5,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(256),
            threads,
            new ThreadPoolExecutor.DiscardPolicy());
    thread.allowCoreThreadTimeOut(true);
  }

  /** Probes soon. */
  void later(int port, Ports ports) {
    thread.execute(
        () -> {
          try (Intent mine = Intent.bypass()) {
            String hole = hole(port, ports.policy(port));
            ports.probed(port, hole);
            if (hole != null) {
              log.warnSometimes(
                  "SELV-2020",
                  "(Port "
                      + port
                      + ") STRICT is demanded and the port is not protected; "
                      + hole
                      + ". Fix: see 'selvage status' for the seam that is missing; until then let nobody reach the port");
            }
          }
        });
  }

  /** What is wrong with the port; null = nothing. */
  @Nullable String hole(int port, PortPolicy policy) {
    if (!policy.strict()) {
      return null;
    }
    try {
      // where paths are exempt a refusal is an answer too
      if (!policy.exempts() && answersPlaintext(port)) {
        return "it answers plaintext";
      }
      if (hasIdentity.getAsBoolean() && !answersMesh(port)) {
        return "it does not answer a mesh handshake";
      }
      return null;
    } catch (IOException unreachable) {
      return null; // closed meanwhile, or bound to an address that loopback does not reach
    }
  }

  private static boolean answersPlaintext(int port) throws IOException {
    try (Socket socket = open(port)) {
      socket.getOutputStream().write(REQUEST);
      socket.getOutputStream().flush();
      InputStream in = socket.getInputStream();
      int first = in.read();
      // a TLS alert is a refusal, whatever it says
      return first >= 0 && first != 0x15;
    } catch (SocketTimeoutException silent) {
      return false;
    } catch (IOException refused) {
      return false;
    }
  }

  private boolean answersMesh(int port) throws IOException {
    Endpoint self =
        new Endpoint(
            "127.0.0.1",
            port,
            1,
            Endpoint.Health.HEALTHY,
            Locality.UNKNOWN,
            "istio",
            Endpoint.Workload.UNKNOWN,
            Map.of());
    try (Socket socket = open(port);
        SSLSocket mesh =
            (SSLSocket)
                tls.clientSockets(MESH, self, List.of("h2", "http/1.1"))
                    .createSocket(socket, "127.0.0.1", port, true)) {
      mesh.setSoTimeout(TIMEOUT_MILLIS);
      mesh.startHandshake();
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static Socket open(int port) throws IOException {
    Socket socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
