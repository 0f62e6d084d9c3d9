package io.selvage.engine.snapshot;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM knows of one endpoint, across pushes: load, latency and outlier counters. Any
 * thread.
 *
 * <p>The outlier fields are changed by the outlier layer only, under this object's lock; they are
 * volatile because balancers and explanations read them without it.
 */
public final class EndpointState {
  /** A mean of latencies and when it was changed. */
  private record Latency(double millis, long atNanos) {}

  private final String address;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicReference<@Nullable Latency> latency = new AtomicReference<>();
  private volatile boolean wasHealthy;
  private volatile long healthySinceNanos;

  public int consecutive5xx;
  public int consecutiveGatewayErrors;
  public int consecutiveLocalOrigin;
  public volatile boolean ejected;
  public volatile long ejectedAtNanos;
  public volatile long jitterNanos;
  public volatile boolean everReturned;
  public volatile long returnedAtNanos;

  /** Whether the endpoint's own breaker lets nothing through; written by the breaker layer only. */
  public volatile boolean refusing;

  /** The endpoint's own breaker, of that layer's type; null = none. */
  public volatile @Nullable Object breaker;

  /** How many base ejection times the next ejection lasts; grows with each, shrinks in peace. */
  public volatile int ejections;

  /** What the endpoint answered. */
  public final Results answers = new Results();

  /** Whether it could be reached, where that is judged apart. */
  public final Results reached = new Results();

  EndpointState(String address) {
    this.address = address;
  }

  /** Address and port. */
  public String address() {
    return address;
  }

  /** Requests or connections under way to it. */
  public int inFlight() {
    return inFlight.get();
  }

  public void taken() {
    inFlight.incrementAndGet();
  }

  public void released() {
    inFlight.decrementAndGet();
  }

  /** A snapshot has it; a slow start begins when it is first seen healthy. */
  void seen(boolean healthy, long now) {
    if (healthy && !wasHealthy) {
      healthySinceNanos = now;
      wasHealthy = true;
    }
  }

  /** When it was first seen healthy. */
  public long healthySinceNanos() {
    return healthySinceNanos;
  }

  /** The mean of its latencies, newer ones counting more; 0 = it has never answered. */
  public double latencyMillis() {
    Latency now = latency.get();
    return now == null ? 0 : now.millis;
  }

  /**
   * Takes a latency into the mean: what was known counts for 1/e after {@code decayNanos}.
   *
   * <p>Source: Envoy {@code PeakEwmaLoadBalancer::updateEwmaWithSample}.
   */
  public void answeredAfter(double millis, long now, long decayNanos) {
    latency.updateAndGet(
        before -> {
          if (before == null) {
            return new Latency(millis, now);
          }
          long passed = now - before.atNanos;
          double part = passed <= 0 ? 1.0 : 1.0 - Math.exp(-(double) passed / decayNanos);
          return new Latency(part * millis + (1.0 - part) * before.millis, now);
        });
  }
}
