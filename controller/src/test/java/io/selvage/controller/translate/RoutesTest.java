package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.selvage.controller.registry.WorkloadNode;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static final WorkloadNode CALLER = Mesh.node("web", "default", "v1", 0, 0, "http");

  private static Mesh mesh() {
    return new Mesh()
        .runs(Mesh.node("reviews", "default", "v1", 9080, 19081, "http"))
        .runs(Mesh.node("reviews", "default", "v2", 9080, 19082, "http"))
        .runs(Mesh.node("ratings", "prod", "v1", 9080, 19083, "http"));
  }

  private static VirtualHost host(RouteConfiguration table, String name) {
    return table.getVirtualHostsList().stream()
        .filter(h -> h.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<Route> routes(Mesh mesh, WorkloadNode caller, String service) {
    return host(mesh.by(caller).table(9080), service + ".svc.cluster.local:9080").getRoutesList();
  }

  @Test
  void namesFollowTheCallersNamespace() {
    RouteConfiguration table = mesh().by(CALLER).table(9080);
    assertThat(host(table, "reviews.default.svc.cluster.local:9080").getDomainsList())
        .contains(
            "reviews",
            "reviews:9080",
            "reviews.default",
            "reviews.default.svc",
            "reviews.default.svc.cluster.local:9080")
        .anyMatch(d -> d.startsWith("240.240."));
    assertThat(host(table, "ratings.prod.svc.cluster.local:9080").getDomainsList())
        .contains("ratings.prod", "ratings.prod:9080")
        .doesNotContain("ratings");
    assertThat(table.getVirtualHosts(table.getVirtualHostsCount() - 1).getName())
        .isEqualTo("allow_any");
    assertThat(mesh().by(CALLER).names().getTableMap())
        .containsKeys("reviews", "reviews.default", "ratings.prod")
        .doesNotContainKey("ratings");
  }

  @Test
  void registryOnlyAnswers502() {
    Mesh mesh = mesh();
    mesh.settings =
        new MeshSettings("cluster.local", List.of(), "cluster.local", "istio-system", false);
    assertThat(
            host(mesh.by(CALLER).table(9080), "block_all")
                .getRoutes(0)
                .getDirectResponse()
                .getStatus())
        .isEqualTo(502);
  }

  @Test
  void defaultRetriesRepeatOnlyWhatIsSafe() {
    RetryPolicy policy =
        routes(mesh(), CALLER, "reviews.default").get(0).getRoute().getRetryPolicy();
    assertThat(policy.getRetryOn())
        .isEqualTo("connect-failure,refused-stream,unavailable,cancelled");
    assertThat(policy.getNumRetries().getValue()).isEqualTo(2);
    assertThat(policy.getRetryHostPredicateCount()).isEqualTo(1);
    assertThat(policy.getRetriableStatusCodesList()).isEmpty();
  }

  @Test
  void conditionsOnTheCallerAreDecidedHere() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: reviews, namespace: default}
                spec:
                  hosts: [reviews]
                  http:
                  - name: labels
                    match: [{sourceLabels: {app: web}, uri: {prefix: /l}}]
                    route: [{destination: {host: reviews}}]
                  - name: namespace
                    match: [{sourceNamespace: prod, uri: {prefix: /n}}]
                    route: [{destination: {host: reviews}}]
                  - name: port
                    match: [{port: 1, uri: {prefix: /p}}]
                    route: [{destination: {host: reviews}}]
                  - name: gateway
                    match: [{gateways: [ingress], uri: {prefix: /g}}]
                    route: [{destination: {host: reviews}}]
                  - name: rest
                    route: [{destination: {host: reviews}}]
                  - name: never
                    route: [{destination: {host: reviews}}]
                """);
    assertThat(routes(mesh, CALLER, "reviews.default"))
        .extracting(Route::getName)
        .containsExactly("labels", "rest");
    WorkloadNode other = Mesh.node("other", "prod", "", 0, 0, "http");
    assertThat(routes(mesh, other, "reviews.default"))
        .extracting(Route::getName)
        .containsExactly("namespace", "rest");
  }

  @Test
  void weightsTimeoutsRetriesAndFaults() throws Exception {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: reviews, namespace: default}
                spec:
                  hosts: [reviews]
                  http:
                  - match: [{headers: {end-user: {exact: jason}}}]
                    fault:
                      delay: {percentage: {value: 12.5}, fixedDelay: 7s}
                      abort: {percentage: {value: 100}, httpStatus: 500}
                    route: [{destination: {host: reviews, subset: v2}}]
                  - route:
                    - {destination: {host: reviews, subset: v1}, weight: 90}
                    - {destination: {host: reviews, subset: v2}, weight: 10}
                    - {destination: {host: reviews, subset: v3}, weight: 0}
                    timeout: 500ms
                    retries: {attempts: 4, retryOn: "5xx,409", perTryTimeout: 100ms}
                """);
    List<Route> routes = routes(mesh, CALLER, "reviews.default");
    Route jason = routes.get(0);
    assertThat(jason.getMatch().getHeaders(0).getName()).isEqualTo("end-user");
    assertThat(jason.getRoute().getCluster())
        .isEqualTo("outbound|9080|v2|reviews.default.svc.cluster.local");
    HTTPFault fault =
        jason.getTypedPerFilterConfigOrThrow("envoy.filters.http.fault").unpack(HTTPFault.class);
    assertThat(fault.getDelay().getFixedDelay().getSeconds()).isEqualTo(7);
    assertThat(fault.getDelay().getPercentage().getNumerator()).isEqualTo(125_000);
    assertThat(fault.getAbort().getHttpStatus()).isEqualTo(500);
    Route rest = routes.get(1);
    assertThat(rest.getRoute().getWeightedClusters().getClustersList())
        .extracting(c -> c.getWeight().getValue())
        .containsExactly(90, 10);
    assertThat(rest.getRoute().getTimeout().getNanos()).isEqualTo(500_000_000);
    assertThat(rest.getRoute().getRetryPolicy().getRetryOn())
        .isEqualTo("5xx,retriable-status-codes");
    assertThat(rest.getRoute().getRetryPolicy().getRetriableStatusCodesList()).containsExactly(409);
    assertThat(rest.getRoute().getRetryPolicy().getPerTryTimeout().getNanos())
        .isEqualTo(100_000_000);
  }

  @Test
  void switchedOffRetriesAreNone() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: reviews, namespace: default}
                spec:
                  hosts: [reviews]
                  http: [{route: [{destination: {host: reviews}}], retries: {attempts: 0}}]
                """);
    assertThat(routes(mesh, CALLER, "reviews.default").get(0).getRoute().hasRetryPolicy())
        .isFalse();
  }

  @Test
  void theMostSpecificThenTheOldestVirtualServiceWinsAndTheOtherIsTold() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: young, namespace: default, creationTimestamp: "2026-02-01T00:00:00Z"}
                spec: {hosts: [reviews], http: [{name: young, route: [{destination: {host: reviews}}]}]}
                ---
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: old, namespace: default, creationTimestamp: "2026-01-01T00:00:00Z"}
                spec: {hosts: [reviews], http: [{name: old, route: [{destination: {host: reviews}}]}]}
                ---
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: wild, namespace: default, creationTimestamp: "2025-01-01T00:00:00Z"}
                spec: {hosts: ["*.default.svc.cluster.local"], http: [{name: wild, route: [{destination: {host: reviews}}]}]}
                """);
    Mesh.Seen seen = mesh.by(CALLER);
    assertThat(
            host(seen.table(9080), "reviews.default.svc.cluster.local:9080").getRoutes(0).getName())
        .isEqualTo("old");
    assertThat(seen.problems().read())
        .anySatisfy((key, problems) -> assertThat(key.name()).isEqualTo("young"));
  }

  @Test
  void exportToHidesARule() {
    String rule =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: ratings, namespace: prod}
        spec: {hosts: [ratings], exportTo: ["."], http: [{name: own, route: [{destination: {host: ratings}}]}]}
        """;
    assertThat(routes(mesh().apply(rule), CALLER, "ratings.prod").get(0).getName())
        .isEqualTo("default");
    WorkloadNode inside = Mesh.node("web", "prod", "", 0, 0, "http");
    assertThat(routes(mesh().apply(rule), inside, "ratings.prod").get(0).getName())
        .isEqualTo("own");
  }

  @Test
  void delegatesTakeTheirPlace() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: root, namespace: default}
                spec:
                  hosts: [reviews]
                  http:
                  - match: [{uri: {prefix: /a}, headers: {x: {exact: "1"}}}]
                    delegate: {name: child}
                  - match: [{uri: {prefix: /z}}]
                    delegate: {name: nosuch}
                  - name: rest
                    route: [{destination: {host: reviews}}]
                ---
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: child, namespace: default}
                spec:
                  http:
                  - name: inner
                    match: [{uri: {prefix: /a/b}}, {uri: {prefix: /other}}]
                    route: [{destination: {host: reviews, subset: v2}}]
                """);
    Mesh.Seen seen = mesh.by(CALLER);
    List<Route> routes =
        host(seen.table(9080), "reviews.default.svc.cluster.local:9080").getRoutesList();
    assertThat(routes).extracting(Route::getName).containsExactly("child-inner", "rest");
    assertThat(routes.get(0).getMatch().getPrefix()).isEqualTo("/a/b");
    assertThat(routes.get(0).getMatch().getHeaders(0).getName()).isEqualTo("x");
    assertThat(seen.problems().read().values())
        .anySatisfy(p -> assertThat(p.toString()).contains("nosuch"));
  }

  @Test
  void proxylessDialectHasApiListeners() {
    WorkloadNode grpc = Mesh.node("web", "default", "", 0, 0, "grpc");
    assertThat(mesh().by(grpc).proxyless())
        .extracting(l -> l.getName())
        .contains("reviews:9080", "reviews.default.svc.cluster.local:9080", "ratings.prod:9080");
  }

  @Test
  void aDestinationThatIsNotThereIsTold() {
    Mesh.Seen seen =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: reviews, namespace: default}
                spec:
                  hosts: [reviews]
                  http: [{route: [{destination: {host: nosuch}}]}]
                """)
            .by(CALLER);
    seen.table(9080);
    assertThat(seen.problems().read().values().iterator().next())
        .singleElement()
        .satisfies(
            p -> {
              assertThat(p.reason()).isEqualTo(Problems.Reason.UNRESOLVED);
              assertThat(p.field()).isEqualTo("spec.http[0].route[0].destination");
              assertThat(p.text()).contains("nosuch.default.svc.cluster.local");
            });
  }

  @Test
  @Tag("field=VirtualService.http.match.statPrefix")
  void theStatPrefixIsTheRoutes() {
    Mesh mesh =
        mesh()
            .apply(
                """
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: reviews, namespace: default}
                spec:
                  hosts: [reviews]
                  http:
                  - match: [{uri: {prefix: /a}, statPrefix: alpha}]
                    route: [{destination: {host: reviews}}]
                  - route: [{destination: {host: reviews}}]
                """);
    assertThat(routes(mesh, CALLER, "reviews.default"))
        .extracting(Route::getStatPrefix)
        .containsExactly("alpha", "");
  }
}
