package io.selvage.engine.snapshot;

import io.selvage.engine.model.Listener;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.Observability;
import org.jspecify.annotations.Nullable;

/**
 * An outbound listener of one snapshot.
 *
 * @param routes for HTTP; null when its route configuration is not known (yet)
 * @param fault for HTTP: the listener's own; null = none
 * @param split for TCP; null for HTTP
 */
public record CompiledListener(
    Listener listener,
    @Nullable CompiledRoutes routes,
    @Nullable CompiledFault fault,
    @Nullable Split split) {
  public boolean isHttp() {
    return split == null;
  }

  /** What the listener says of all its streams. */
  public ManagerPolicy policy() {
    return listener.target() instanceof Listener.Http http ? http.policy() : ManagerPolicy.NONE;
  }

  /** What the listener says of tracing and logging. */
  public Observability observability() {
    return listener.target() instanceof Listener.Http http
        ? http.observability()
        : Observability.DEFAULT;
  }
}
