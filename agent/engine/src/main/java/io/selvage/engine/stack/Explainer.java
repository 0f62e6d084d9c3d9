package io.selvage.engine.stack;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.match.Cidr;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Begins an exchange without sending, and says what it found. */
final class Explainer {
  private Explainer() {}

  static Explanation explain(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    facts.explaining = true;
    x.begin();
    Attempt attempt = x.currentAttempt();
    Rejection rejection = x.outcome() instanceof Rejection r ? r : null;
    Explanation explanation =
        new Explanation(
            listener(facts),
            facts.virtualHost == null ? "" : facts.virtualHost.name(),
            facts.route == null ? "" : route(facts.route),
            facts.cluster == null ? "" : facts.cluster.name(),
            candidates(facts),
            attempt == null || attempt.endpoint() == null ? "" : address(attempt.endpoint()),
            tls(facts.peer, attempt),
            facts.matchedPolicies == null ? List.of() : facts.matchedPolicies,
            notes(facts),
            rejection,
            rejection == null ? "" : facts.decidedBy);
    x.end(End.ABORTED);
    return explanation;
  }

  private static String listener(MeshFacts facts) {
    if (facts.compiledChain != null) {
      return facts.compiledChain.chain().name();
    }
    return facts.listener == null ? "" : facts.listener.name();
  }

  private static String route(Route route) {
    return route.name().isEmpty() ? String.valueOf(route.match().path()) : route.name();
  }

  private static List<Explanation.Candidate> candidates(MeshFacts facts) {
    List<Explanation.Candidate> all = new ArrayList<>();
    if (facts.compiledCluster != null) {
      for (Host host : facts.compiledCluster.hosts()) {
        Endpoint e = host.endpoint();
        all.add(
            new Explanation.Candidate(
                address(e),
                host.priority(),
                e.weight(),
                locality(e.locality()),
                host.state().ejected ? "EJECTED" : e.health().name(),
                e.workload().name()));
      }
    }
    return all;
  }

  private static String address(Endpoint endpoint) {
    boolean v6 = endpoint.address().indexOf(':') >= 0 && Cidr.isAddress(endpoint.address());
    return (v6 ? "[" + endpoint.address() + "]" : endpoint.address()) + ":" + endpoint.port();
  }

  private static String locality(Locality l) {
    String text = l.region() + "/" + l.zone() + "/" + l.subZone();
    return "//".equals(text) ? "" : text;
  }

  private static Explanation.Tls tls(@Nullable Peer peer, @Nullable Attempt attempt) {
    if (peer != null) {
      String sni = peer.serverName() == null ? "" : peer.serverName();
      List<String> sans = peer.principal() == null ? List.of() : List.of(peer.principal());
      return new Explanation.Tls(peer.tls() ? "mesh" : "none", sni, sans);
    }
    UpstreamTls tls = attempt == null ? null : attempt.tls();
    if (tls == null) {
      return new Explanation.Tls("none", "", List.of());
    }
    return new Explanation.Tls(
        tls.meshIdentity() ? "mesh" : "tls",
        tls.sni() == null ? "" : tls.sni(),
        tls.peers().stream().map(Explainer::words).toList());
  }

  private static String words(StringMatch match) {
    return match instanceof StringMatch.Exact e ? e.value() : match.toString();
  }

  private static List<String> notes(MeshFacts facts) {
    List<String> notes = new ArrayList<>();
    if (facts.passthrough) {
      notes.add("left to the library: the mesh does not know the destination");
    }
    CompiledRoute route = facts.compiledRoute;
    if (route != null && route.split() != null && route.split().shares().size() > 1) {
      route.split().shares().forEach(s -> notes.add("weight " + s.weight() + " to " + s.cluster()));
    }
    if (route != null && route.retry() != null) {
      RetryPolicy retry = route.retry().policy();
      notes.add("retries up to " + retry.numRetries() + " times on " + retry.on());
    }
    if (facts.notes != null) {
      notes.addAll(facts.notes);
    }
    return notes;
  }
}
