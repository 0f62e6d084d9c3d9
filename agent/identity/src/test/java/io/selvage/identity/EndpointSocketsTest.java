package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Locality;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real sockets, as a library that does TLS by itself uses them. */
class EndpointSocketsTest {
  private static final TestPki PKI = WrongChains.PKI;

  private final IdentityTls client =
      new IdentityTls(PKI.identity("productpage"), port -> null, Clock.systemUTC(), r -> {});
  private final IdentityTls server =
      new IdentityTls(PKI.identity("reviews"), port -> null, Clock.systemUTC(), r -> {});
  private final BlockingQueue<List<String>> offered = new LinkedBlockingQueue<>();
  private ServerSocket listening;

  @BeforeEach
  void open() throws IOException {
    listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Thread accepting = new Thread(this::accept, "test-server");
    accepting.setDaemon(true);
    accepting.start();
  }

  @AfterEach
  void close() throws IOException {
    listening.close();
  }

  private void accept() {
    SSLSocketFactory factory = server.serverContext(listening.getLocalPort()).getSocketFactory();
    while (!listening.isClosed()) {
      try (Socket plain = listening.accept();
          SSLSocket tls = (SSLSocket) factory.createSocket(plain, null, true)) {
        tls.setHandshakeApplicationProtocolSelector(
            (socket, names) -> {
              offered.add(names);
              return names.get(0);
            });
        tls.getOutputStream().write(tls.getInputStream().read());
      } catch (IOException next) {
        // the client's refusal, or the end of the test
      }
    }
  }

  private SSLSocketFactory factory(String... peers) {
    Endpoint endpoint =
        new Endpoint(
            "127.0.0.1",
            listening.getLocalPort(),
            1,
            Endpoint.Health.HEALTHY,
            Locality.UNKNOWN,
            "istio",
            Endpoint.Workload.UNKNOWN,
            Map.of());
    return client.clientSockets(IdentityTlsTest.mesh(peers), endpoint, List.of("h2", "http/1.1"));
  }

  @Test
  void aLibraryCannotDropTheMeshsProtocolsOrServerName() throws Exception {
    try (Socket plain = new Socket("127.0.0.1", listening.getLocalPort());
        SSLSocket tls =
            (SSLSocket) factory().createSocket(plain, "reviews", listening.getLocalPort(), true)) {
      SSLParameters libraries = tls.getSSLParameters();
      libraries.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      libraries.setServerNames(List.of());
      tls.setSSLParameters(libraries);
      tls.startHandshake();
      assertThat(offered.poll(10, TimeUnit.SECONDS))
          .containsExactly("istio-h2", "istio-http/1.1", "istio", "h2", "http/1.1");
      assertThat(tls.getApplicationProtocol()).isEqualTo("h2");
      assertThat(tls.getSSLParameters().getServerNames()).hasSize(1);
      tls.getOutputStream().write(42);
      assertThat(tls.getInputStream().read()).isEqualTo(42);
      assertThat(tls.getSession().getPeerCertificates()).isNotEmpty();
    }
  }

  @Test
  void unconnectedSocketsGoToTheEndpointWhateverTheyAreAskedFor() throws Exception {
    try (Socket tls = factory().createSocket("nowhere.invalid", 1)) {
      tls.getOutputStream().write(7);
      assertThat(tls.getInputStream().read()).isEqualTo(7);
      assertThat(tls.getPort()).isEqualTo(listening.getLocalPort());
    }
  }

  @Test
  void somebodyElseIsRefused() throws Exception {
    try (Socket tls =
        factory("spiffe://cluster.local/ns/default/sa/ratings").createSocket("reviews", 1)) {
      assertThatThrownBy(() -> tls.getOutputStream().write(7))
          .isInstanceOf(SSLException.class)
          .hasStackTraceContaining("[SELV-4006]");
    }
  }
}
