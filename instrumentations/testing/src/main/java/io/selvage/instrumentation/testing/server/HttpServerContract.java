package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.instrumentation.testing.WovenJvm;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
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
public abstract class HttpServerContract implements TlsPromises, RequestPromises, PolicyPromises {
  private @Nullable ServerMesh mesh;
  private @Nullable SampleServer server;

  /** Starts the application on a free port. */
  protected abstract SampleServer start() throws Exception;

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
}
