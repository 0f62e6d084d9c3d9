package io.selvage.instrumentation.testing.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Servers, mesh and client of one test. Not thread-safe, but what it hands out is. */
public final class ClientFixture implements AutoCloseable {
  /** SPIFFE id of this JVM's workload. */
  public static final String CLIENT = "spiffe://cluster.local/ns/default/sa/productpage";

  /** SPIFFE id of the fixture's upstream servers. */
  public static final String SERVER = "spiffe://cluster.local/ns/default/sa/reviews";

  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Credentials SERVER_CREDENTIALS = AUTHORITY.workload(SERVER);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Function<Caller.Setup, Caller> callers;
  private final TestMesh mesh;
  private final boolean http2;
  private final MeshSketch sketch = new MeshSketch();
  private @Nullable Caller caller;

  public ClientFixture(Function<Caller.Setup, Caller> callers, boolean http2) {
    this.callers = callers;
    this.http2 = http2;
    this.mesh = opened(new TestMesh(AUTHORITY, CLIENT));
  }

  public TestMesh mesh() {
    return mesh;
  }

  public TestAuthority authority() {
    return AUTHORITY;
  }

  public Caller caller() {
    Caller known = caller;
    if (known == null) {
      known = caller(Caller.Setup.PLAIN);
    }
    return known;
  }

  /** The client of this test, built in a special way; asked for before {@link #caller()}. */
  public Caller caller(Caller.Setup setup) {
    Caller made = opened(callers.apply(setup));
    caller = made;
    return made;
  }

  /** The mesh that {@link #publish} publishes. */
  public MeshSketch sketch() {
    return sketch;
  }

  /** The service that most promises call. */
  public MeshSketch.Svc reviews() {
    MeshSketch.Svc service = sketch.http("reviews", 9080).peer(SERVER);
    return http2 ? service.http2() : service;
  }

  public void publish() {
    mesh.publish(sketch.config());
  }

  /** An upstream with the right identity that answers 200 with its name. */
  public UpstreamServer good(String name) {
    return server(name, Responder.named(name));
  }

  public UpstreamServer server(String name, Responder responder) {
    return opened(UpstreamServer.mutualTls(name, SERVER_CREDENTIALS, http2, responder));
  }

  /** An upstream of the mesh with another identity than the one expected. */
  public UpstreamServer impostor() {
    return opened(
        UpstreamServer.mutualTls(
            "impostor",
            AUTHORITY.workload("spiffe://cluster.local/ns/default/sa/impostor"),
            http2,
            Responder.named("impostor")));
  }

  /** An upstream whose certificate another authority has issued. */
  public UpstreamServer stranger() {
    return opened(
        UpstreamServer.mutualTls(
            "stranger", new TestAuthority().workload(SERVER), http2, Responder.named("stranger")));
  }

  public UpstreamServer plaintext(String name) {
    return opened(UpstreamServer.plaintext(name, http2, Responder.named(name)));
  }

  /** An https server of the application's own, outside the mesh. */
  public UpstreamServer https(String name, Credentials credentials) {
    return opened(UpstreamServer.https(name, credentials, http2, Responder.named(name)));
  }

  /** A port where nobody listens. */
  public int deadPort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void close() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }
}
