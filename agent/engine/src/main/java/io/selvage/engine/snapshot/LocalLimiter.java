package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.LocalRateLimit.Descriptor;
import io.selvage.engine.model.LocalRateLimit.Entry;
import io.selvage.engine.model.LocalRateLimit.HostRules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LocalRateLimit} with its buckets, which outlive pushes that do not change it. Source:
 * Envoy {@code LocalRateLimiterImpl}.
 */
public final class LocalLimiter {
  private static final Comparator<TokenBucket> SLOWEST_FIRST =
      Comparator.comparingDouble(TokenBucket::perSecond);

  /** Entries of which some stand for any value. */
  private record Wildcard(List<Entry> entries, BucketTable buckets) {
    boolean matches(List<Entry> request) {
      if (request.size() != entries.size()) {
        return false;
      }
      for (int i = 0; i < entries.size(); i++) {
        Entry wanted = entries.get(i);
        Entry found = request.get(i);
        if (!wanted.key().equals(found.key())
            || !(wanted.value().isEmpty() || wanted.value().equals(found.value()))) {
          return false;
        }
      }
      return true;
    }
  }

  private final LocalRateLimit config;
  private final @Nullable TokenBucket standard;
  private final Map<List<Entry>, TokenBucket> exact = new HashMap<>();
  private final List<Wildcard> wildcards = new ArrayList<>();
  private final List<CompiledRule> rules;
  private final Rejection rejection;

  LocalLimiter(LocalRateLimit config, long now) {
    this.config = config;
    standard = config.bucket() == null ? null : new TokenBucket(config.bucket(), now);
    rules = CompiledRule.of(config.own());
    for (Descriptor d : config.descriptors()) {
      if (d.isWildcard()) {
        BucketTable buckets =
            new BucketTable(
                d.bucket(), config.mostDynamic(), BucketTable.Overflow.FORGET_OLDEST, now);
        wildcards.add(new Wildcard(d.entries(), buckets));
      } else {
        exact.put(d.entries(), new TokenBucket(d.bucket(), now));
      }
    }
    rejection =
        new Rejection(
            config.status(),
            config.resourceExhausted() ? 8 : StatusCodes.grpcOf(config.status()),
            "RL",
            "SELV-6015",
            "local_rate_limited",
            "local rate limit",
            lowerCase(config.responseHeaders()));
  }

  private static Map<String, String> lowerCase(Map<String, String> headers) {
    Map<String, String> all = new HashMap<>();
    headers.forEach((name, value) -> all.put(name.toLowerCase(Locale.ROOT), value));
    return all;
  }

  public LocalRateLimit config() {
    return config;
  }

  /** The answer to a request that was not allowed. */
  public Rejection rejection(Exchange x) {
    TokenBucket bucket = MeshFacts.of(x).bucket;
    return bucket == null ? rejection : rejection.withMore(bucket.headers(x.now()));
  }

  /**
   * Takes a token for a request; where responses tell of it, the bucket is remembered.
   *
   * @param route whose rules make its descriptors; null = none
   */
  public boolean allows(Exchange x, @Nullable CompiledRoute route) {
    long now = x.now();
    List<TokenBucket> matched = config.descriptors().isEmpty() ? List.of() : matched(x, route, now);
    for (int i = 0; i < matched.size(); i++) {
      if (!matched.get(i).take(now)) {
        return told(x, matched.get(i), false);
      }
    }
    TokenBucket first = matched.isEmpty() ? standard : matched.get(0);
    if (standard == null || (!matched.isEmpty() && !config.alwaysDefault())) {
      return told(x, first, true);
    }
    return standard.take(now) ? told(x, first, true) : told(x, standard, false);
  }

  private boolean told(Exchange x, @Nullable TokenBucket bucket, boolean allowed) {
    if (config.tells()) {
      MeshFacts.of(x).bucket = bucket;
    }
    return allowed;
  }

  /** The slowest first, as in Envoy. */
  private List<TokenBucket> matched(Exchange x, @Nullable CompiledRoute route, long now) {
    MeshFacts facts = MeshFacts.of(x);
    boolean own = !rules.isEmpty();
    List<CompiledRule> asked = own ? rules : route == null ? List.of() : route.rateLimits();
    List<TokenBucket> found = new ArrayList<>(2);
    for (int i = 0; i < asked.size(); i++) {
      CompiledRule rule = asked.get(i);
      if (own || (rule.stage() == config.stage() && counts(rule, asked))) {
        List<Entry> entries = rule.entries(x.head(), facts);
        TokenBucket bucket = entries == null ? null : bucket(entries, now);
        if (bucket != null) {
          found.add(bucket);
        }
      }
    }
    found.sort(SLOWEST_FIRST);
    return found;
  }

  private boolean counts(CompiledRule rule, List<CompiledRule> all) {
    if (!rule.ofHost() || config.hosts() == HostRules.INCLUDE) {
      return true;
    }
    return config.hosts() == HostRules.OVERRIDE && all.get(0).ofHost();
  }

  private @Nullable TokenBucket bucket(List<Entry> entries, long now) {
    TokenBucket found = exact.get(entries);
    if (found != null) {
      return found;
    }
    for (int i = 0; i < wildcards.size(); i++) {
      if (wildcards.get(i).matches(entries)) {
        return wildcards.get(i).buckets().of(entries, now);
      }
    }
    return null;
  }
}
