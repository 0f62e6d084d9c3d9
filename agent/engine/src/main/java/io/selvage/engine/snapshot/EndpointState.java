package io.selvage.engine.snapshot;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM knows of one endpoint, across pushes: load and outlier counters. Any thread.
 *
 * <p>The outlier fields are changed by the outlier layer only, under this object's lock; they are
 * volatile because balancers and explanations read them without it.
 */
public final class EndpointState {
  private final String address;
  private final AtomicInteger inFlight = new AtomicInteger();
  public int consecutive5xx;
  public int consecutiveGatewayErrors;
  public int consecutiveLocalOrigin;
  public volatile boolean ejected;
  public volatile long ejectedAtNanos;
  public volatile long returnedAtNanos;

  /** Whether the endpoint's own breaker lets nothing through; written by the breaker layer only. */
  public volatile boolean refusing;

  /** The endpoint's own breaker, of that layer's type; null = none. */
  public volatile @Nullable Object breaker;

  /** How many base ejection times the next ejection lasts; grows with each, shrinks in peace. */
  public volatile int ejections;

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
}
