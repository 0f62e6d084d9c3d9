package io.selvage.engine.snapshot;

import io.selvage.engine.model.LocalRateLimit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens that come back evenly with time. Any thread; lock-free: what is kept is the moment at
 * which the bucket was empty. Source: Envoy {@code AtomicTokenBucketImpl}.
 */
public final class TokenBucket {
  private final double nanosPerToken;
  private final double full;
  private final AtomicLong emptyAt;

  TokenBucket(LocalRateLimit.Bucket bucket, long now) {
    nanosPerToken = (double) bucket.interval().toNanos() / bucket.tokensPerFill();
    full = nanosPerToken * bucket.maxTokens();
    emptyAt = new AtomicLong(now - (long) Math.ceil(full));
  }

  /** How many come back in a second. */
  double perSecond() {
    return 1e9 / nanosPerToken;
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
