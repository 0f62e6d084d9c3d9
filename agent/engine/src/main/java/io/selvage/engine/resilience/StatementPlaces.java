package io.selvage.engine.resilience;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bulkheads and rates of databases and of their callers, across pushes; bounded. Any thread.
 *
 * <p>One object an engine: what a policy counts goes on when the policy changes.
 */
public final class StatementPlaces {
  private static final int LIMIT = 2_000;
  private static final String OTHERS = "others";

  private final Map<String, Bulkhead> bulkheads = new ConcurrentHashMap<>();
  private final Map<String, TokenRate> rates = new ConcurrentHashMap<>();

  Bulkhead bulkhead(String key) {
    Bulkhead found = bulkheads.get(key);
    if (found != null) {
      return found;
    }
    return bulkheads.computeIfAbsent(
        bulkheads.size() < LIMIT ? key : OTHERS, name -> new Bulkhead());
  }

  TokenRate rate(String key, long nowNanos) {
    TokenRate found = rates.get(key);
    if (found != null) {
      return found;
    }
    return rates.computeIfAbsent(
        rates.size() < LIMIT ? key : OTHERS, name -> new TokenRate(nowNanos));
  }
}
