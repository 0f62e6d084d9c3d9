package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptsLayer;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.RetryRules;
import org.jspecify.annotations.Nullable;

/**
 * Retries. Its limits: the route's policy, the cluster's budget or number of retries, what can be
 * sent again. What is final is told to the application as Envoy would.
 */
public final class RetryLayer extends AttemptsLayer {
  private final Randomness random;

  public RetryLayer(Randomness random) {
    this.random = random;
  }

  @Override
  protected @Nullable Action onOutcome(Exchange x, Attempt a, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    giveBack(facts);
    CompiledRoute route = facts.compiledRoute;
    RetryRules rules = route == null ? null : route.retry();
    if (rules == null
        || facts.compiledCluster == null
        || !rules.covers(outcome, x.head().protocol(), a.wasRequestSent())) {
      return FINAL;
    }
    if (x.anotherInFlight(a)) {
      return x.await();
    }
    if (x.attempts() > rules.policy().numRetries()) {
      facts.extraFlag = rules.policy().numRetries() > 0 ? "URX" : facts.extraFlag;
      return FINAL;
    }
    if (!isRepeatable(x, a, outcome, rules) || !take(facts, facts.compiledCluster)) {
      return FINAL;
    }
    return x.again(rules.backoffNanos(x.attempts(), random));
  }

  @Override
  protected void onEnd(Exchange x) {
    giveBack(MeshFacts.of(x));
  }

  @Override
  protected Outcome forApplication(Exchange x, Outcome outcome) {
    MeshFacts facts = MeshFacts.of(x);
    return outcome instanceof Failed failed && isMeshs(facts, failed)
        ? Failures.answer(failed, x.attempts() > 1)
        : outcome;
  }

  /** Failures towards destinations that the mesh does not know stay the library's own. */
  private static boolean isMeshs(MeshFacts facts, Failed failed) {
    return !facts.passthrough
        && (facts.compiledCluster != null || failed.kind() == Failed.Kind.TIMEOUT);
  }

  private static boolean isRepeatable(Exchange x, Attempt a, Outcome outcome, RetryRules rules) {
    Failed.Kind kind = outcome instanceof Failed failed ? failed.kind() : null;
    boolean nothingSent =
        kind == Failed.Kind.CONNECT || (kind == Failed.Kind.REFUSED && !a.wasRequestSent());
    if (x.head().bodyReplay() == BodyReplay.ONE_SHOT && !nothingSent) {
      return false;
    }
    boolean unprocessed = kind == Failed.Kind.CONNECT || kind == Failed.Kind.REFUSED;
    return unprocessed || !rules.policy().defaulted() || isIdempotent(x.head().method());
  }

  /** RFC 9110 §9.2.2. */
  private static boolean isIdempotent(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  /** Envoy's {@code retries} resource: counted from the decision until the retry's outcome. */
  private static boolean take(MeshFacts facts, CompiledCluster cluster) {
    ClusterState state = cluster.state();
    int limit = limit(cluster.cluster().circuitBreakers(), state);
    if (state.retries.incrementAndGet() > limit) {
      state.retries.decrementAndGet();
      state.overflows.increment();
      facts.extraFlag = "UO";
      return false;
    }
    facts.retryCounted = true;
    return true;
  }

  private static int limit(CircuitBreakers breakers, ClusterState state) {
    CircuitBreakers.RetryBudget budget = breakers.retryBudget();
    if (budget == null) {
      return breakers.maxRetries();
    }
    return Math.max(budget.minConcurrency(), (int) (budget.fraction() * state.requests.get()));
  }

  private static void giveBack(MeshFacts facts) {
    if (facts.retryCounted && facts.compiledCluster != null) {
      facts.retryCounted = false;
      facts.compiledCluster.state().retries.decrementAndGet();
    }
  }

  /** Failures as Envoy answers them. */
  private static final class Failures {
    private static final String DISCONNECT =
        "upstream connect error or disconnect/reset before headers. ";

    static Outcome answer(Failed failed, boolean retried) {
      return switch (failed.kind()) {
        case CONNECT -> unavailable(failed, retried, "UF", "remote connection failure");
        case PEER_IDENTITY ->
            unavailable(
                failed,
                retried,
                "UF",
                "remote connection failure, transport failure reason: TLS_error: peer identity");
        case RESET -> unavailable(failed, retried, "UC", "connection termination");
        case REFUSED -> unavailable(failed, retried, "UR", "remote refused stream reset");
        case TIMEOUT, PER_TRY_TIMEOUT ->
            Rejection.of(504, 4, "UT", "SELV-6006", "upstream request timeout", text(failed));
        case CANCELLED, LOCAL -> failed;
      };
    }

    private static Rejection unavailable(
        Failed failed, boolean retried, String flag, String reason) {
      String lead = retried ? "retried and the latest reset reason: " : "reset reason: ";
      return Rejection.of(503, 14, flag, "SELV-6007", DISCONNECT + lead + reason, text(failed));
    }

    private static String text(Failed failed) {
      return failed.cause() == null ? failed.kind().name() : failed.kind() + ": " + failed.cause();
    }
  }
}
