package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a listener says of all its HTTP streams (Envoy {@code HttpConnectionManager}).
 *
 * @param streamIdleTimeout how long nothing may be heard of a stream; null = for ever
 * @param maxStreamDuration of a whole stream; null = no limit
 */
public record ManagerPolicy(
    @Nullable Duration streamIdleTimeout, @Nullable Duration maxStreamDuration) {
  /** Nothing is limited. */
  public static final ManagerPolicy NONE = new ManagerPolicy(null, null);
}
