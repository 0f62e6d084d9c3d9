package io.selvage.engine.model;

/**
 * What a listener says of tracing and access log (Envoy HCM {@code tracing}, {@code access_log}).
 *
 * @param sampledFraction 0.0 to 1.0, of requests that carry no decision of their own
 * @param accessLog whether a line is written for each request
 */
public record Observability(boolean tracing, double sampledFraction, boolean accessLog) {
  /** Everything traced, everything logged: the mesh's default. */
  public static final Observability DEFAULT = new Observability(true, 1.0, true);
}
