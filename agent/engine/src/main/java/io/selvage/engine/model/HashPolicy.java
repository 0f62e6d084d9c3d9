package io.selvage.engine.model;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a consistent-hash balancer hashes (Envoy {@code RouteAction.HashPolicy}). */
public sealed interface HashPolicy {
  boolean terminal();

  record Header(String name, boolean terminal) implements HashPolicy {}

  /**
   * With a ttl, a missing cookie is made.
   *
   * @param attributes name and value, or a name alone, as they are added to the cookie
   */
  record Cookie(
      String name,
      @Nullable Duration ttl,
      String path,
      boolean terminal,
      Map<String, String> attributes)
      implements HashPolicy {
    public Cookie {
      attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    public Cookie(String name, @Nullable Duration ttl, String path, boolean terminal) {
      this(name, ttl, path, terminal, Map.of());
    }
  }

  record SourceIp(boolean terminal) implements HashPolicy {}

  record QueryParameter(String name, boolean terminal) implements HashPolicy {}
}
