package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.selvage.controller.registry.WorkloadNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Envoy's messages for kinds of the Gateway API, where the engine's view of them is not enough. */
class GatewayTranslationTest {
  private static final WorkloadNode CLIENT = Mesh.node("client", "default", "", 0, 0, "http");
  private static final String POLICY =
      "---\n{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XBackendTrafficPolicy, metadata: {name: p, namespace: default}, spec: {targetRefs: [{group: '', kind: Service, name: a}], %s}}\n";

  private static Mesh mesh() {
    return new Mesh()
        .runs(Mesh.node("a", "default", "", 80, 8080, "http"))
        .runs(CLIENT)
        .apply(
            "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {selector: {app: a}, ports: [{name: http, port: 80}]}}");
  }

  private static String route(String session) {
    return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r, namespace: default}, spec: {parentRefs: [{group: '', kind: Service, name: a}], rules: [{matches: [{path: {value: /shop}}], sessionPersistence: {"
        + session
        + "}, backendRefs: [{name: a, port: 80}]}]}}";
  }

  private static Route only(Mesh.Seen seen) {
    return seen.table(80).getVirtualHostsList().stream()
        .filter(h -> h.getName().startsWith("a.default"))
        .findFirst()
        .orElseThrow()
        .getRoutes(0);
  }

  private static <T extends com.google.protobuf.Message> T state(Route route, Class<T> type) {
    StatefulSessionPerRoute session =
        Mesh.unpack(
            route.getTypedPerFilterConfigOrThrow("envoy.filters.http.stateful_session"),
            StatefulSessionPerRoute.class);
    return Mesh.unpack(session.getStatefulSession().getSessionState().getTypedConfig(), type);
  }

  @Test
  void aCookieIsForThePathsOfItsRoute() {
    CookieBasedSessionState session =
        state(
            only(mesh().apply(route("sessionName: s")).by(CLIENT)), CookieBasedSessionState.class);
    CookieBasedSessionState permanent =
        state(
            only(
                mesh()
                    .apply(route("absoluteTimeout: 1h30m, cookieConfig: {lifetimeType: Permanent}"))
                    .by(CLIENT)),
            CookieBasedSessionState.class);

    assertThat(session.getCookie().getName()).isEqualTo("s");
    assertThat(session.getCookie().getPath()).isEqualTo("/shop");
    assertThat(session.getCookie().hasTtl()).isFalse();
    assertThat(permanent.getCookie().getTtl().getSeconds()).isEqualTo(5_400);
    assertThat(permanent.getCookie().getName()).startsWith("selvage-session-");
  }

  @Test
  void aHeaderCarriesASessionToo() {
    HeaderBasedSessionState state =
        state(
            only(mesh().apply(route("type: Header, sessionName: x-session")).by(CLIENT)),
            HeaderBasedSessionState.class);

    assertThat(state.getName()).isEqualTo("x-session");
  }

  @Test
  void theFilterIsThereWhereAnybodyAsksForIt() {
    assertThat(filters(mesh())).doesNotContain("envoy.filters.http.stateful_session");
    assertThat(filters(mesh().apply(route("type: Cookie"))))
        .containsSubsequence("envoy.filters.http.stateful_session", "envoy.filters.http.router");
  }

  private static String filters(Mesh mesh) {
    Listener listener = mesh.by(CLIENT).listener("0.0.0.0_80");
    return listener.toString();
  }

  @Test
  void aTrafficPolicyPersistsSessionsOfAllRoutesToItsService() {
    String policy = POLICY.formatted("sessionPersistence: {sessionName: all}");
    Route byDefault = only(mesh().apply(policy).by(CLIENT));
    Route own = only(mesh().apply(policy).apply(route("sessionName: own")).by(CLIENT));

    assertThat(state(byDefault, CookieBasedSessionState.class).getCookie().getName())
        .isEqualTo("all");
    assertThat(state(own, CookieBasedSessionState.class).getCookie().getName()).isEqualTo("own");
  }

  @Test
  void aTrafficPolicyBoundsRetries() {
    String some =
        POLICY.formatted(
            "retryConstraint: {budget: {percent: 35, interval: 20s}, minRetryRate: {count: 30, interval: 10s}}");

    CircuitBreakers.Thresholds.RetryBudget budget = budget(mesh().apply(some));
    assertThat(budget.getBudgetPercent().getValue()).isEqualTo(35);
    assertThat(budget.getMinRetryConcurrency().getValue()).isEqualTo(3);
    CircuitBreakers.Thresholds.RetryBudget defaults =
        budget(mesh().apply(POLICY.formatted("retryConstraint: {}")));
    assertThat(defaults.getBudgetPercent().getValue()).isEqualTo(20);
    assertThat(defaults.getMinRetryConcurrency().getValue()).isEqualTo(10);
  }

  private static CircuitBreakers.Thresholds.RetryBudget budget(Mesh mesh) {
    Cluster cluster = mesh.by(CLIENT).cluster("outbound|80||a.default.svc.cluster.local");
    return cluster.getCircuitBreakers().getThresholds(0).getRetryBudget();
  }

  @Test
  void librariesThatDoNotKnowPrefixesOfElementsGetAnExpression() {
    RouteChoice choice =
        RouteChoice.of(
                List.of(mesh().apply(route("sessionName: s")).view().gateway().routes().get(0)))
            .get(0);

    RouteMatch plain = GatewayMatches.of(choice, true);
    assertThat(GatewayMatches.of(choice, false).getPathSeparatedPrefix()).isEqualTo("/shop");
    assertThat(plain.getSafeRegex().getRegex()).isEqualTo("/shop(/.*)?");
  }
}
