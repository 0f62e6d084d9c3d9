package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** Exchanges under way. Keys are weak, as an application may forget to close one. Any thread. */
final class Exchanges {
  private static final Map<HttpExchange, JdkExchange> RUNNING =
      Collections.synchronizedMap(new WeakHashMap<>());

  private Exchanges() {}

  /**
   * Whether the mesh was asked already: the chain is entered again for each filter, with the
   * exchange or with one that a filter has put around it.
   */
  static boolean isKnown(HttpExchange exchange) {
    return !exchange.getClass().getName().startsWith("sun.net.httpserver.")
        || RUNNING.containsKey(exchange);
  }

  static @Nullable JdkExchange of(HttpExchange exchange) {
    return RUNNING.get(exchange);
  }

  static void began(HttpExchange exchange, JdkExchange running) {
    RUNNING.put(exchange, running);
  }
}
