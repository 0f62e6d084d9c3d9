package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a listener says of all its HTTP streams (Envoy {@code HttpConnectionManager}).
 *
 * @param streamIdleTimeout how long nothing may be heard of a stream; null = for ever
 * @param maxStreamDuration of a whole stream; null = no limit
 * @param limits what it lets through
 */
public record ManagerPolicy(
    @Nullable Duration streamIdleTimeout,
    @Nullable Duration maxStreamDuration,
    RequestLimits limits) {
  /** Nothing is limited. */
  public static final ManagerPolicy NONE = new ManagerPolicy(null, null);

  /** Streams with these limits. */
  public ManagerPolicy(@Nullable Duration streamIdleTimeout, @Nullable Duration maxStreamDuration) {
    this(streamIdleTimeout, maxStreamDuration, RequestLimits.NONE);
  }
}
