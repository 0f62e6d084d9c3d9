package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Injected trouble (Envoy {@code HTTPFault}).
 *
 * @param delay null = none
 * @param abortHttpStatus 0 = none
 * @param abortGrpcStatus -1 = none
 * @param headers only requests that match all of them
 */
public record Fault(
    @Nullable Duration delay,
    double delayFraction,
    int abortHttpStatus,
    int abortGrpcStatus,
    double abortFraction,
    List<HeaderMatch> headers) {
  public Fault {
    headers = List.copyOf(headers);
  }
}
