package io.selvage.engine.snapshot;

import io.selvage.engine.model.LocalRateLimit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Buckets by key, of which there are never more than so many. Any thread; no lock where the key is
 * known.
 */
final class BucketTable {
  private static final long SWEEP_NANOS = 100_000_000L;

  /** What is done with a new key when the table is full. */
  enum Overflow {
    /** The bucket that was not asked for longest is forgotten (Envoy). */
    FORGET_OLDEST,
    /**
     * Buckets that are full again are forgotten, which changes nothing; without one the new key
     * shares a bucket with others. Who makes up new keys gains nothing by it.
     */
    SHARE
  }

  private static final class Slot {
    final TokenBucket bucket;
    volatile long lastTurn;

    Slot(TokenBucket bucket, long turn) {
      this.bucket = bucket;
      lastTurn = turn;
    }
  }

  private final LocalRateLimit.Bucket config;
  private final int most;
  private final Overflow overflow;
  private final Map<Object, Slot> slots = new ConcurrentHashMap<>();
  private final TokenBucket others;
  private final AtomicLong nextSweep;
  private final AtomicLong turns = new AtomicLong();

  BucketTable(LocalRateLimit.Bucket config, int most, Overflow overflow, long now) {
    this.config = config;
    this.most = most;
    this.overflow = overflow;
    others = new TokenBucket(config, now);
    nextSweep = new AtomicLong(now);
  }

  int size() {
    return slots.size();
  }

  /** The bucket of a key. */
  TokenBucket of(Object key, long now) {
    Slot found = slots.get(key);
    if (found != null) {
      found.lastTurn = turn();
      return found.bucket;
    }
    if (slots.size() >= most && !makesRoom(now)) {
      return others;
    }
    return slots.computeIfAbsent(key, k -> new Slot(new TokenBucket(config, now), turn())).bucket;
  }

  /** Counts uses, where their order matters. */
  private long turn() {
    return overflow == Overflow.FORGET_OLDEST ? turns.incrementAndGet() : 0;
  }

  private boolean makesRoom(long now) {
    if (overflow == Overflow.FORGET_OLDEST) {
      Object oldest = oldest();
      if (oldest != null) {
        slots.remove(oldest);
      }
      return true;
    }
    long due = nextSweep.get();
    if (now - due >= 0 && nextSweep.compareAndSet(due, now + SWEEP_NANOS)) {
      slots.values().removeIf(slot -> slot.bucket.isFull(now));
    }
    return slots.size() < most;
  }

  private @Nullable Object oldest() {
    Object oldest = null;
    long since = 0;
    for (Map.Entry<Object, Slot> each : slots.entrySet()) {
      long used = each.getValue().lastTurn;
      if (oldest == null || used < since) {
        oldest = each.getKey();
        since = used;
      }
    }
    return oldest;
  }
}
