package io.selvage.extension;

import org.jspecify.annotations.Nullable;

/**
 * The mesh of this JVM, as instrumentations see it.
 *
 * <p>Lives in the agent's loader, so there is one for all applications of a JVM. Any thread.
 */
public final class Mesh {
  private static volatile @Nullable MeshRuntime runtime;

  private Mesh() {}

  /**
   * The running mesh; null before it has started and after it has stopped: the library then does
   * what it always does.
   */
  public static @Nullable MeshRuntime runtime() {
    return runtime;
  }

  /** Called by the runtime (or a test) once the mesh can answer; null takes it away. */
  public static void install(@Nullable MeshRuntime started) {
    runtime = started;
  }
}
