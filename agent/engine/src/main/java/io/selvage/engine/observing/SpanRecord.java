package io.selvage.engine.observing;

import java.util.Map;

/**
 * A span that has ended, in OpenTelemetry's terms.
 *
 * @param traceId 32 lower-case hex digits
 * @param spanId 16 lower-case hex digits
 * @param parentSpanId empty for a root
 * @param traceState as received; empty = none
 * @param error whether the status is ERROR, else UNSET
 * @param errorDescription empty when there is no error
 * @param attributes names of OpenTelemetry's semantic conventions to String, Long or Boolean, in a
 *     stable order
 */
public record SpanRecord(
    String traceId,
    String spanId,
    String parentSpanId,
    String traceState,
    Kind kind,
    String name,
    long startEpochNanos,
    long endEpochNanos,
    boolean error,
    String errorDescription,
    Map<String, Object> attributes) {
  /** Side of the span. */
  public enum Kind {
    CLIENT,
    SERVER
  }
}
