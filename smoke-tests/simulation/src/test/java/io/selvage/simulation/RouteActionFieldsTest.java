package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.cluster;
import static io.selvage.simulation.Bookinfo.forward;
import static io.selvage.simulation.Bookinfo.route;
import static io.selvage.simulation.Bookinfo.routed;
import static io.selvage.simulation.Bookinfo.taken;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.HeaderOps.HeaderOp;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.stack.Explanation;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a rule of a VirtualService does, field by field. */
class RouteActionFieldsTest {
  private static final String TO = "  route: [{destination: {host: reviews}}]\n";

  private static SimulatedMesh doing(String fields) {
    return routed("- " + fields + "\n" + TO);
  }

  private static Explanation answer(String fields) {
    return routed("- match: [{uri: {prefix: /old/}}]\n  " + fields + "\n")
        .get(CALLER, "reviews", 9080, "/old/x?q=1");
  }

  private static String location(String redirect) {
    return answer("redirect: " + redirect).rejection().headers().get("location");
  }

  @Test
  @Tag("field=VirtualService.http.route.destination.host")
  @Tag("field=VirtualService.http.route.destination.subset")
  @Tag("field=VirtualService.http.route.destination.port")
  void destinations() {
    SimulatedMesh mesh =
        routed(
                """
                - match: [{uri: {prefix: /other}}]
                  route: [{destination: {host: ratings.default.svc.cluster.local, port: {number: 9080}}}]
                - match: [{uri: {prefix: /port}}]
                  route: [{destination: {host: details, port: {number: 8081}}}]
                - match: [{uri: {prefix: /only}}]
                  route: [{destination: {host: details}}]
                - route: [{destination: {host: reviews, subset: v3}}]
                """)
            .workload("details", "v1", 8081, "http");

    assertThat(taken(mesh, "/other")).isEqualTo("outbound|9080||ratings.default.svc.cluster.local");
    assertThat(taken(mesh, "/port")).isEqualTo("outbound|8081||details.default.svc.cluster.local");
    // the only port of a service needs not be named
    assertThat(taken(mesh, "/only")).isEqualTo("outbound|8081||details.default.svc.cluster.local");
    assertThat(taken(mesh, "/")).isEqualTo(cluster("v3"));
  }

  @Test
  @Tag("field=VirtualService.http.route.weight")
  void weights() {
    List<WeightedCluster> shares =
        forward(
                routed(
                    """
                    - route:
                      - {destination: {host: reviews, subset: v1}, weight: 90}
                      - {destination: {host: reviews, subset: v2}, weight: 10}
                      - {destination: {host: reviews, subset: v3}, weight: 0}
                    """))
            .clusters();

    assertThat(shares)
        .extracting(WeightedCluster::cluster, WeightedCluster::weight)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(cluster("v1"), 90),
            org.assertj.core.groups.Tuple.tuple(cluster("v2"), 10));
  }

  @Test
  @Tag("field=VirtualService.http.route.headers.request.set")
  @Tag("field=VirtualService.http.route.headers.request.add")
  @Tag("field=VirtualService.http.route.headers.request.remove")
  @Tag("field=VirtualService.http.route.headers.response.set")
  @Tag("field=VirtualService.http.route.headers.response.add")
  @Tag("field=VirtualService.http.route.headers.response.remove")
  void headersOfADestination() {
    List<WeightedCluster> shares =
        forward(
                routed(
                    """
                    - route:
                      - destination: {host: reviews, subset: v1}
                        weight: 50
                        headers:
                          request: {set: {a: '1'}, add: {b: '2'}, remove: [c]}
                          response: {set: {d: '3'}, add: {e: '4'}, remove: [f]}
                      - {destination: {host: reviews, subset: v2}, weight: 50}
                    """))
            .clusters();

    assertThat(shares.get(0).requestHeaders()).isEqualTo(ops("a", "1", "b", "2", "c"));
    assertThat(shares.get(0).responseHeaders()).isEqualTo(ops("d", "3", "e", "4", "f"));
    assertThat(shares.get(1).requestHeaders().isEmpty()).isTrue();
  }

  @Test
  @Tag("field=VirtualService.http.headers.request.set")
  @Tag("field=VirtualService.http.headers.request.add")
  @Tag("field=VirtualService.http.headers.request.remove")
  @Tag("field=VirtualService.http.headers.response.set")
  @Tag("field=VirtualService.http.headers.response.add")
  @Tag("field=VirtualService.http.headers.response.remove")
  void headersOfARule() {
    SimulatedMesh mesh =
        doing(
            "headers: {request: {set: {a: '1'}, add: {b: '2'}, remove: [c]}, response: {set: {d: '3'}, add: {e: '4'}, remove: [f]}}");

    assertThat(route(mesh, 0).requestHeaders()).isEqualTo(ops("a", "1", "b", "2", "c"));
    assertThat(route(mesh, 0).responseHeaders()).isEqualTo(ops("d", "3", "e", "4", "f"));
    assertThat(forward(doing("headers: {request: {set: {host: other}}}")).rewrite().authority())
        .isEqualTo("other");
  }

  private static HeaderOps ops(String set, String one, String add, String two, String remove) {
    return new HeaderOps(
        List.of(new HeaderOp(set, one, false), new HeaderOp(add, two, true)), List.of(remove));
  }

  @Test
  @Tag("field=VirtualService.http.redirect.uri")
  @Tag("field=VirtualService.http.redirect.prefixRewrite")
  @Tag("field=VirtualService.http.redirect.authority")
  @Tag("field=VirtualService.http.redirect.port")
  @Tag("field=VirtualService.http.redirect.derivePort")
  @Tag("field=VirtualService.http.redirect.scheme")
  void redirectsByPart() {
    assertThat(location("{uri: /new}")).isEqualTo("http://reviews:9080/new?q=1");
    assertThat(location("{prefixRewrite: /new/}")).isEqualTo("http://reviews:9080/new/x?q=1");
    assertThat(location("{authority: elsewhere}")).isEqualTo("http://elsewhere/old/x?q=1");
    assertThat(location("{port: 8443}")).isEqualTo("http://reviews:8443/old/x?q=1");
    assertThat(location("{authority: elsewhere, derivePort: FROM_REQUEST_PORT}"))
        .isEqualTo("http://elsewhere:9080/old/x?q=1");
    assertThat(location("{authority: elsewhere, derivePort: FROM_PROTOCOL_DEFAULT}"))
        .isEqualTo("http://elsewhere/old/x?q=1");
    assertThat(location("{scheme: https}")).startsWith("https://reviews").endsWith("/old/x?q=1");
  }

  @Test
  @Tag("field=VirtualService.http.redirect.redirectCode")
  void redirectCodes() {
    assertThat(answer("redirect: {uri: /new}").rejection().httpStatus()).isEqualTo(301);
    for (int code : new int[] {301, 302, 303, 307, 308}) {
      assertThat(
              answer("redirect: {uri: /new, redirectCode: " + code + "}").rejection().httpStatus())
          .isEqualTo(code);
    }
  }

  @Test
  @Tag("field=VirtualService.http.directResponse.status")
  @Tag("field=VirtualService.http.directResponse.body.string")
  @Tag("field=VirtualService.http.directResponse.body.bytes")
  void directResponses() {
    Explanation text = answer("directResponse: {status: 418, body: {string: teapot}}");
    assertThat(text.rejection().httpStatus()).isEqualTo(418);
    assertThat(text.rejection().body()).isEqualTo("teapot");
    assertThat(answer("directResponse: {status: 200, body: {bytes: dGVhcG90}}").rejection().body())
        .isEqualTo("teapot");
    assertThat(answer("directResponse: {status: 503}").rejection().body()).isEmpty();
  }

  @Test
  @Tag("field=VirtualService.http.delegate.name")
  @Tag("field=VirtualService.http.delegate.namespace")
  void delegates() {
    String child =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: child, namespace: %s}
        spec:
          http:
          - match: [{headers: {x: {exact: '1'}}}]
            route: [{destination: {host: %s, subset: v2}}]
        """;
    SimulatedMesh mesh =
        routed(
                """
                - match: [{uri: {prefix: /own}}]
                  delegate: {name: child}
                - match: [{uri: {prefix: /other}}]
                  delegate: {name: child, namespace: shop}
                - route: [{destination: {host: reviews, subset: v1}}]
                """)
            .with(child.formatted("default", "reviews"))
            .with(child.formatted("shop", Bookinfo.HOST).replace("v2", "v3"));

    assertThat(taken(mesh, "/own", "x", "1")).isEqualTo(cluster("v2"));
    assertThat(taken(mesh, "/own")).isEqualTo(cluster("v1"));
    assertThat(taken(mesh, "/other", "x", "1")).isEqualTo(cluster("v3"));
  }

  @Test
  void aDelegateThatIsNotThereIsNamed() {
    SimulatedMesh mesh = routed("- delegate: {name: nobody}\n");
    assertThat(mesh.problems(CALLER, "VirtualService", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.http[0].delegate: no VirtualService default/nobody"));
  }

  @Test
  @Tag("field=VirtualService.http.rewrite.uri")
  @Tag("field=VirtualService.http.rewrite.authority")
  @Tag("field=VirtualService.http.rewrite.uriRegexRewrite.match")
  @Tag("field=VirtualService.http.rewrite.uriRegexRewrite.rewrite")
  void rewrites() {
    RouteAction.Forward plain = forward(doing("rewrite: {uri: /new, authority: other}"));
    assertThat(plain.rewrite().prefix()).isEqualTo("/new");
    assertThat(plain.rewrite().authority()).isEqualTo("other");
    RouteAction.Forward regex =
        forward(doing("rewrite: {uriRegexRewrite: {match: '/v1/(.*)', rewrite: '/v2/\\1'}}"));
    assertThat(regex.rewrite().regex().regex()).isEqualTo("/v1/(.*)");
    assertThat(regex.rewrite().regex().substitution()).isEqualTo("/v2/\\1");
  }

  @Test
  @Tag("field=VirtualService.http.timeout")
  void timeouts() {
    assertThat(forward(doing("timeout: 2.5s")).timeout()).isEqualTo(Duration.ofMillis(2_500));
    assertThat(forward(doing("name: none")).timeout()).isEqualTo(Duration.ZERO);
  }

  @Test
  @Tag("field=VirtualService.http.retries.attempts")
  @Tag("field=VirtualService.http.retries.perTryTimeout")
  @Tag("field=VirtualService.http.retries.retryOn")
  @Tag("field=VirtualService.http.retries.backoff")
  @Tag("field=VirtualService.http.retries.retryIgnorePreviousHosts")
  void retries() {
    RetryPolicy policy =
        forward(
                doing(
                    "retries: {attempts: 4, perTryTimeout: 500ms, retryOn: 'gateway-error,429', backoff: 100ms, retryIgnorePreviousHosts: false}"))
            .retry();
    assertThat(policy.numRetries()).isEqualTo(4);
    assertThat(policy.perTryTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(policy.on()).containsExactlyInAnyOrder("gateway-error", "retriable-status-codes");
    assertThat(policy.retriableStatusCodes()).containsExactly(429);
    assertThat(policy.baseInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(policy.previousHostsRejected()).isFalse();
    RetryPolicy defaults = forward(doing("retries: {attempts: 1}")).retry();
    assertThat(defaults.on()).contains("connect-failure", "refused-stream");
    assertThat(defaults.previousHostsRejected()).isTrue();
    assertThat(defaults.baseInterval()).isEqualTo(Duration.ofMillis(25));
    assertThat(forward(doing("retries: {attempts: 0}")).retry()).isNull();
  }

  @Test
  @Tag("field=VirtualService.http.retries.retryRemoteLocalities")
  void otherLocalitiesAreTried() {
    String retries = "retries: {attempts: 3, retryRemoteLocalities: %s}";
    assertThat(forward(doing(retries.formatted("true"))).retry().avoidance().prioritiesAfter())
        .isEqualTo(2);
    assertThat(forward(doing(retries.formatted("false"))).retry().avoidance().prioritiesAfter())
        .isZero();
  }

  @Test
  @Tag("field=VirtualService.http.mirror")
  @Tag("field=VirtualService.http.mirrorPercentage")
  @Tag("field=VirtualService.http.mirrorPercent")
  @Tag("field=VirtualService.http.mirror_percent")
  void oneMirror() {
    String to = "mirror: {host: ratings, port: {number: 9080}}";
    assertMirror(forward(doing(to)).mirrors(), 1.0);
    assertMirror(forward(doing(to + "\n  mirrorPercentage: {value: 12.5}")).mirrors(), 0.125);
    assertMirror(forward(doing(to + "\n  mirrorPercent: 30")).mirrors(), 0.3);
    assertMirror(forward(doing(to + "\n  mirror_percent: 40")).mirrors(), 0.4);
    assertThat(forward(doing(to + "\n  mirrorPercentage: {value: 0}")).mirrors()).isEmpty();
  }

  private static void assertMirror(List<Mirror> mirrors, double fraction) {
    assertThat(mirrors).hasSize(1);
    assertThat(mirrors.get(0).cluster())
        .isEqualTo("outbound|9080||ratings.default.svc.cluster.local");
    assertThat(mirrors.get(0).fraction()).isCloseTo(fraction, within(1e-6));
  }

  @Test
  @Tag("field=VirtualService.http.mirrors.destination.host")
  @Tag("field=VirtualService.http.mirrors.destination.subset")
  @Tag("field=VirtualService.http.mirrors.destination.port")
  @Tag("field=VirtualService.http.mirrors.percentage")
  void severalMirrors() {
    List<Mirror> mirrors =
        forward(
                doing(
                    "mirrors: [{destination: {host: reviews, subset: v2, port: {number: 9080}}, percentage: {value: 50}}, {destination: {host: ratings}}]"))
            .mirrors();
    assertThat(mirrors).hasSize(2);
    assertThat(mirrors.get(0).cluster()).isEqualTo(cluster("v2"));
    assertThat(mirrors.get(0).fraction()).isCloseTo(0.5, within(1e-6));
    assertThat(mirrors.get(1).fraction()).isCloseTo(1.0, within(1e-6));
  }
}
