package io.selvage.engine.balancing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.RetryRules;
import io.selvage.engine.snapshot.SessionPin;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Leases an endpoint to an attempt until its body has ended; none is {@code 503 UH}.
 *
 * <p>A retry avoids hosts that were tried, if its policy says so: another choice is made up to the
 * policy's number of times, as in Envoy, and after that the first healthy host that was not tried
 * is taken if there is one.
 */
public final class BalanceLayer extends AttemptLayer {
  private static final Rejection UNHEALTHY =
      Rejection.of(
          503, 14, "UH", "SELV-6008", "no healthy upstream", "the cluster has no usable endpoint");

  private static final Rejection DROPPED =
      new Rejection(
          503,
          14,
          "DO",
          "SELV-6008",
          "drop overload",
          "the endpoints are overloaded",
          Map.of("x-envoy-drop-overload", "true"));
  private static final Rejection ALL_DROPPED =
      new Rejection(
          503,
          14,
          "UDO",
          "SELV-6008",
          "unconditional drop overload",
          "all requests to the overloaded endpoints are dropped",
          Map.of("x-envoy-unconditional-drop-overload", "true"));

  private final Randomness random;

  public BalanceLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    if (cluster == null || cluster.isPassthrough()) {
      return PASS;
    }
    if (a.number() == 0) {
      double drop = cluster.policy().drop();
      if (drop > 0 && random.hits(drop)) {
        return drop >= 1 ? ALL_DROPPED : DROPPED;
      }
      facts.hash = hash(x, facts);
    }
    Host pinned = a.number() == 0 ? pinned(cluster, facts) : null;
    if (pinned == null && a.number() == 0 && facts.pin != null && isStrict(facts.pin)) {
      return Rejection.of(
          facts.pin.rule().strictStatus(),
          14,
          "UH",
          "SELV-6008",
          "no healthy upstream",
          "the session's endpoint cannot be used");
    }
    Host host = pinned != null ? pinned : choose(cluster, facts, a);
    if (host == null) {
      return UNHEALTHY;
    }
    host.state().taken();
    a.lease(host);
    a.endpoint(host.endpoint());
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    Host host = CompiledCluster.leased(a.lease());
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (host != null
        && cluster != null
        && outcome instanceof Responded
        && cluster.cluster().balancer() instanceof Cluster.PeakEwma peak) {
      long now = x.now();
      double millis = Math.max(1e-6, (now - a.startedNanos()) / 1e6);
      host.state().answeredAfter(millis, now, peak.decay().toNanos());
    }
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    Host host = CompiledCluster.leased(a.lease());
    if (host != null) {
      host.state().released();
    }
  }

  /** The endpoint of the session, if it may be used still; retries go by the balancer alone. */
  private static @Nullable Host pinned(CompiledCluster cluster, MeshFacts facts) {
    String address = facts.pin == null ? null : facts.pin.address();
    Host host = address == null ? null : cluster.host(address);
    return host != null && cluster.cluster().locality().overrideHealth().contains(host.health())
        ? host
        : null;
  }

  private static boolean isStrict(SessionPin pin) {
    return pin.rule().strict() && pin.address() != null;
  }

  private long hash(Exchange x, MeshFacts facts) {
    CompiledRoute route = facts.compiledRoute;
    RouteAction.Forward forward = route == null ? null : route.forward();
    return forward == null || forward.hashPolicies().isEmpty()
        ? random.nextLong()
        : HashKey.of(x, facts, forward.hashPolicies(), random);
  }

  private @Nullable Host choose(CompiledCluster cluster, MeshFacts facts, Attempt a) {
    Host host = cluster.picker().pick(facts.hash, 0, random);
    RetryRules rules = a.earlier() == null ? null : facts.retry;
    if (host == null || rules == null) {
      return host;
    }
    RetryPolicy policy = rules.policy();
    Host elsewhere = RetryTargets.ofAnotherPriority(cluster, policy, a, random);
    if (elsewhere != null || !RetryTargets.avoidsHosts(policy)) {
      return elsewhere == null ? host : elsewhere;
    }
    int tries = Math.max(1, policy.hostSelectionMaxAttempts());
    for (int round = 1; round <= tries && RetryTargets.rejects(policy, a, host); round++) {
      Host other = cluster.picker().pick(facts.hash, round, random);
      host = other == null ? host : other;
    }
    return RetryTargets.rejects(policy, a, host) ? untried(cluster, policy, a, host) : host;
  }

  private static Host untried(
      CompiledCluster cluster, RetryPolicy policy, Attempt a, Host otherwise) {
    for (Host host : cluster.hosts()) {
      if (host.priority() == otherwise.priority()
          && host.isHealthy()
          && !RetryTargets.rejects(policy, a, host)) {
        return host;
      }
    }
    return otherwise;
  }
}
