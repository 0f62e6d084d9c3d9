package io.selvage.instrumentation.testing.client;

import io.selvage.engine.model.Fault;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.Rewrite;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.model.WeightedCluster;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Builds one route as the control plane would send it. */
public final class Routes {
  /** Istio's default conditions, as it writes them for Envoy; the status code is 503. */
  public static final Set<String> ISTIO =
      Set.of(
          "connect-failure",
          "refused-stream",
          "unavailable",
          "cancelled",
          "retriable-status-codes");

  private String prefix = "/";
  private @Nullable String cluster;
  private @Nullable Rewrite rewrite;
  private @Nullable Duration timeout;
  private @Nullable RetryPolicy retry;
  private @Nullable RouteAction instead;
  private @Nullable Fault fault;
  private List<Mirror> mirrors = List.of();
  private RoutePolicy policy = RoutePolicy.NONE;
  private HeaderOps request = HeaderOps.NONE;
  private HeaderOps response = HeaderOps.NONE;

  private Routes() {}

  /** To all endpoints of a service of a {@link MeshSketch}. */
  public static Routes to(String service, int port) {
    Routes routes = new Routes();
    routes.cluster = MeshSketch.cluster(service, port);
    return routes;
  }

  public static Routes direct(int status, String body) {
    Routes routes = new Routes();
    routes.instead =
        new RouteAction.Direct(status, body.getBytes(StandardCharsets.UTF_8), "text/plain");
    return routes;
  }

  public static Routes redirect(String host, String path, int status) {
    Routes routes = new Routes();
    routes.instead = new RouteAction.Redirect(null, host, 0, path, null, null, status, false);
    return routes;
  }

  public Routes prefix(String value) {
    prefix = value;
    return this;
  }

  public Routes rewrite(@Nullable String path, @Nullable String authority) {
    rewrite = new Rewrite(path, null, authority, false);
    return this;
  }

  public Routes timeout(Duration value) {
    timeout = value;
    return this;
  }

  /** Istio's conditions, no back-off worth mentioning, hosts that were tried are avoided. */
  public Routes retries(int count) {
    return retries(count, ISTIO, null);
  }

  public Routes retries(int count, Set<String> on, @Nullable Duration perTry) {
    retry =
        new RetryPolicy(
            on,
            count,
            perTry,
            Set.of(503),
            List.of(),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            true,
            5);
    return this;
  }

  /** One retry of an answer with a header that matches. */
  public Routes retriesOn(HeaderMatch header) {
    retry =
        new RetryPolicy(
            Set.of("retriable-headers"),
            1,
            null,
            Set.of(),
            List.of(header),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            false,
            1);
    return this;
  }

  /** How long the body of an attempt's answer may pause. */
  public Routes perTryIdle(Duration pause) {
    retry =
        new RetryPolicy(
            ISTIO,
            0,
            null,
            Set.of(503),
            List.of(),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            true,
            5,
            false,
            pause,
            List.of(),
            null,
            RetryPolicy.Avoidance.NONE);
    return this;
  }

  /** An attempt that is overdue goes on beside its retry. */
  public Routes hedged() {
    policy =
        new RoutePolicy(
            RoutingPriority.DEFAULT, new RoutePolicy.HedgePolicy(true), null, null, null);
    return this;
  }

  public Routes delay(Duration delay) {
    fault = new Fault(delay, 1.0, 0, -1, 0, List.of());
    return this;
  }

  public Routes abort(int status) {
    fault = new Fault(null, 0, status, -1, 1.0, List.of());
    return this;
  }

  /** All requests are copied to this service. */
  public Routes mirror(String service, int port) {
    mirrors = List.of(new Mirror(MeshSketch.cluster(service, port), 1.0));
    return this;
  }

  public Routes request(HeaderOps ops) {
    request = ops;
    return this;
  }

  public Routes response(HeaderOps ops) {
    response = ops;
    return this;
  }

  public Route build() {
    RouteAction action =
        instead != null
            ? instead
            : new RouteAction.Forward(
                List.of(WeightedCluster.all(java.util.Objects.requireNonNull(cluster))),
                rewrite,
                timeout,
                null,
                retry,
                mirrors,
                List.of(),
                policy);
    return new Route(
        "test",
        new RouteMatch(new PathMatch.Prefix(prefix, false), List.of(), List.of(), 1.0),
        action,
        request,
        response,
        fault,
        null);
  }
}
