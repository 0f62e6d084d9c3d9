package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Work;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Retries of a whole tree of requests, so that those of its hops do not multiply: the hop next to a
 * failure repeats, and those above take its word that it did.
 *
 * <ul>
 *   <li>An answer that says {@link WorkHeaders#SPENT} is not repeated, and said on.
 *   <li>What is done for a repetition is not repeated; a request that reached nobody may be.
 *   <li>What is done for a caller that has gone is not repeated.
 *   <li>Retries of a policy that nobody wrote cost a tenth of the requests at most when they do not
 *       help; one that helped costs nothing.
 * </ul>
 */
final class RetryTree {
  private RetryTree() {}

  /** Whether an outcome that the policy would repeat must not be. */
  static boolean forbids(Exchange x, Attempt a, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    Work work = facts.context.work();
    if (work != null && work.isGone()) {
      return true;
    }
    if (!facts.snapshot.inbound().own().propagation().retries()) {
      return false;
    }
    if (isSpent(a, outcome)) {
      return true;
    }
    return work != null && work.isRetry() && !reachedNobody(outcome);
  }

  /** What a retry of a policy that nobody wrote costs; true when that is too much. */
  static boolean isTooDear(MeshFacts facts, RetryPolicy policy) {
    CompiledCluster cluster = facts.compiledCluster;
    if (!policy.defaulted() || cluster == null) {
      return false;
    }
    if (!allowance(cluster.state()).take()) {
      return true;
    }
    facts.retryPaid = true;
    return false;
  }

  /** Each request adds a little; a retry that helped is given back. */
  static void judged(Exchange x, MeshFacts facts, RetryPolicy policy, boolean failed) {
    CompiledCluster cluster = facts.compiledCluster;
    if (!policy.defaulted() || cluster == null) {
      return;
    }
    Allowance allowance = allowance(cluster.state());
    if (x.attempts() == 1) {
      allowance.add(Allowance.PER_REQUEST);
    }
    if (facts.retryPaid) {
      facts.retryPaid = false;
      // a hedge loads the destination whether it helped or not
      boolean hedged = facts.hedgesLeft < Integer.MAX_VALUE;
      allowance.add(failed || hedged ? 0 : Allowance.PER_RETRY);
    }
  }

  /** A failure is final here although the policy covers it: hops above need not try again. */
  static void isFinal(Exchange x, Attempt a, Outcome outcome, boolean wanted) {
    Work work = MeshFacts.of(x).context.work();
    if (work != null && (wanted || isSpent(a, outcome))) {
      work.spent();
    }
  }

  private static boolean isSpent(Attempt a, Outcome outcome) {
    return outcome instanceof Responded responded
        && a.tls() != null
        && a.tls().meshIdentity()
        && responded.head().header(WorkHeaders.SPENT) != null;
  }

  private static boolean reachedNobody(Outcome outcome) {
    return outcome instanceof Failed failed
        && (failed.kind() == Failed.Kind.CONNECT || failed.kind() == Failed.Kind.REFUSED);
  }

  private static Allowance allowance(ClusterState state) {
    Allowance kept = state.kept(Allowance.class);
    return kept != null ? kept : state.keep(Allowance.class, null, new Allowance());
  }

  /** What retries of one destination may still cost; lock-free. */
  static final class Allowance {
    static final int PER_RETRY = 1_000;
    static final int PER_REQUEST = 100;
    static final int MOST = 20 * PER_RETRY;
    private final AtomicInteger left = new AtomicInteger(MOST);

    boolean take() {
      for (; ; ) {
        int now = left.get();
        if (now < PER_RETRY) {
          return false;
        }
        if (left.compareAndSet(now, now - PER_RETRY)) {
          return true;
        }
      }
    }

    void add(int amount) {
      for (; ; ) {
        int now = left.get();
        int next = Math.min(MOST, now + amount);
        if (next == now || left.compareAndSet(now, next)) {
          return;
        }
      }
    }

    int left() {
      return left.get();
    }
  }
}
