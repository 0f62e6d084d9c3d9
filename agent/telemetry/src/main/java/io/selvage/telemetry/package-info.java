/**
 * Exports what the engine observes: Prometheus text, spans by OTLP, the access log.
 *
 * <p>The engine accumulates and hands over; nothing here is on a request's path but an offer to a
 * bounded queue.
 */
package io.selvage.telemetry;
