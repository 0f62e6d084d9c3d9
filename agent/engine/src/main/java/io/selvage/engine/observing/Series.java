package io.selvage.engine.observing;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * Accumulators of one label set. Adding is lock-free and allocates nothing; reading may miss what
 * is being added at the moment. Any thread.
 */
public final class Series {
  /** What is counted. */
  public enum Kind {
    /** {@code istio_requests_total} and its distributions. */
    HTTP,
    /** {@code istio_tcp_*}: connections and their bytes. */
    TCP,
    /** {@code db.client.operation.duration}. */
    STATEMENT,
    /** {@code selvage_authorization_total}: what dry runs and audits said. */
    POLICY
  }

  private static final double[] BOUNDS = {
    0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000,
    600_000, 1_800_000, 3_600_000
  };
  private static final long[] BOUNDS_NANOS = nanos();

  private final Kind kind;
  private final Map<String, String> labels;
  private final LongAdder opened = new LongAdder();
  private final LongAdder count = new LongAdder();
  private final LongAdder durationNanos = new LongAdder();
  private final LongAdder requestBytes = new LongAdder();
  private final LongAdder responseBytes = new LongAdder();
  private final AtomicLongArray durations = new AtomicLongArray(BOUNDS.length + 1);
  private final AtomicLongArray requestSizes;
  private final AtomicLongArray responseSizes;

  /**
   * @param labels names as exported, in a stable order
   */
  Series(Kind kind, Map<String, String> labels) {
    this.kind = kind;
    this.labels = labels;
    int sizes = kind == Kind.HTTP ? BOUNDS.length + 1 : 0;
    requestSizes = new AtomicLongArray(sizes);
    responseSizes = new AtomicLongArray(sizes);
  }

  /** A connection was opened; {@link #add} follows when it is closed. */
  void addOpened() {
    opened.increment();
  }

  /**
   * One request, statement or closed connection.
   *
   * @param requestSize bytes; negative = unknown, counts as 0
   * @param responseSize bytes; negative = unknown, counts as 0
   */
  void add(long nanos, long requestSize, long responseSize) {
    count.increment();
    durationNanos.add(nanos);
    durations.incrementAndGet(bucketOfNanos(nanos));
    long in = Math.max(0, requestSize);
    long out = Math.max(0, responseSize);
    if (in > 0) {
      requestBytes.add(in);
    }
    if (out > 0) {
      responseBytes.add(out);
    }
    if (kind == Kind.HTTP) {
      requestSizes.incrementAndGet(bucket(in));
      responseSizes.incrementAndGet(bucket(out));
    }
  }

  public Kind kind() {
    return kind;
  }

  /** Label names and values as exported, in a stable order. */
  public Map<String, String> labels() {
    return labels;
  }

  /** Upper bounds of the buckets: milliseconds for durations, bytes for sizes (Envoy's default). */
  public static double[] bounds() {
    return BOUNDS.clone();
  }

  /** Connections opened; for {@link Kind#TCP}. */
  public long opened() {
    return opened.sum();
  }

  /** Requests or statements that ended, connections closed. */
  public long count() {
    return count.sum();
  }

  public double durationSumMillis() {
    return durationNanos.sum() / 1e6;
  }

  public long requestBytesSum() {
    return requestBytes.sum();
  }

  public long responseBytesSum() {
    return responseBytes.sum();
  }

  /** Not cumulative; one more than {@link #bounds}. */
  public long[] durationBuckets() {
    return copy(durations);
  }

  /** Not cumulative; empty unless HTTP. */
  public long[] requestBytesBuckets() {
    return copy(requestSizes);
  }

  /** Not cumulative; empty unless HTTP. */
  public long[] responseBytesBuckets() {
    return copy(responseSizes);
  }

  private static long[] copy(AtomicLongArray array) {
    long[] out = new long[array.length()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i);
    }
    return out;
  }

  private static int bucketOfNanos(long nanos) {
    for (int i = 0; i < BOUNDS_NANOS.length; i++) {
      if (nanos <= BOUNDS_NANOS[i]) {
        return i;
      }
    }
    return BOUNDS_NANOS.length;
  }

  private static int bucket(long value) {
    for (int i = 0; i < BOUNDS.length; i++) {
      if (value <= BOUNDS[i]) {
        return i;
      }
    }
    return BOUNDS.length;
  }

  private static long[] nanos() {
    long[] out = new long[BOUNDS.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (long) (BOUNDS[i] * 1e6);
    }
    return out;
  }
}
