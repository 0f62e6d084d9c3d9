package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.RetryRules;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Retries and hedges. Their limits: the route's policy, the cluster's budget or number of retries,
 * what can be sent again. What is final is told to the application as Envoy would. Source: Envoy
 * {@code Router::Filter}, {@code RetryStateImpl::shouldRetry}.
 */
public final class RetryLayer extends AttemptsLayer {
  private final Randomness random;
  private final LongSupplier epochNanos;

  /**
   * @param epochNanos since 1970, for answers that name a moment to come back at
   */
  public RetryLayer(Randomness random, LongSupplier epochNanos) {
    this.random = random;
    this.epochNanos = epochNanos;
  }

  @Override
  protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    RetryRules rules = facts.retry;
    CompiledCluster cluster = facts.compiledCluster;
    boolean refused = false;
    boolean wanted = false;
    if (rules != null && cluster != null) {
      wanted = isWanted(x, a, outcome, rules, facts);
      RetryTree.judged(x, facts, rules.policy(), wanted || !(outcome instanceof Responded));
      if (a.wasRetried()) {
        refused = wanted;
      } else {
        giveBack(facts);
        if (wanted && isRepeatable(x, a, outcome, rules)) {
          if (mayGoOn(x, a, outcome, rules, cluster)) {
            facts.timeoutRetry = isKind(outcome, Failed.Kind.PER_TRY_TIMEOUT);
            return x.again(backoff(x, facts, rules, outcome));
          }
          refused = true;
        }
      }
    }
    // what cannot be repeated waits for those that may still be answered; a failure always does
    boolean mayWait = refused || !(outcome instanceof Responded);
    if (mayWait && (x.isRetryPending() || x.anotherInFlight(a))) {
      return x.await();
    }
    RetryTree.isFinal(x, a, outcome, wanted);
    return FINAL;
  }

  /** Neither the tree of requests nor the cluster has anything against one attempt more. */
  private static boolean mayGoOn(
      Exchange x, Attempt a, Outcome outcome, RetryRules rules, CompiledCluster cluster) {
    MeshFacts facts = MeshFacts.of(x);
    if (RetryTree.forbids(x, a, outcome)) {
      facts.flag("URX");
      return false;
    }
    if (!take(x, facts, cluster)) {
      return false;
    }
    if (RetryTree.isTooDear(facts, rules.policy())) {
      giveBack(facts);
      facts.flag("URX");
      return false;
    }
    return true;
  }

  @Override
  protected Action onOverdue(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    boolean streamIsOver = x.now() >= a.streamUntilNanos();
    if (!facts.hedges || !x.mayFork() || streamIsOver) {
      facts.overlong = streamIsOver;
      return super.onOverdue(x, a);
    }
    x.outlives(a);
    RetryRules rules = facts.retry;
    CompiledCluster cluster = facts.compiledCluster;
    if (rules == null || cluster == null || facts.hedgesLeft <= 0 || isGone(x.head())) {
      return x.await();
    }
    giveBack(facts);
    Failed overdue = new Failed(Failed.Kind.PER_TRY_TIMEOUT, null);
    if (!mayGoOn(x, a, overdue, rules, cluster)) {
      return x.await();
    }
    a.retried();
    facts.timeoutRetry = true;
    if (facts.hedgesLeft < Integer.MAX_VALUE) {
      // the policy's delay is the wait
      facts.hedgesLeft--;
      return x.again(0);
    }
    return x.again(backoff(x, facts, rules, overdue));
  }

  @Override
  protected void onEnd(Exchange x) {
    giveBack(MeshFacts.of(x));
  }

  @Override
  protected Outcome forApplication(Exchange x, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    giveBack(facts);
    Outcome told =
        outcome instanceof Failed failed && isMeshs(facts, failed)
            ? Failures.answer(failed, x.attempts() > 1, facts)
            : outcome;
    Outcome edited = told instanceof Rejection rejection ? edited(x, facts, rejection) : told;
    return AttemptCount.added(x, facts, edited);
  }

  /** What the router itself answers carries the route's response headers, as in Envoy. */
  private static Rejection edited(Exchange x, MeshFacts facts, Rejection rejection) {
    CompiledRoute route = facts.compiledRoute;
    if (route == null || !facts.routed) {
      return rejection;
    }
    Rejection edited = route.responseEdits()[facts.shareIndex].answered(rejection, x);
    return facts.corsOrigin == null ? edited : edited.withMore(facts.corsMarks());
  }

  /** Failures towards destinations that the mesh does not know stay the library's own. */
  private static boolean isMeshs(MeshFacts facts, Failed failed) {
    return !facts.passthrough
        && (facts.compiledCluster != null || failed.kind() == Failed.Kind.TIMEOUT);
  }

  private static boolean isWanted(
      Exchange x, Attempt a, Outcome outcome, RetryRules rules, MeshFacts facts) {
    if (isKind(outcome, Failed.Kind.PER_TRY_TIMEOUT) && x.now() >= a.streamUntilNanos()) {
      facts.overlong = true;
    }
    // a hedge of a driver that has one thread only: the overdue attempt is given up for it
    boolean hedge = facts.hedges && !x.mayFork() && isKind(outcome, Failed.Kind.PER_TRY_TIMEOUT);
    return hedge || rules.covers(outcome, a.wasRequestSent());
  }

  private static boolean isRepeatable(Exchange x, Attempt a, Outcome outcome, RetryRules rules) {
    boolean connect = isKind(outcome, Failed.Kind.CONNECT);
    boolean refused = isKind(outcome, Failed.Kind.REFUSED);
    if (isGone(x.head()) && !connect && !(refused && !a.wasRequestSent())) {
      return false;
    }
    return connect || refused || !rules.policy().defaulted() || isIdempotent(x.head().method());
  }

  /** Whether the body must not be sent again once a byte of it was. */
  private static boolean isGone(RequestHead head) {
    return switch (head.bodyReplay()) {
      case REPEATABLE -> false;
      case KEPT -> !isIdempotent(head.method());
      case ONE_SHOT -> true;
    };
  }

  private static boolean isKind(Outcome outcome, Failed.Kind kind) {
    return outcome instanceof Failed failed && failed.kind() == kind;
  }

  /** RFC 9110 §9.2.2. */
  private static boolean isIdempotent(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  private long backoff(Exchange x, MeshFacts facts, RetryRules rules, Outcome outcome) {
    int retry = rules.numRetries() - facts.retriesLeft;
    boolean dated = rules.policy().rateLimited() != null;
    long epochMillis = dated ? epochNanos.getAsLong() / 1_000_000L : 0;
    return rules.backoffNanos(retry, outcome, epochMillis, random);
  }

  /** Envoy's {@code retries} resource: counted from the decision until the retry's outcome. */
  private static boolean take(Exchange x, MeshFacts facts, CompiledCluster cluster) {
    if (facts.retriesLeft <= 0) {
      facts.flag("URX");
      return false;
    }
    facts.retriesLeft--;
    ClusterState.Load load = cluster.state().load(facts.priority());
    CircuitBreakers breakers = cluster.cluster().circuitBreakers().of(facts.priority());
    if (!load.takeRetry(breakers, x.now())) {
      cluster.state().overflows.increment();
      facts.flag("UO");
      return false;
    }
    facts.retryCounted = true;
    return true;
  }

  private static void giveBack(MeshFacts facts) {
    if (facts.retryCounted && facts.compiledCluster != null) {
      facts.retryCounted = false;
      facts.compiledCluster.state().load(facts.priority()).retries.decrementAndGet();
    }
  }
}
