package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Cross-origin rules of a route (Envoy {@code CorsPolicy}). */
public record Cors(
    List<StringMatch> allowOrigins,
    List<String> allowMethods,
    List<String> allowHeaders,
    List<String> exposeHeaders,
    @Nullable Duration maxAge,
    boolean allowCredentials) {
  public Cors {
    allowOrigins = List.copyOf(allowOrigins);
    allowMethods = List.copyOf(allowMethods);
    allowHeaders = List.copyOf(allowHeaders);
    exposeHeaders = List.copyOf(exposeHeaders);
  }
}
