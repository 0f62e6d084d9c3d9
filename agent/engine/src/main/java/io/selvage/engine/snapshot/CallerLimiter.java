package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.CallerRates;
import io.selvage.engine.model.CallerRates.By;
import io.selvage.engine.model.CallerRates.Rule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@link CallerRates} with their buckets, which outlive pushes that do not change them. */
public final class CallerLimiter {
  private static final int LONGEST_KEY = 256;
  private final CallerRates config;
  private final List<BucketTable> tables = new ArrayList<>();

  CallerLimiter(CallerRates config, long now) {
    this.config = config;
    for (Rule rule : config.rules()) {
      tables.add(
          new BucketTable(
              rule.bucket(),
              rule.by() == By.ALL ? 1 : config.mostCallers(),
              BucketTable.Overflow.SHARE,
              now));
    }
  }

  public CallerRates config() {
    return config;
  }

  /** How many callers are told apart at the moment. */
  public int callers() {
    return tables.stream().mapToInt(BucketTable::size).sum();
  }

  /** What became of a request: of the rules that fit, the bucket with the fewest tokens. */
  public record Verdict(boolean allowed, @Nullable Rule rule, @Nullable TokenBucket bucket) {
    static final Verdict FREE = new Verdict(true, null, null);
  }

  /** Takes a token of every rule that fits, up to the first that has none. */
  public Verdict take(RequestHead head, @Nullable Peer peer, long now) {
    String principal = peer == null || peer.principal() == null ? "" : peer.principal();
    Verdict last = Verdict.FREE;
    List<Rule> rules = config.rules();
    for (int i = 0; i < rules.size(); i++) {
      Rule rule = rules.get(i);
      if (CallerLimits.isOneOf(rule.principals(), CallerLimits.withoutScheme(principal))
          && CallerLimits.isOneOf(rule.namespaces(), namespace(principal))) {
        TokenBucket bucket = tables.get(i).of(key(rule, head, peer, principal), now);
        if (!bucket.take(now)) {
          return new Verdict(false, rule, bucket);
        }
        last = new Verdict(true, rule, bucket);
      }
    }
    return last;
  }

  private static String key(Rule rule, RequestHead head, @Nullable Peer peer, String principal) {
    String key =
        switch (rule.by()) {
          case ALL -> "";
          case PRINCIPAL -> principal;
          case NAMESPACE -> namespace(principal);
          case ADDRESS -> peer == null ? "" : peer.address();
          case HEADER -> head.header(rule.header());
        };
    if (key == null) {
      return "";
    }
    return key.length() <= LONGEST_KEY
        ? key
        : key.substring(0, LONGEST_KEY) + key.length() + ":" + key.hashCode();
  }

  /** Of {@code spiffe://domain/ns/NAMESPACE/sa/…}; empty when there is none. */
  private static String namespace(String principal) {
    int at = principal.indexOf("/ns/");
    if (at < 0) {
      return "";
    }
    int end = principal.indexOf('/', at + 4);
    return end < 0 ? principal.substring(at + 4) : principal.substring(at + 4, end);
  }
}
