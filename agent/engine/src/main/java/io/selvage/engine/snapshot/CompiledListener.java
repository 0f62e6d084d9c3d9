package io.selvage.engine.snapshot;

import io.selvage.engine.model.Listener;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.PathPolicy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An outbound listener of one snapshot.
 *
 * @param routes for HTTP; null when its route configuration is not known (yet)
 * @param fault for HTTP: the listener's own; null = none
 * @param split for TCP; null for HTTP
 * @param limits for HTTP: what it lets through
 * @param chains for TCP: what is asked before {@code split}, the most specific first
 */
public record CompiledListener(
    Listener listener,
    @Nullable CompiledRoutes routes,
    @Nullable CompiledFault fault,
    @Nullable Split split,
    List<CompiledTcpChain> chains,
    Limiters limits) {

  /**
   * Clusters of a connection.
   *
   * @param host name or address that the application called, lower case
   * @param addresses that the name stands for
   * @return null for HTTP
   */
  public @Nullable Split split(String host, List<String> addresses) {
    for (int i = 0; i < chains.size(); i++) {
      if (chains.get(i).takes(host, addresses)) {
        return chains.get(i).split();
      }
    }
    return split;
  }

  public boolean isHttp() {
    return split == null;
  }

  /** What the listener says of all its streams. */
  public ManagerPolicy policy() {
    return listener.target() instanceof Listener.Http http ? http.policy() : ManagerPolicy.NONE;
  }

  /** What is done with paths before routes are asked. */
  public PathPolicy paths() {
    return listener.target() instanceof Listener.Http http ? http.paths() : PathPolicy.AS_WRITTEN;
  }

  /** What the listener says of tracing and logging. */
  public Observability observability() {
    return listener.target() instanceof Listener.Http http
        ? http.observability()
        : Observability.DEFAULT;
  }
}
