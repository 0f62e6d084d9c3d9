package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.LocalRateLimit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LocalRateLimit} with its buckets, which outlive pushes that do not change it. Source:
 * Envoy {@code LocalRateLimiterImpl}.
 */
public final class LocalLimiter {
  private record Own(List<LocalRateLimit.Entry> entries, TokenBucket bucket) {}

  /** A route's rule with its header matches compiled. */
  record CompiledRule(int stage, List<LocalRateLimit.Action> actions, List<HeaderTest[]> tests) {
    static List<CompiledRule> of(List<LocalRateLimit.Rule> rules) {
      List<CompiledRule> compiled = new ArrayList<>();
      for (LocalRateLimit.Rule rule : rules) {
        List<HeaderTest[]> tests = new ArrayList<>();
        for (LocalRateLimit.Action action : rule.actions()) {
          tests.add(
              action instanceof LocalRateLimit.HeaderValueMatch m
                  ? HeaderTest.of(m.headers())
                  : new HeaderTest[0]);
        }
        compiled.add(new CompiledRule(rule.stage(), rule.actions(), tests));
      }
      return List.copyOf(compiled);
    }

    /** Null when one of the actions makes no entry. */
    @Nullable List<LocalRateLimit.Entry> entries(RequestHead head, MeshFacts facts) {
      List<LocalRateLimit.Entry> entries = new ArrayList<>();
      for (int i = 0; i < actions.size(); i++) {
        LocalRateLimit.Action action = actions.get(i);
        LocalRateLimit.Entry entry = entry(action, tests.get(i), head, facts);
        if (entry != null) {
          entries.add(entry);
        } else if (!(action instanceof LocalRateLimit.RequestHeader h && h.skipIfAbsent())) {
          return null;
        }
      }
      return entries.isEmpty() ? null : entries;
    }

    private static LocalRateLimit.@Nullable Entry entry(
        LocalRateLimit.Action action, HeaderTest[] tests, RequestHead head, MeshFacts facts) {
      if (action instanceof LocalRateLimit.GenericKey k) {
        return new LocalRateLimit.Entry(k.key(), k.value());
      }
      if (action instanceof LocalRateLimit.RequestHeader h) {
        String value = head.header(h.header());
        return value == null || value.isEmpty() ? null : new LocalRateLimit.Entry(h.key(), value);
      }
      if (action instanceof LocalRateLimit.HeaderValueMatch m) {
        return HeaderTest.all(tests, head) == m.expect()
            ? new LocalRateLimit.Entry(m.key(), m.value())
            : null;
      }
      if (action instanceof LocalRateLimit.DestinationCluster) {
        return facts.share == null
            ? null
            : new LocalRateLimit.Entry("destination_cluster", facts.share.cluster());
      }
      Peer peer = facts.peer;
      return peer == null ? null : new LocalRateLimit.Entry("remote_address", peer.address());
    }
  }

  private final LocalRateLimit config;
  private final @Nullable TokenBucket standard;
  private final List<Own> own;
  private final Rejection rejection;

  LocalLimiter(LocalRateLimit config, long now) {
    this.config = config;
    standard = config.bucket() == null ? null : new TokenBucket(config.bucket(), now);
    List<Own> buckets = new ArrayList<>();
    for (LocalRateLimit.Descriptor d : config.descriptors()) {
      buckets.add(new Own(d.entries(), new TokenBucket(d.bucket(), now)));
    }
    // the slowest first, as in Envoy
    buckets.sort(Comparator.comparingDouble(o -> o.bucket().perSecond()));
    own = List.copyOf(buckets);
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
    Map<String, String> all = new java.util.HashMap<>();
    headers.forEach((name, value) -> all.put(name.toLowerCase(Locale.ROOT), value));
    return all;
  }

  public LocalRateLimit config() {
    return config;
  }

  public Rejection rejection() {
    return rejection;
  }

  /**
   * Takes a token for a request.
   *
   * @param route whose rules make its descriptors; null = none
   */
  public boolean allows(Exchange x, @Nullable CompiledRoute route) {
    long now = x.now();
    boolean matched = false;
    if (!own.isEmpty() && route != null) {
      for (CompiledRule rule : route.rateLimits()) {
        List<LocalRateLimit.Entry> entries =
            rule.stage() == config.stage() ? rule.entries(x.head(), MeshFacts.of(x)) : null;
        for (Own one : own) {
          if (one.entries().equals(entries)) {
            matched = true;
            if (!one.bucket().take(now)) {
              return false;
            }
          }
        }
      }
    }
    return standard == null || (matched && !config.alwaysDefault()) || standard.take(now);
  }
}
