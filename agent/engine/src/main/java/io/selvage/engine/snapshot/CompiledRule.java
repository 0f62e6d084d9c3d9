package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.Cidr;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.match.QueryTest;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.LocalRateLimit.Action;
import io.selvage.engine.model.LocalRateLimit.Entry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A rule by which a request's rate-limit descriptor is made, with its matches compiled. */
record CompiledRule(int stage, boolean ofHost, List<Maker> makers) {
  /** Makes an entry, or none. */
  interface Maker {
    @Nullable Entry entry(RequestHead head, MeshFacts facts);

    /** Whether the descriptor is whole without the entry. */
    default boolean maySkip() {
      return false;
    }
  }

  static List<CompiledRule> of(List<LocalRateLimit.Rule> rules) {
    List<CompiledRule> compiled = new ArrayList<>();
    for (LocalRateLimit.Rule rule : rules) {
      List<Maker> makers = new ArrayList<>();
      rule.actions().forEach(action -> makers.add(maker(action)));
      compiled.add(new CompiledRule(rule.stage(), rule.ofHost(), List.copyOf(makers)));
    }
    return List.copyOf(compiled);
  }

  /** Null when one of the actions makes no entry. */
  @Nullable List<Entry> entries(RequestHead head, MeshFacts facts) {
    List<Entry> entries = new ArrayList<>(makers.size());
    for (int i = 0; i < makers.size(); i++) {
      Entry entry = makers.get(i).entry(head, facts);
      if (entry != null) {
        entries.add(entry);
      } else if (!makers.get(i).maySkip()) {
        return null;
      }
    }
    return entries.isEmpty() ? null : entries;
  }

  private record Skippable(Maker maker, boolean maySkip) implements Maker {
    @Override
    public @Nullable Entry entry(RequestHead head, MeshFacts facts) {
      return maker.entry(head, facts);
    }
  }

  private static Maker maker(Action action) {
    if (action instanceof LocalRateLimit.GenericKey k) {
      Entry entry = new Entry(k.key(), k.value());
      return (head, facts) -> entry;
    }
    if (action instanceof LocalRateLimit.RequestHeader h) {
      return new Skippable(
          (head, facts) -> there(h.key(), head.header(h.header())), h.skipIfAbsent());
    }
    if (action instanceof LocalRateLimit.QueryParameter q) {
      return new Skippable(
          (head, facts) -> there(q.key(), QueryTest.parameter(head.path(), q.parameter())),
          q.skipIfAbsent());
    }
    if (action instanceof LocalRateLimit.HeaderValueMatch m) {
      HeaderTest[] tests = HeaderTest.of(m.headers());
      Entry entry = new Entry(m.key(), m.value());
      return (head, facts) -> HeaderTest.all(tests, head) == m.expect() ? entry : null;
    }
    if (action instanceof LocalRateLimit.QueryValueMatch m) {
      List<QueryTest> tests = m.parameters().stream().map(QueryTest::of).toList();
      Entry entry = new Entry(m.key(), m.value());
      return (head, facts) ->
          tests.stream().allMatch(t -> t.test(head.path())) == m.expect() ? entry : null;
    }
    return ofPlace(action);
  }

  private static Maker ofPlace(Action action) {
    if (action instanceof LocalRateLimit.DestinationCluster) {
      return (head, facts) ->
          facts.share == null ? null : new Entry("destination_cluster", facts.share.cluster());
    }
    if (action instanceof LocalRateLimit.SourceCluster) {
      return (head, facts) -> new Entry("source_cluster", facts.snapshot.selfCluster());
    }
    if (action instanceof LocalRateLimit.MaskedRemoteAddress m) {
      return (head, facts) -> {
        Peer peer = facts.peer;
        String network =
            peer == null ? null : Cidr.network(peer.address(), m.v4Prefix(), m.v6Prefix());
        return there("masked_remote_address", network);
      };
    }
    return (head, facts) -> {
      Peer peer = facts.peer;
      return peer == null ? null : new Entry("remote_address", peer.address());
    };
  }

  private static @Nullable Entry there(String key, @Nullable String value) {
    return value == null || value.isEmpty() ? null : new Entry(key, value);
  }
}
