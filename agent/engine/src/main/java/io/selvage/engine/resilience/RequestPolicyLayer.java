package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import io.selvage.engine.snapshot.RetryRules;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the route says of time and retries, as the application's own {@code x-envoy-} headers change
 * it; they go no further. The route's timeout counts from here: an injected delay does not use it
 * up. Source: Envoy {@code FilterUtility::finalTimeout}, {@code finalHedgingParams}, {@code
 * RetryStateImpl::create}.
 */
public final class RequestPolicyLayer extends Layer {
  private static final String TIMEOUT = "x-envoy-upstream-rq-timeout-ms";
  private static final String PER_TRY = "x-envoy-upstream-rq-per-try-timeout-ms";
  private static final String DURATION = "x-envoy-upstream-stream-duration-ms";
  private static final String HEDGE = "x-envoy-hedge-on-per-try-timeout";
  private static final String ALTERNATIVE = "x-envoy-upstream-rq-timeout-alt-response";
  private static final long MILLI = 1_000_000L;
  private static final long LONGEST = Long.MAX_VALUE / 4;

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    if (route == null || facts.passthrough) {
      return PASS;
    }
    RequestHead head = x.head();
    facts.hedges = hedges(route, head);
    long timeout = timeoutNanos(route, head);
    if (timeout != Long.MAX_VALUE) {
      if (facts.explaining) {
        facts.note("times out after " + TimeUnit.NANOSECONDS.toMillis(timeout) + " ms");
      }
      x.deadlineNanos(x.now() + timeout);
    }
    RetryRules routes = route.retry();
    long perTry = nanos(routes == null ? null : routes.policy().perTryTimeout());
    perTry = taken(head, PER_TRY, perTry);
    facts.perTryNanos = perTry >= timeout ? 0 : perTry;
    hedgeByPolicy(x, facts);
    facts.perTryIdleNanos = nanos(routes == null ? null : routes.policy().perTryIdleTimeout());
    facts.streamNanos = taken(head, DURATION, streamNanos(facts));
    if (head.header(ALTERNATIVE) != null) {
      facts.timeoutIsNoContent = true;
      head.removeHeader(ALTERNATIVE);
    }
    RetryRules rules = RetryRules.of(routes, head);
    facts.retry = rules;
    facts.retriesLeft = rules == null ? 0 : rules.numRetries();
    return PASS;
  }

  /**
   * A policy's hedging, where the driver can have two attempts under way; without that an overdue
   * attempt would have to be given up.
   */
  private static void hedgeByPolicy(Exchange x, MeshFacts facts) {
    Resilience policy =
        facts.compiledCluster == null ? null : facts.compiledCluster.cluster().resilience();
    Resilience.Hedging hedging = policy == null ? null : policy.hedging();
    if (hedging == null || !hedging.methods().contains(x.head().method())) {
      return;
    }
    if (facts.explaining) {
      facts.note("sent once more after " + hedging.delay().toMillis() + " ms without an answer");
    }
    long delay = hedging.delay().toNanos();
    if (x.mayFork() && !facts.hedges && (facts.perTryNanos == 0 || delay < facts.perTryNanos)) {
      facts.hedges = true;
      facts.perTryNanos = delay;
      facts.hedgesLeft = hedging.attempts() - 1;
    }
  }

  private static boolean hedges(CompiledRoute route, RequestHead head) {
    RoutePolicy.HedgePolicy policy = route.policy().hedge();
    boolean hedges = policy != null && policy.onPerTryTimeout();
    String asked = head.header(HEDGE);
    if (asked != null) {
      head.removeHeader(HEDGE);
      hedges = "true".equals(asked) || (hedges && !"false".equals(asked));
    }
    return hedges;
  }

  /** {@link Long#MAX_VALUE} = none. */
  private static long timeoutNanos(CompiledRoute route, RequestHead head) {
    long timeout = route.policy().maxStreamDuration() != null ? 0 : routesTimeout(route, head);
    timeout = taken(head, TIMEOUT, timeout);
    return timeout <= 0 ? Long.MAX_VALUE : timeout;
  }

  private static long routesTimeout(CompiledRoute route, RequestHead head) {
    Duration most = route.policy().maxGrpcTimeout();
    if (most == null || head.protocol() != Protocol.GRPC) {
      return route.timeoutNanos() == Long.MAX_VALUE ? 0 : route.timeoutNanos();
    }
    String header = head.header("grpc-timeout");
    long timeout = header == null ? 0 : Math.max(0, Millis.grpcNanos(header));
    long offset = nanos(route.policy().grpcTimeoutOffset());
    timeout = offset < timeout ? timeout - offset : timeout;
    return !most.isZero() && (timeout == 0 || timeout > most.toNanos()) ? most.toNanos() : timeout;
  }

  private static long streamNanos(MeshFacts facts) {
    return nanos(facts.cluster == null ? null : facts.cluster.maxStreamDuration());
  }

  /** The header's milliseconds as nanoseconds if it has some; it is taken off. */
  private static long taken(RequestHead head, String name, long otherwise) {
    String text = head.header(name);
    if (text == null) {
      return otherwise;
    }
    head.removeHeader(name);
    long millis = Millis.of(text.strip());
    return millis < 0 ? otherwise : Math.min(millis, LONGEST / MILLI) * MILLI;
  }

  private static long nanos(@Nullable Duration duration) {
    return duration == null ? 0 : duration.toNanos();
  }
}
