package io.selvage.engine.observing;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What was done in one database since it was last written down. Any thread. */
final class AuditTable {
  private final Map<Key, Kind> kinds = new ConcurrentHashMap<>();
  private final AtomicLong suppressed = new AtomicLong();
  private long second;
  private int lines;

  private record Key(String server, String caller, String digest) {}

  /** Sums of one kind since its last line. */
  record Sums(long count, long failed, long rows, long totalNanos, long maxNanos) {
    static final Sums NONE = new Sums(0, 0, 0, 0, 0);

    Sums plus(Sums more) {
      return new Sums(
          count + more.count,
          failed + more.failed,
          rows + more.rows,
          totalNanos + more.totalNanos,
          Math.max(maxNanos, more.maxNanos));
    }
  }

  AuditTable(long nowNanos) {
    second = nowNanos;
  }

  /** Whether a kind is told apart: there is room for it, or it has had it. */
  boolean knows(String server, String caller, String digest, int limit) {
    return kinds.size() < limit || kinds.containsKey(new Key(server, caller, digest));
  }

  Kind of(String server, String caller, String digest) {
    // what does not fit is counted together, without its server and caller
    Key key = digest.equals("others") ? new Key("", "", digest) : new Key(server, caller, digest);
    return kinds.computeIfAbsent(key, k -> new Kind());
  }

  /** Takes one line out of the second's share. */
  synchronized boolean mayWrite(long nowNanos, int perSecond) {
    if (nowNanos - second >= 1_000_000_000L) {
      second = nowNanos;
      lines = 0;
    }
    if (lines >= perSecond) {
      suppressed.incrementAndGet();
      return false;
    }
    lines++;
    return true;
  }

  long takeSuppressed() {
    return suppressed.getAndSet(0);
  }

  /** One kind of statement of one caller. */
  static final class Kind {
    private Sums sums = Sums.NONE;
    private long nextNanos = Long.MIN_VALUE;

    /** Counts a statement; the sums when a line is due, null otherwise. */
    synchronized @Nullable Sums add(
        long nowNanos, long tookNanos, boolean failed, long rows, long intervalNanos) {
      sums = sums.plus(new Sums(1, failed ? 1 : 0, Math.max(0, rows), tookNanos, tookNanos));
      if (nextNanos != Long.MIN_VALUE && nowNanos - nextNanos < 0) {
        return null;
      }
      Sums due = sums;
      sums = Sums.NONE;
      nextNanos = nowNanos + intervalNanos;
      return due;
    }

    /** The line could not be written: what it would have said goes into the next. */
    synchronized void putBack(Sums due) {
      sums = due.plus(sums);
      nextNanos = Long.MIN_VALUE;
    }
  }
}
