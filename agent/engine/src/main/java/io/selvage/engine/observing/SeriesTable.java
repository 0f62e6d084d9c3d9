package io.selvage.engine.observing;

import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All series of this JVM; telemetry reads it at scrape and export. Bounded: beyond the limit what
 * is new goes to one overflow series a kind. Any thread.
 */
public final class SeriesTable {
  /** Enough for some 200 destinations with ten codes each. */
  private static final int LIMIT = 2_000;

  private static final Map<String, String> OVERFLOW = Map.of("otel_metric_overflow", "true");

  private final Map<Object, Series> byKey = new ConcurrentHashMap<>();

  /**
   * The series of a key, made when it is new.
   *
   * @param key a value that stands for the label set, cheaper to build than the labels
   */
  Series of(Series.Kind kind, Object key, Supplier<Map<String, String>> labels) {
    Series found = byKey.get(key);
    return found != null ? found : create(kind, key, labels);
  }

  /** The series of a key; null when there is none yet. */
  @Nullable Series find(Object key) {
    return byKey.get(key);
  }

  private Series create(Series.Kind kind, Object key, Supplier<Map<String, String>> labels) {
    if (byKey.size() >= LIMIT) {
      return byKey.computeIfAbsent(kind, k -> new Series(kind, OVERFLOW));
    }
    return byKey.computeIfAbsent(key, k -> new Series(kind, labels.get()));
  }

  /** All series, in no order; safe to iterate while others are added. */
  public Collection<Series> all() {
    return Collections.unmodifiableCollection(byKey.values());
  }
}
