package io.selvage.engine.snapshot;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Who has called without an identity of the mesh: those whom STRICT would refuse. Requests that
 * were let in are counted by port and caller's address. Any thread; no lock.
 */
public final class PlaintextCallers {
  /** Callers told apart; the rest counts as {@link #OTHERS}. */
  private static final int MAX_CALLERS = 256;

  /** Address of those who are too many to be told apart. */
  public static final String OTHERS = "others";

  private record Key(int port, String address, boolean tls) {}

  private static final class Tally {
    final LongAdder requests = new LongAdder();
    volatile long lastMillis;
  }

  /**
   * A caller.
   *
   * @param tls whether it spoke TLS, though without an identity
   * @param requests since this JVM started
   * @param lastMillis of the latest one, since 1970
   */
  public record Caller(int port, String address, boolean tls, long requests, long lastMillis) {}

  private final ConcurrentMap<Key, Tally> tallies = new ConcurrentHashMap<>();

  /** Counts a request. */
  public void count(int port, String address, boolean tls, long nowMillis) {
    Key key = new Key(port, address, tls);
    Tally tally = tallies.get(key);
    if (tally == null) {
      Key kept = tallies.size() < MAX_CALLERS ? key : new Key(port, OTHERS, tls);
      tally = tallies.computeIfAbsent(kept, k -> new Tally());
    }
    tally.requests.increment();
    tally.lastMillis = nowMillis;
  }

  /** Those seen so far, by port, the busiest first. */
  public List<Caller> all() {
    List<Caller> all = new ArrayList<>();
    tallies.forEach(
        (key, tally) ->
            all.add(
                new Caller(
                    key.port(), key.address(), key.tls(), tally.requests.sum(), tally.lastMillis)));
    all.sort(
        Comparator.comparingInt(Caller::port)
            .thenComparing(Comparator.comparingLong(Caller::requests).reversed())
            .thenComparing(Caller::address));
    return all;
  }
}
