package io.selvage.engine.snapshot;

import io.selvage.engine.model.LocalRateLimit;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens that come back evenly with time. Any thread; lock-free: what is kept is the moment at
 * which the bucket was empty. Source: Envoy {@code AtomicTokenBucketImpl}.
 */
public final class TokenBucket {
  private static final double NANOS = 1e9;
  private final double nanosPerToken;
  private final double full;
  private final long most;
  private final AtomicLong emptyAt;

  TokenBucket(LocalRateLimit.Bucket bucket, long now) {
    nanosPerToken = (double) bucket.interval().toNanos() / bucket.tokensPerFill();
    most = bucket.maxTokens();
    full = nanosPerToken * most;
    emptyAt = new AtomicLong(now - (long) Math.ceil(full));
  }

  /** How many come back in a second. */
  double perSecond() {
    return NANOS / nanosPerToken;
  }

  /** Whether it holds all of its tokens, so that a new one would be the same. */
  boolean isFull(long now) {
    return now - emptyAt.get() >= full;
  }

  private double nanosInIt(long now) {
    return Math.min(full, (double) (now - emptyAt.get()));
  }

  /** {@code x-ratelimit-limit}, {@code -remaining} and {@code -reset} in seconds. */
  public Map<String, String> headers(long now) {
    long left = (long) (nanosInIt(now) / nanosPerToken);
    double wait = left > 0 ? 0 : nanosPerToken - nanosInIt(now);
    return Map.of(
        "x-ratelimit-limit", Long.toString(most),
        "x-ratelimit-remaining", Long.toString(left),
        "x-ratelimit-reset", Long.toString((long) Math.ceil(wait / NANOS)));
  }

  /** Takes a token if there is one. */
  public boolean take(long now) {
    for (; ; ) {
      long empty = emptyAt.get();
      double tokens = Math.min(full, (double) (now - empty));
      if (tokens < nanosPerToken) {
        return false;
      }
      if (emptyAt.compareAndSet(empty, now - (long) Math.floor(tokens - nanosPerToken))) {
        return true;
      }
    }
  }
}
