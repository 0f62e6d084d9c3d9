package io.selvage.engine.resilience;

import io.selvage.engine.flow.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The engine's clock in the dress that Resilience4j's state machines want. */
final class EngineTime extends java.time.Clock {
  private final Clock clock;

  EngineTime(Clock clock) {
    this.clock = clock;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public java.time.Clock withZone(ZoneId zone) {
    return this;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochSecond(0, clock.nanos());
  }
}
