package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin rules of a route (Envoy {@code CorsPolicy}).
 *
 * @param allowMethods one {@code *} allows what is asked for; as are headers
 * @param maxAge null = nothing is said
 * @param forwardsUnmatched whether a preflight request of another origin goes to the application;
 *     else it is answered without allowing anything
 * @param privateNetwork whether {@code access-control-request-private-network} is granted
 * @param share of the requests for which there are rules at all
 */
public record Cors(
    List<StringMatch> allowOrigins,
    List<String> allowMethods,
    List<String> allowHeaders,
    List<String> exposeHeaders,
    @Nullable Duration maxAge,
    boolean allowCredentials,
    boolean forwardsUnmatched,
    boolean privateNetwork,
    double share) {
  public Cors {
    allowOrigins = List.copyOf(allowOrigins);
    allowMethods = List.copyOf(allowMethods);
    allowHeaders = List.copyOf(allowHeaders);
    exposeHeaders = List.copyOf(exposeHeaders);
  }

  /** For all requests, where preflights of other origins go to the application. */
  public Cors(
      List<StringMatch> allowOrigins,
      List<String> allowMethods,
      List<String> allowHeaders,
      List<String> exposeHeaders,
      @Nullable Duration maxAge,
      boolean allowCredentials) {
    this(
        allowOrigins,
        allowMethods,
        allowHeaders,
        exposeHeaders,
        maxAge,
        allowCredentials,
        true,
        false,
        1.0);
  }
}
