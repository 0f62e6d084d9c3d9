package io.selvage.instrumentation.testing.client;

import io.selvage.engine.model.MeshConfig;
import io.selvage.extension.Mesh;

/** The mesh of one test: a real engine with an identity of the test's authority. */
public final class TestMesh implements AutoCloseable {
  public TestMesh(TestAuthority authority, String spiffeId) {
    become(spiffeId);
  }

  /** Configuration, as if the control plane had pushed it. Takes effect before it returns. */
  public void publish(MeshConfig config) {
    throw new IllegalStateException("waits for the engine's stacks");
  }

  /** A new key and certificate, as after a rotation; with another SPIFFE id the epoch changes. */
  public void become(String spiffeId) {}

  /** From now on every question to the mesh throws. */
  public void breakDown() {}

  /** As before the mesh has started. */
  public void remove() {
    Mesh.install(null);
  }

  @Override
  public void close() {
    remove();
  }
}
