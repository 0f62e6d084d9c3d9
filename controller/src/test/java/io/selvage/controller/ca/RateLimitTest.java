package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  @Test
  void refillsOverTimePerCaller() {
    AtomicLong now = new AtomicLong();
    RateLimit limit = new RateLimit(1, 2, now::get);
    assertThat(limit.tryTake("a")).isTrue();
    assertThat(limit.tryTake("a")).isTrue();
    assertThat(limit.tryTake("a")).isFalse();
    assertThat(limit.has("a")).isFalse();
    assertThat(limit.tryTake("b")).isTrue();
    now.addAndGet(1_000_000_000L);
    assertThat(limit.tryTake("a")).isTrue();
    assertThat(limit.tryTake("a")).isFalse();
  }
}
