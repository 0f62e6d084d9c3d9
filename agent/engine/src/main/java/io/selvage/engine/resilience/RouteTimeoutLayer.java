package io.selvage.engine.resilience;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.snapshot.CompiledRoute;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The route's timeout, counted from here: an injected delay does not use it up. The application may
 * set another by {@code x-envoy-upstream-rq-timeout-ms}, as Envoy's own callers may.
 */
public final class RouteTimeoutLayer extends Layer {
  static final String OVERRIDE = "x-envoy-upstream-rq-timeout-ms";

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledRoute route = facts.compiledRoute;
    if (route == null || facts.passthrough) {
      return PASS;
    }
    long timeout = route.timeoutNanos();
    String override = x.head().header(OVERRIDE);
    if (override != null) {
      long millis = Millis.of(override);
      timeout = millis < 0 ? timeout : millis == 0 ? Long.MAX_VALUE : nanos(millis);
      x.head().removeHeader(OVERRIDE);
    }
    if (timeout != Long.MAX_VALUE) {
      if (facts.explaining) {
        facts.note("times out after " + TimeUnit.NANOSECONDS.toMillis(timeout) + " ms");
      }
      x.deadlineNanos(x.now() + timeout);
    }
    return PASS;
  }

  private static long nanos(long millis) {
    return Math.min(TimeUnit.MILLISECONDS.toNanos(millis), Long.MAX_VALUE / 4);
  }
}
