package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.extension.PortPolicy.Mode;
import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Credentials;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What every instrumentation of an HTTP server promises; one small subclass per stack and version.
 *
 * <p>Sockets, TLS, protocols and the server are real; the mesh decides by path. Callers speak
 * HTTP/1.1 and HTTP/2 by hand, so nothing is repeated or hidden by a client library.
 */
@ExtendWith(WovenJvm.class)
@Timeout(90)
public abstract class HttpServerContract
    implements TlsPromises, RequestPromises, PolicyPromises, PathPromises, FailClosedPromises {
  private @Nullable ServerMesh mesh;
  private @Nullable SampleServer server;

  /** Starts the application on a free port. */
  protected abstract SampleServer start() throws Exception;

  /** The same application with TLS of its own; null when the stack has none. */
  protected @Nullable SampleServer startWithTls(Credentials own) throws Exception {
    return null;
  }

  @BeforeEach
  void startWorld() throws Exception {
    mesh = new ServerMesh(AUTHORITY.workload(SERVER));
    server = start();
  }

  @AfterEach
  void stopWorld() throws Exception {
    if (server != null) {
      server.close();
    }
    if (mesh != null) {
      mesh.close();
    }
  }

  @Override
  public final ServerMesh mesh() {
    if (mesh == null) {
      throw new IllegalStateException("no test is running");
    }
    return mesh;
  }

  @Override
  public final SampleServer server() {
    if (server == null) {
      throw new IllegalStateException("no test is running");
    }
    return server;
  }

  @Test
  void saysWhichPortsListen() throws Exception {
    int port = server().port();
    await().until(() -> mesh().listeningPorts().containsKey(port));
    assertThat(mesh().listeningPorts()).containsEntry(port, seam());
    server().close();
    server = null;
    await().untilAsserted(() -> assertThat(mesh().closedPorts()).contains(port));
  }

  @Test
  void standsAsideBeforeTheMeshHasStarted() throws Exception {
    io.selvage.extension.Mesh.install(null);
    assertThat(once(Entry.H1, Ask.get("/deny")).status()).isEqualTo(200);
  }

  @Test
  void tlsOfTheApplicationsOwnIsLeftAlone() throws Exception {
    Credentials own = AUTHORITY.loopback();
    try (SampleServer secured = startWithTls(own)) {
      if (secured == null) {
        Assumptions.abort("the stack has no TLS of its own in this test");
        return;
      }
      SSLContext browser = ServerTls.browser(own);
      for (Mode mode : List.of(Mode.PERMISSIVE, Mode.DISABLE, Mode.STRICT)) {
        mesh().mode(mode);
        try (Wire wire = Wire.open(Entry.H1_TLS, secured.port(), browser)) {
          // in STRICT its callers show no identity of the mesh
          int expected = mode == Mode.STRICT ? 403 : 200;
          assertThat(wire.send(Ask.get("/hello")).status()).as("%s", mode).isEqualTo(expected);
        }
      }
      assertThat(mesh().serverTls().engines()).as("engines of the mesh").isZero();
      assertThat(mesh().served()).allMatch(request -> !request.peer().tls());
    }
  }
}
