package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a consistent-hash balancer hashes (Envoy {@code RouteAction.HashPolicy}). */
public sealed interface HashPolicy {
  boolean terminal();

  record Header(String name, boolean terminal) implements HashPolicy {}

  /** With a ttl, a missing cookie is made. */
  record Cookie(String name, @Nullable Duration ttl, String path, boolean terminal)
      implements HashPolicy {}

  record SourceIp(boolean terminal) implements HashPolicy {}

  record QueryParameter(String name, boolean terminal) implements HashPolicy {}
}
