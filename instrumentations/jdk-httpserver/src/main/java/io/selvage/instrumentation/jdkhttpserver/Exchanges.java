package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpExchange;
import java.lang.ref.WeakReference;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges under way. Keys are weak, as an application may forget to close one; so are values,
 * which refer to their key: the streams inside the library's exchange keep them. Any thread.
 */
final class Exchanges {
  private static final Map<HttpExchange, WeakReference<JdkExchange>> RUNNING =
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
    WeakReference<JdkExchange> running = RUNNING.get(exchange);
    return running == null ? null : running.get();
  }

  static void began(HttpExchange exchange, JdkExchange running) {
    RUNNING.put(exchange, new WeakReference<>(running));
  }
}
