package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.stack.Explanation;
import org.junit.jupiter.api.Test;

/** VirtualService and DestinationRule as users write them, decided in the caller. */
class RoutingSimulationTest {
  private static final String SUBSETS =
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews}
      spec:
        host: reviews
        subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]
      """;

  private static SimulatedMesh bookinfo() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("reviews", "v1", 9080, "http")
        .workload("reviews", "v2", 9080, "http")
        .workload("reviews", "v3", 9080, "http")
        .workload("ratings", "v1", 9080, "http");
  }

  private static String virtualService(String http) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews}
        spec:
          hosts: [reviews]
          http:
        """
        + http.indent(2);
  }

  private static String cluster(String subset) {
    return "outbound|9080|" + subset + "|reviews.default.svc.cluster.local";
  }

  @Test
  void withoutRulesEveryInstanceIsACandidateOverMutualTls() {
    Explanation e = bookinfo().get("productpage", "reviews", 9080, "/reviews/0");

    assertThat(e.rejection()).isNull();
    assertThat(e.cluster()).isEqualTo(cluster(""));
    assertThat(e.endpoints()).hasSize(3);
    assertThat(e.tls().mode()).isEqualTo("mesh");
    assertThat(e.tls().sni()).isEqualTo("outbound_.9080_._.reviews.default.svc.cluster.local");
    assertThat(e.tls().sans().toString()).contains("spiffe://cluster.local/ns/default/sa/reviews");
  }

  @Test
  void everyNameOfTheServiceIsKnown() {
    for (String host :
        new String[] {
          "reviews",
          "reviews.default",
          "reviews.default.svc",
          "reviews.default.svc.cluster.local",
          "REVIEWS"
        }) {
      assertThat(bookinfo().get("productpage", host, 9080, "/").cluster())
          .as(host)
          .isEqualTo(cluster(""));
    }
  }

  @Test
  void subsetByWeightHeaderAndOrder() {
    SimulatedMesh mesh =
        bookinfo()
            .with(SUBSETS)
            .with(
                virtualService(
                    """
                    - match: [{headers: {end-user: {exact: jason}}}]
                      route: [{destination: {host: reviews, subset: v2}}]
                    - match: [{uri: {prefix: /beta}}, {queryParams: {beta: {exact: "1"}}}]
                      route: [{destination: {host: reviews, subset: v3}}]
                    - route: [{destination: {host: reviews, subset: v1}}]
                    """));

    assertThat(mesh.get("productpage", "reviews", 9080, "/", "end-user", "jason").cluster())
        .isEqualTo(cluster("v2"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/", "end-user", "paul").cluster())
        .isEqualTo(cluster("v1"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/beta/x").cluster())
        .isEqualTo(cluster("v3"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/?beta=1").cluster())
        .isEqualTo(cluster("v3"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/?beta=2").cluster())
        .isEqualTo(cluster("v1"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/", "end-user", "jason").endpoints())
        .hasSize(1);
  }

  @Test
  void matchOnMethodAuthorityRegexCaseAndWithoutHeaders() {
    SimulatedMesh mesh =
        bookinfo()
            .with(SUBSETS)
            .with(
                virtualService(
                    """
                    - match: [{method: {exact: POST}}]
                      route: [{destination: {host: reviews, subset: v2}}]
                    - match: [{uri: {regex: "/item/[0-9]+"}}]
                      route: [{destination: {host: reviews, subset: v3}}]
                    - match: [{uri: {exact: /CaSe}, ignoreUriCase: true}]
                      route: [{destination: {host: reviews, subset: v3}}]
                    - match: [{uri: {prefix: /w}, withoutHeaders: {x-skip: {}}}]
                      route: [{destination: {host: reviews, subset: v2}}]
                    - route: [{destination: {host: reviews, subset: v1}}]
                    """));

    assertThat(mesh.call("productpage", "POST", "reviews", 9080, "/").cluster())
        .isEqualTo(cluster("v2"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/item/42").cluster())
        .isEqualTo(cluster("v3"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/item/42x").cluster())
        .isEqualTo(cluster("v1"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/cAsE").cluster())
        .isEqualTo(cluster("v3"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/w").cluster()).isEqualTo(cluster("v2"));
    assertThat(mesh.get("productpage", "reviews", 9080, "/w", "x-skip", "1").cluster())
        .isEqualTo(cluster("v1"));
  }

  @Test
  void sourceLabelsAndPortAreResolvedForTheCaller() {
    SimulatedMesh mesh =
        bookinfo()
            .with(SUBSETS)
            .with(
                virtualService(
                    """
                    - match: [{sourceLabels: {app: ratings}}]
                      route: [{destination: {host: reviews, subset: v3}}]
                    - match: [{port: 9080, sourceNamespace: default}]
                      route: [{destination: {host: reviews, subset: v1}}]
                    """));

    assertThat(mesh.get("productpage", "reviews", 9080, "/").cluster()).isEqualTo(cluster("v1"));
    assertThat(mesh.get("ratings", "reviews", 9080, "/").cluster()).isEqualTo(cluster("v3"));
  }

  @Test
  void redirectDirectResponseAndNoRoute() {
    SimulatedMesh mesh =
        bookinfo()
            .with(
                virtualService(
                    """
                    - match: [{uri: {prefix: /old}}]
                      redirect: {uri: /new, authority: elsewhere, redirectCode: 308}
                    - match: [{uri: {prefix: /fixed}}]
                      directResponse: {status: 418, body: {string: teapot}}
                    - match: [{uri: {prefix: /only}}]
                      route: [{destination: {host: reviews}}]
                    """));

    Explanation redirect = mesh.get("productpage", "reviews", 9080, "/old/x");
    assertThat(redirect.rejection().httpStatus()).isEqualTo(308);
    assertThat(redirect.rejection().headers()).containsEntry("location", "http://elsewhere/new");
    Explanation fixed = mesh.get("productpage", "reviews", 9080, "/fixed");
    assertThat(fixed.rejection().httpStatus()).isEqualTo(418);
    assertThat(fixed.rejection().body()).isEqualTo("teapot");
    Explanation none = mesh.get("productpage", "reviews", 9080, "/nowhere");
    assertThat(none.rejection().httpStatus()).isEqualTo(404);
    assertThat(none.rejection().flag()).isEqualTo("NR");
    assertThat(mesh.get("productpage", "reviews", 9080, "/only").rejection()).isNull();
  }

  @Test
  void faultTimeoutAndRetriesAreNoted() {
    SimulatedMesh mesh =
        bookinfo()
            .with(
                virtualService(
                    """
                    - match: [{uri: {prefix: /abort}}]
                      fault: {abort: {httpStatus: 555, percentage: {value: 100}}}
                      route: [{destination: {host: reviews}}]
                    - timeout: 2s
                      retries: {attempts: 4, perTryTimeout: 500ms, retryOn: "gateway-error"}
                      rewrite: {uri: /v2/}
                      route: [{destination: {host: reviews}}]
                    """));

    Explanation abort = mesh.get("productpage", "reviews", 9080, "/abort");
    assertThat(abort.rejection().httpStatus()).isEqualTo(555);
    assertThat(abort.rejection().flag()).isEqualTo("FI");
    assertThat(mesh.get("productpage", "reviews", 9080, "/x").notes().toString())
        .contains("2")
        .contains("4");
  }

  @Test
  void unknownSubsetHasNoHealthyUpstream() {
    Explanation e =
        bookinfo()
            .with(SUBSETS.replace("v3, labels: {version: v3}", "v3, labels: {version: v9}"))
            .with(virtualService("- route: [{destination: {host: reviews, subset: v3}}]\n"))
            .get("productpage", "reviews", 9080, "/");

    assertThat(e.rejection().httpStatus()).isEqualTo(503);
    assertThat(e.rejection().flag()).isEqualTo("UH");
  }

  @Test
  void unknownHostsPassThrough() {
    Explanation e = bookinfo().get("productpage", "www.example.com", 80, "/");

    assertThat(e.rejection()).isNull();
    assertThat(e.endpoints()).isEmpty();
    assertThat(e.tls().mode()).isEqualTo("none");
  }

  @Test
  void serviceEntriesOutsideTheMeshGetNoMeshTls() {
    Explanation e =
        bookinfo()
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: ext}
                spec:
                  hosts: [api.example.com]
                  location: MESH_EXTERNAL
                  resolution: STATIC
                  ports: [{number: 80, name: http, protocol: HTTP}]
                  endpoints: [{address: 192.0.2.1}, {address: 192.0.2.2}]
                """)
            .get("productpage", "api.example.com", 80, "/");

    assertThat(e.endpoints()).hasSize(2);
    assertThat(e.tls().mode()).isEqualTo("none");
  }

  @Test
  void destinationRuleCanSwitchMutualTlsOff() {
    Explanation e =
        bookinfo()
            .with(
                "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: reviews}, spec: {host: reviews, trafficPolicy: {tls: {mode: DISABLE}}}}")
            .get("productpage", "reviews", 9080, "/");

    assertThat(e.tls().mode()).isEqualTo("none");
  }

  @Test
  void nearLocalityIsPreferredWhenOutlierDetectionIsOn() {
    SimulatedMesh mesh =
        new SimulatedMesh()
            .workload("default", "productpage", "v1", 9080, "http", "eu/a/1")
            .workload("default", "reviews", "v1", 9080, "http", "us/x/1")
            .workload("default", "reviews", "v2", 9080, "http", "eu/a/1")
            .with(
                """
                apiVersion: networking.istio.io/v1
                kind: DestinationRule
                metadata: {name: reviews}
                spec:
                  host: reviews
                  trafficPolicy:
                    loadBalancer: {localityLbSetting: {enabled: true}}
                    outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 30s}
                """);

    Explanation e = mesh.get("productpage", "reviews", 9080, "/");

    assertThat(e.endpoints().get(0).priority()).isZero();
    assertThat(e.endpoints().get(0).locality()).contains("eu");
    assertThat(e.endpoints().get(1).priority()).isPositive();
    assertThat(e.chosen()).startsWith("10.0.0.3:");
  }
}
