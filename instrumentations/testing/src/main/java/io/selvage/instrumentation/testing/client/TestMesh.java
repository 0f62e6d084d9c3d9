package io.selvage.instrumentation.testing.client;

import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.snapshot.Reason;
import io.selvage.engine.stack.Engine;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.identity.IdentityException;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.Svid;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import java.time.Clock;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The mesh of one test: a real engine with an identity of the test's authority, installed for all
 * seams of this JVM until it is closed.
 */
public final class TestMesh implements AutoCloseable {
  private final TestAuthority authority;
  private final WorkloadIdentity identity = new WorkloadIdentity();
  private final Engine engine;
  private final EngineRuntime runtime;

  public TestMesh(TestAuthority authority, String spiffeId) {
    this(authority, spiffeId, builder -> builder);
  }

  /**
   * @param special sinks, clock or limits that a test needs
   */
  public TestMesh(TestAuthority authority, String spiffeId, UnaryOperator<Engine.Builder> special) {
    this.authority = authority;
    this.engine = special.apply(Engine.builder(Node.UNKNOWN)).build();
    become(spiffeId);
    IdentityTls tls =
        new IdentityTls(identity, port -> null, Clock.systemUTC(), refusedHandshake -> {});
    this.runtime = new EngineRuntime(engine, tls);
    Mesh.install(runtime);
  }

  /** Configuration, as if the control plane had pushed it; in force when this returns. */
  public void publish(MeshConfig config) {
    List<Reason> leftOut = engine.publish(config);
    if (!leftOut.isEmpty()) {
      throw new IllegalArgumentException("the engine left out " + leftOut);
    }
  }

  /** A new key and certificate, as after a rotation; with another SPIFFE id the epoch changes. */
  public void become(String spiffeId) {
    Credentials credentials = authority.workload(spiffeId);
    try {
      identity.install(
          Svid.of(credentials.chain(), credentials.key()),
          TrustBundle.of("cluster.local", List.of(authority.root())));
    } catch (IdentityException broken) {
      throw new IllegalStateException(broken);
    }
  }

  /** What seams ask. */
  public MeshRuntime runtime() {
    return runtime;
  }

  /** The engine behind it, for its counters. */
  public Engine engine() {
    return engine;
  }

  /** From now on every question about a request throws, as a bug of ours would. */
  public void breakDown() {
    runtime.breakDown();
  }

  /** As before the mesh has started. */
  public void remove() {
    Mesh.install(null);
  }

  @Override
  public void close() {
    remove();
    runtime.close();
  }
}
