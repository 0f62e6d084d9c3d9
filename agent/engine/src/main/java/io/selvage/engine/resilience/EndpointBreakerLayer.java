package io.selvage.engine.resilience;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.EndpointState;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * Keeps requests from endpoints whose own breaker is open: the balancer does not choose them, and
 * where nothing else is left (panic) the attempt is refused as {@link BreakerLayer} does.
 *
 * <p>There is no timer: an endpoint is let in for its probes by the first request after its time;
 * that is {@link Return}, above the balancer, while this layer stands below it.
 */
public final class EndpointBreakerLayer extends AttemptLayer {
  private final Clock clock;

  public EndpointBreakerLayer(Clock clock) {
    this.clock = clock;
  }

  private static Resilience.@Nullable Breaker policy(@Nullable CompiledCluster cluster) {
    Resilience resilience = cluster == null ? null : cluster.cluster().resilience();
    Resilience.Breaker breaker = resilience == null ? null : resilience.breaker();
    return breaker == null || !breaker.perEndpoint() ? null : breaker;
  }

  /** Lets endpoints be chosen again whose open time is over. */
  public static final class Return extends AttemptLayer {
    @Override
    protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
      CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
      if (cluster == null || policy(cluster) == null) {
        return PASS;
      }
      long now = x.now();
      for (Host host : cluster.whole().hosts()) {
        EndpointState state = host.state();
        if (state.refusing && state.breaker instanceof Own own && own.isDue(now)) {
          own.probes.set(0);
          state.refusing = false;
          cluster.state().healthChanged();
        }
      }
      return PASS;
    }
  }

  /** An endpoint's breaker. */
  private static final class Own {
    final Breakers breakers;
    final java.util.concurrent.atomic.AtomicInteger probes =
        new java.util.concurrent.atomic.AtomicInteger();
    private volatile long openUntil = Long.MAX_VALUE;

    Own(Breakers breakers) {
      this.breakers = breakers;
    }

    boolean isDue(long now) {
      return now > openUntil;
    }

    void until(long moment) {
      openUntil = moment;
    }
  }

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledCluster cluster = facts.compiledCluster;
    Resilience.Breaker policy = policy(cluster);
    Host host = CompiledCluster.leased(a.lease());
    if (cluster == null || policy == null || host == null) {
      return PASS;
    }
    Own own = own(host.state(), policy);
    CircuitBreaker breaker = own.breakers.of(x.head());
    if (facts.explaining) {
      facts.note("breaker of " + host.state().address() + " is " + breaker.getState());
      return breaker.getState() == CircuitBreaker.State.OPEN
          ? BreakerLayer.open(cluster, breaker)
          : PASS;
    }
    if (!breaker.tryAcquirePermission()) {
      cluster.state().overflows.increment();
      return BreakerLayer.open(cluster, breaker);
    }
    if (breaker.getState() == CircuitBreaker.State.HALF_OPEN
        && own.probes.incrementAndGet() >= policy.probes()) {
      own.until(Long.MAX_VALUE);
      refuse(cluster.state(), host.state(), true);
    }
    a.permit(new BreakerLayer.Permit(breaker, policy));
    return PASS;
  }

  @Override
  protected void onOutcome(Exchange x, Attempt a, Outcome outcome) {
    Host host = CompiledCluster.leased(a.lease());
    if (host != null
        && host.state().breaker instanceof Own
        && a.permit() instanceof BreakerLayer.Permit permit
        && permit.judge(x, a, outcome)) {
      a.permit(null);
      settle(x, host, permit);
    }
  }

  @Override
  protected void onEnd(Exchange x, Attempt a, End end) {
    Host host = CompiledCluster.leased(a.lease());
    if (host != null
        && host.state().breaker instanceof Own
        && a.permit() instanceof BreakerLayer.Permit permit) {
      a.permit(null);
      permit.judge(end);
      settle(x, host, permit);
    }
  }

  private static void settle(Exchange x, Host host, BreakerLayer.Permit permit) {
    CompiledCluster cluster = MeshFacts.of(x).compiledCluster;
    if (cluster == null || !(host.state().breaker instanceof Own own)) {
      return;
    }
    switch (permit.breaker.getState()) {
      case OPEN, FORCED_OPEN -> {
        if (!host.state().refusing || own.openUntil == Long.MAX_VALUE) {
          own.until(x.now() + permit.policy.open().toNanos());
        }
        refuse(cluster.state(), host.state(), true);
      }
      case CLOSED, DISABLED, METRICS_ONLY -> refuse(cluster.state(), host.state(), false);
      case HALF_OPEN -> {
        // probes that are not decided yet keep it out; one that said nothing is given back
        if (own.probes.get() > 0 && permit.breaker.getMetrics().getNumberOfBufferedCalls() == 0) {
          own.probes.set(0);
          refuse(cluster.state(), host.state(), false);
        }
      }
    }
  }

  private static void refuse(ClusterState cluster, EndpointState endpoint, boolean refusing) {
    if (endpoint.refusing != refusing) {
      endpoint.refusing = refusing;
      cluster.healthChanged();
    }
  }

  private Own own(EndpointState state, Resilience.Breaker policy) {
    if (state.breaker instanceof Own own && own.breakers.serve(policy)) {
      return own;
    }
    synchronized (state) {
      if (state.breaker instanceof Own own && own.breakers.serve(policy)) {
        return own;
      }
      Own made = new Own(new Breakers(policy, clock));
      state.breaker = made;
      return made;
    }
  }
}
