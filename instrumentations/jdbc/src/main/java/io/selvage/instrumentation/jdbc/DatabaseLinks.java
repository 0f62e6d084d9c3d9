package io.selvage.instrumentation.jdbc;

import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of drivers' connections that were opened under a policy: which database the
 * application asked for, and the connection that it holds. Weak; of this application's loader only.
 */
final class DatabaseLinks {
  private static final Map<Connection, Link> LINKS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private DatabaseLinks() {}

  /** One driver's connection. The routed connection refers to it, so it must not be referred to. */
  record Link(DatabaseUrl asked, @Nullable WeakReference<RoutedConnection> held) {
    @Nullable RoutedConnection routed() {
      return held == null ? null : held.get();
    }
  }

  static void put(Connection physical, DatabaseUrl asked, @Nullable RoutedConnection routed) {
    LINKS.put(physical, new Link(asked, routed == null ? null : new WeakReference<>(routed)));
  }

  static @Nullable Link of(Connection physical) {
    return LINKS.isEmpty() ? null : LINKS.get(physical);
  }

  /** What the application holds in place of a driver's connection; null = the connection itself. */
  static @Nullable Connection held(Connection physical) {
    Link link = of(physical);
    RoutedConnection routed = link == null ? null : link.routed();
    return routed == null ? null : routed.proxy();
  }
}
