package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.AdaptiveConcurrency;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * A limit of requests under way that follows their latency. Any thread; lock-free. There is no
 * timer: windows that were due are closed by the next request, each as at its own time.
 *
 * <p>Now and then the limit is lowered to its least until enough requests have shown the ideal time
 * ({@code minRTT}). In between, the limit is multiplied every window by ideal time over sampled
 * time (0.5 to 2.0), and its square root is added as headroom. Five windows at the least limit
 * cause a new measurement. Source: Envoy {@code GradientController}.
 */
public final class ConcurrencyLimiter {
  private static final int WINDOWS_AT_LEAST = 5;
  private static final long NEVER = Long.MAX_VALUE;

  /**
   * Between two changes of the limit.
   *
   * @param restored the limit after the measurement that is under way; 0 = none is
   * @param minRtt ideal time in microseconds
   * @param atLeast how many windows in a row have set the least limit
   * @param epoch requests from before do not count
   * @param windowEnd when the limit is set anew
   * @param nextMeasurement when the ideal time is measured again
   */
  private record Phase(
      int limit,
      int restored,
      long minRtt,
      int atLeast,
      long epoch,
      long windowEnd,
      long nextMeasurement,
      LatencySamples samples) {
    boolean isMeasuring() {
      return restored > 0;
    }
  }

  private final AdaptiveConcurrency config;
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicReference<Phase> phase;

  /** Refusals so far. */
  public final LongAdder refused = new LongAdder();

  ConcurrencyLimiter(AdaptiveConcurrency config, long now) {
    this.config = config;
    Duration fixed = config.fixedMinRtt();
    boolean measures = fixed == null;
    phase =
        new AtomicReference<>(
            new Phase(
                config.least(),
                measures ? config.least() : 0,
                fixed == null ? 0 : micros(fixed.toNanos()),
                0,
                now,
                now + config.update().toNanos(),
                NEVER,
                new LatencySamples()));
  }

  public AdaptiveConcurrency config() {
    return config;
  }

  /** Never null, which the type of the reference cannot say. */
  private Phase current() {
    return Objects.requireNonNull(phase.get());
  }

  /** The limit that holds now. */
  public int limit() {
    return current().limit();
  }

  /** Requests under way. */
  public int underWay() {
    return underWay.get();
  }

  /** Takes a place; false = none is free. */
  public boolean enter(long now, Randomness random) {
    closeWindows(now);
    for (; ; ) {
      int taken = underWay.get();
      if (taken >= current().limit()) {
        refused.increment();
        return false;
      }
      if (underWay.compareAndSet(taken, taken + 1)) {
        return true;
      }
    }
  }

  /** Gives a place back and counts how long its request took. */
  public void leave(long entered, long now, Randomness random) {
    underWay.decrementAndGet();
    closeWindows(now);
    Phase current = current();
    if (entered - current.epoch() < 0) {
      return;
    }
    int samples = current.samples().add(micros(now - entered));
    if (current.isMeasuring() && samples >= config.minRttRequests()) {
      phase.compareAndSet(current, measured(current, now, random));
    }
  }

  /** Gives a place back whose request tells nothing of latency. */
  public void forget() {
    underWay.decrementAndGet();
  }

  private static long micros(long nanos) {
    return nanos / 1000;
  }

  private void closeWindows(long now) {
    for (; ; ) {
      Phase current = current();
      if (current.isMeasuring()) {
        return;
      }
      boolean measure =
          current.nextMeasurement() != NEVER
              && current.nextMeasurement() - current.windowEnd() <= 0;
      long due = measure ? current.nextMeasurement() : current.windowEnd();
      if (now - due < 0) {
        return;
      }
      phase.compareAndSet(current, measure ? measuring(current, due) : windowOver(current, now));
    }
  }

  private Phase measuring(Phase before, long at) {
    return new Phase(
        config.least(), before.limit(), before.minRtt(), 0, at, NEVER, NEVER, new LatencySamples());
  }

  private Phase measured(Phase before, long now, Randomness random) {
    return new Phase(
        before.restored(),
        0,
        before.samples().quantile(config.percentile()),
        0,
        before.epoch(),
        now + config.update().toNanos(),
        now + late(random),
        new LatencySamples());
  }

  /** Until the next measurement, jitter included. */
  private long late(Randomness random) {
    long interval = config.minRttInterval().toMillis();
    long range = (long) Math.ceil(interval * config.jitter());
    return Duration.ofMillis(range == 0 ? interval : interval + random.below(range)).toNanos();
  }

  private Phase windowOver(Phase before, long now) {
    long window = config.update().toNanos();
    if (before.samples().isEmpty()) {
      // all of the windows in which nothing happened at once
      long until =
          before.nextMeasurement() == NEVER ? now : Math.min(now, before.nextMeasurement());
      long empty = Math.max(0, (until - before.windowEnd()) / window) + 1;
      return new Phase(
          before.limit(),
          0,
          before.minRtt(),
          before.atLeast(),
          before.epoch(),
          before.windowEnd() + empty * window,
          before.nextMeasurement(),
          before.samples());
    }
    int limit = next(before);
    boolean stays = before.limit() == config.least() && limit == config.least();
    int atLeast = stays ? before.atLeast() + 1 : 0;
    boolean doubtful = atLeast >= WINDOWS_AT_LEAST && config.fixedMinRtt() == null;
    return new Phase(
        limit,
        0,
        before.minRtt(),
        atLeast,
        before.epoch(),
        before.windowEnd() + window,
        doubtful ? before.windowEnd() : before.nextMeasurement(),
        new LatencySamples());
  }

  private int next(Phase before) {
    double ideal = before.minRtt() + before.minRtt() * config.buffer();
    long sampled = before.samples().quantile(config.percentile());
    double gradient = sampled == 0 ? 2.0 : Math.max(0.5, Math.min(2.0, ideal / sampled));
    double limit = before.limit() * gradient;
    return Math.max(config.least(), Math.min(config.most(), (int) (limit + Math.sqrt(limit))));
  }
}
