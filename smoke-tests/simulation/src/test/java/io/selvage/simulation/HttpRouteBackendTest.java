package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.cluster;
import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.httpRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.simulation.Dialogue.Heard;
import io.selvage.simulation.Dialogue.Reply;
import io.selvage.simulation.Dialogue.Sent;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Destinations, limits and retries of HTTPRoutes. */
class HttpRouteBackendTest {
  private static final String V1 = cluster("echo-v1", 80);
  private static final String V2 = cluster("echo-v2", 80);
  private static final int CALLS = 2_000;

  private static Dialogue dialogue(String rules) {
    return new Dialogue(echo().with(httpRoute(rules)), "client", 11);
  }

  private static Map<String, Integer> outcomes(Dialogue d) {
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < CALLS; i++) {
      int before = d.sent().size();
      Heard heard = d.get("echo", 80, "/");
      String key = d.sent().size() > before ? d.last().cluster() : "" + heard.status();
      counts.merge(key, 1, Integer::sum);
    }
    return counts;
  }

  private static void near(Map<String, Integer> counts, String key, double part) {
    // five standard deviations of a binomial at a fixed seed
    double slack = 5 * Math.sqrt(CALLS * part * (1 - part));
    assertThat((double) counts.getOrDefault(key, 0))
        .as(key + " of " + counts)
        .isBetween(CALLS * part - slack, CALLS * part + slack);
  }

  /** The published MeshHTTPRouteWeight. */
  @Test
  @Tag("field=HTTPRoute.rules.backendRefs.weight")
  void weightsAreSharesOfTheSum() {
    Map<String, Integer> counts =
        outcomes(
            dialogue(
                "- backendRefs: [{name: echo-v1, port: 80, weight: 70}, {name: echo-v2, port: 80,"
                    + " weight: 30}, {name: echo, port: 80, weight: 0}]\n"));

    near(counts, V1, 0.7);
    near(counts, V2, 0.3);
    assertThat(counts).hasSize(2);
  }

  @Test
  @Tag("field=HTTPRoute.rules.backendRefs.name")
  @Tag("field=HTTPRoute.rules.backendRefs.port")
  void whatCannotBeFoundAnswers500ForItsShare() {
    Map<String, Integer> counts =
        outcomes(
            dialogue(
                "- backendRefs: [{name: echo-v1, port: 80, weight: 5}, {name: gone, port: 80,"
                    + " weight: 3}, {name: echo-v2, port: 81, weight: 2}]\n"));

    near(counts, V1, 0.5);
    near(counts, "500", 0.5);
    assertThat(counts).hasSize(2);
  }

  @Test
  void aRuleWithoutAnyWeightAnswers500() {
    assertThat(
            dialogue("- backendRefs: [{name: echo-v1, port: 80, weight: 0}]\n")
                .get("echo", 80, "/")
                .status())
        .isEqualTo(500);
    assertThat(dialogue("- name: nothing\n").get("echo", 80, "/").status()).isEqualTo(500);
  }

  @Test
  @Tag("field=HTTPRoute.rules.backendRefs.kind")
  void serviceEntriesAreBackendsAndOtherKindsAreNone() {
    String entry =
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: outside}
        spec: {hosts: [api.example.com], location: MESH_EXTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 192.0.2.7}]}
        """;
    Dialogue found =
        new Dialogue(
            echo()
                .with(entry)
                .with(
                    httpRoute(
                        "- backendRefs: [{group: networking.istio.io, kind: ServiceEntry, name: outside, port: 80}]\n")),
            "client",
            1);
    Dialogue other =
        dialogue("- backendRefs: [{group: x.example, kind: Bucket, name: b, port: 80}]\n");

    assertThat(found.get("echo", 80, "/").status()).isEqualTo(200);
    assertThat(found.last().endpoint()).isEqualTo("192.0.2.7");
    assertThat(other.get("echo", 80, "/").status()).isEqualTo(500);
  }

  @Test
  @Tag("field=HTTPRoute.rules.backendRefs.namespace")
  void aHiddenServiceOfAnotherNamespaceNeedsAGrant() {
    String hidden =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: private, namespace: away, annotations: {networking.istio.io/exportTo: .}}
        spec: {selector: {app: traveller}, ports: [{name: http, port: 80}]}
        """;
    String grant =
        """
        apiVersion: gateway.networking.k8s.io/v1
        kind: ReferenceGrant
        metadata: {name: g, namespace: away}
        spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: '', kind: Service, name: %s}]}
        """;
    String route = httpRoute("- backendRefs: [{name: private, namespace: away, port: 80}]\n");

    Dialogue without = new Dialogue(echo().with(hidden).with(route), "client", 1);
    Dialogue other =
        new Dialogue(echo().with(hidden).with(route).with(grant.formatted("another")), "client", 1);
    Dialogue granted =
        new Dialogue(echo().with(hidden).with(route).with(grant.formatted("private")), "client", 1);

    assertThat(without.get("echo", 80, "/").status()).isEqualTo(500);
    assertThat(other.get("echo", 80, "/").status()).isEqualTo(500);
    assertThat(granted.get("echo", 80, "/").status()).isEqualTo(200);
    assertThat(granted.last().cluster()).isEqualTo("outbound|80||private.away.svc.cluster.local");
    assertThat(granted.get("private.away", 80, "/").status())
        .as("the route leads there, the name does not")
        .isNotEqualTo(500);
    assertThat(granted.last().cluster()).doesNotContain("private.away");
  }

  @Test
  @Tag("field=HTTPRoute.rules.backendRefs.filters")
  void filtersOfABackendAreForItsShareAlone() {
    Dialogue d =
        dialogue(
            """
            - backendRefs:
              - {name: echo-v1, port: 80, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-way, value: one}]}}]}
              - {name: echo-v2, port: 80, filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /two}}}, {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-way, value: two}]}}]}
              - {name: echo, port: 80}
            """);
    Map<String, Integer> counts = outcomes(d);

    near(counts, V1, 1.0 / 3);
    near(counts, V2, 1.0 / 3);
    near(counts, cluster("echo", 80), 1.0 / 3);
    for (Sent s : d.sent()) {
      boolean second = s.cluster().equals(V2);
      assertThat(s.path()).isEqualTo(second ? "/two/" : "/");
      assertThat(s.headers().get("x-way"))
          .isEqualTo(second ? "two" : s.cluster().equals(V1) ? "one" : null);
    }
  }

  @Test
  @Tag("field=HTTPRoute.rules.timeouts.request")
  void theWholeRequestIsLimited() {
    Dialogue d =
        dialogue("- timeouts: {request: 250ms}\n  backendRefs: [{name: echo-v1, port: 80}]\n")
            .upstream(s -> Reply.never());

    assertThat(d.get("echo", 80, "/").status()).isEqualTo(504);
  }

  @Test
  @Tag("field=HTTPRoute.rules.timeouts.backendRequest")
  @Tag("field=HTTPRoute.rules.retry.attempts")
  void everyTryIsLimitedAndRepeated() {
    Dialogue d =
        dialogue(
            "- timeouts: {request: 10s, backendRequest: 100ms}\n  retry: {attempts: 3}\n"
                + "  backendRefs: [{name: echo-v1, port: 80}]\n");
    d.upstream(s -> d.sent().size() < 4 ? Reply.never() : Reply.of(200));

    assertThat(d.get("echo", 80, "/").status()).isEqualTo(200);
    assertThat(d.sent()).hasSize(4);
    long first = d.sent().get(1).at().minus(d.sent().get(0).at()).toMillis();
    assertThat(first).isBetween(100L, 400L);
  }

  @Test
  @Tag("field=HTTPRoute.rules.retry.codes")
  void onlyTheStatusesThatAreNamedAreRepeated() {
    String rules =
        "- retry: {codes: [503, 429], attempts: 2}\n  backendRefs: [{name: echo-v1, port: 80}]\n";
    Dialogue named = dialogue(rules).upstream(s -> Reply.of(429));
    Dialogue other = dialogue(rules).upstream(s -> Reply.of(500));

    assertThat(named.get("echo", 80, "/").status()).isEqualTo(429);
    assertThat(named.sent()).hasSize(3);
    assertThat(other.get("echo", 80, "/").status()).isEqualTo(500);
    assertThat(other.sent()).hasSize(1);
  }

  @Test
  @Tag("field=HTTPRoute.rules.retry.backoff")
  void theBackoffIsTheBaseOfTheWait() {
    Dialogue slow =
        dialogue(
                "- retry: {codes: [500], attempts: 8, backoff: 2s}\n"
                    + "  backendRefs: [{name: echo-v1, port: 80}]\n")
            .upstream(s -> Reply.of(500));

    slow.get("echo", 80, "/");

    assertThat(slow.sent()).hasSize(9);
    // full jitter below 2, 6, 14, 20 … seconds; the default's waits are below 250 ms each
    assertThat(slow.last().at().toMillis()).isGreaterThan(5_000);
    TreeSet<Long> waits = new TreeSet<>();
    for (int i = 1; i < slow.sent().size(); i++) {
      waits.add(slow.sent().get(i).at().minus(slow.sent().get(i - 1).at()).toMillis());
    }
    assertThat(waits.last()).isLessThanOrEqualTo(20_100L);
  }
}
