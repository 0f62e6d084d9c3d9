package io.selvage.engine.flow;

/**
 * A W3C trace context (https://www.w3.org/TR/trace-context/).
 *
 * @param traceId 32 lower-case hex digits
 * @param spanId 16 lower-case hex digits: the span that is the parent of what happens next
 * @param traceState as received; empty when none
 */
public record TraceContext(String traceId, String spanId, boolean sampled, String traceState) {
  /** The {@code traceparent} header. */
  public String traceparent() {
    return "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00");
  }
}
