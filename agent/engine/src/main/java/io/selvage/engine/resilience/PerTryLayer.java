package io.selvage.engine.resilience;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An attempt's own time and the headers that tell the upstream of it: {@code
 * x-envoy-attempt-count}, {@code x-envoy-is-timeout-retry}, {@code x-envoy-expected-rq-timeout-ms},
 * by which the deadline travels on. Source: Envoy {@code FilterUtility::setTimeoutHeaders}, {@code
 * Filter::doRetry}.
 */
public final class PerTryLayer extends AttemptLayer {
  /** Remaining time of the request, for the upstream. */
  public static final String EXPECTED_TIMEOUT = "x-envoy-expected-rq-timeout-ms";

  private static final long MAX_GRPC_DIGITS = 99_999_999L;

  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    MeshFacts facts = MeshFacts.of(x);
    if (facts.passthrough) {
      return PASS;
    }
    long started = a.startedNanos();
    if (facts.perTryNanos > 0 && (!facts.hedges || hasUse(x, facts))) {
      a.deadlineNanos(Math.min(a.deadlineNanos(), started + facts.perTryNanos));
    }
    if (facts.perTryIdleNanos > 0) {
      a.deadlineNanos(Math.min(a.deadlineNanos(), started + facts.perTryIdleNanos));
      a.idleNanos(facts.perTryIdleNanos);
    }
    if (facts.streamNanos > 0) {
      a.streamUntilNanos(started + facts.streamNanos);
    }
    tellTimeout(x, facts, started);
    tellAttempt(x, facts, a);
    return PASS;
  }

  /** Without a second thread an overdue attempt can only be given up for its retry. */
  private static boolean hasUse(Exchange x, MeshFacts facts) {
    return x.mayFork() || (facts.retry != null && facts.retriesLeft > 0);
  }

  private static void tellTimeout(Exchange x, MeshFacts facts, long started) {
    long until = x.deadlineNanos();
    if (facts.perTryNanos > 0 && !facts.hedges) {
      until = Math.min(until, started + facts.perTryNanos);
    }
    if (until == Long.MAX_VALUE) {
      return;
    }
    long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(until - started));
    x.head().setHeader(EXPECTED_TIMEOUT, Long.toString(left));
    CompiledRoute route = facts.compiledRoute;
    if (x.head().protocol() == Protocol.GRPC
        && route != null
        && route.policy().maxGrpcTimeout() != null
        && route.policy().maxStreamDuration() == null) {
      x.head().setHeader("grpc-timeout", grpc(left));
    }
  }

  /** At most eight digits: gRPC over HTTP/2. */
  private static String grpc(long millis) {
    return millis <= MAX_GRPC_DIGITS
        ? millis + "m"
        : Math.min(MAX_GRPC_DIGITS, TimeUnit.MILLISECONDS.toSeconds(millis)) + "S";
  }

  private static void tellAttempt(Exchange x, MeshFacts facts, Attempt a) {
    VirtualHost host = facts.virtualHost;
    if (host == null || host.attemptHeaders().inRequest()) {
      x.head().setHeader("x-envoy-attempt-count", count(a.number() + 1));
    }
    if (host != null && host.attemptHeaders().timeoutRetry() && a.number() > 0) {
      x.head().setHeader("x-envoy-is-timeout-retry", facts.timeoutRetry ? "true" : "false");
    }
  }

  private static String count(int n) {
    return n == 1 ? "1" : Integer.toString(n);
  }
}
