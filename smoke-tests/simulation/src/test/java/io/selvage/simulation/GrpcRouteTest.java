package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.cluster;
import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.grpcRoute;
import static io.selvage.simulation.GatewayApiMesh.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.simulation.Dialogue.Heard;
import io.selvage.simulation.Dialogue.Reply;
import io.selvage.simulation.Dialogue.Sent;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** GRPCRoutes as the caller's engine carries them out. */
class GrpcRouteTest {
  private static final String V1 = cluster("echo-v1", 7070);
  private static final String V2 = cluster("echo-v2", 7070);
  private static final String TO_V1 = "  backendRefs: [{name: echo-v1, port: 7070}]\n";
  private static final int UNAVAILABLE = 14;
  private static final int UNIMPLEMENTED = 12;

  private static Dialogue dialogue(String rules) {
    return new Dialogue(echo().with(grpcRoute(rules)), "client", 3);
  }

  private static String to(String match, String backend) {
    return "- matches: [" + match + "]\n  backendRefs: [{name: " + backend + ", port: 7070}]\n";
  }

  private static String went(Dialogue d, String path, String... headers) {
    int before = d.sent().size();
    Heard heard = d.grpc("echo", 7070, path, headers);
    return d.sent().size() > before ? d.last().cluster() : "" + heard.grpcStatus();
  }

  @Test
  @Tag("field=GRPCRoute.rules.matches.method.service")
  @Tag("field=GRPCRoute.rules.matches.method.method")
  void theLongestNamesWin() {
    Dialogue d =
        dialogue(
            to("{method: {service: a.Echo}}", "echo-v1")
                + to("{method: {service: a.Echo, method: Two}}", "echo-v2")
                + to("{method: {method: Any}}", "echo-v2"));

    assertThat(went(d, "/a.Echo/One")).isEqualTo(V1);
    assertThat(went(d, "/a.Echo/Two")).isEqualTo(V2);
    assertThat(went(d, "/b.Other/Any")).isEqualTo(V2);
    assertThat(went(d, "/a.Echo/Any")).isEqualTo(V1);
    assertThat(went(d, "/a.EchoMore/One")).isEqualTo("" + UNIMPLEMENTED);
  }

  @Test
  @Tag("field=GRPCRoute.rules.matches.method.type")
  void namesAsExpressions() {
    Dialogue d =
        dialogue(
            to(
                    "{method: {type: RegularExpression, service: 'a\\.[A-Z].*', method: 'Get|List'}}",
                    "echo-v2")
                + to("{method: {service: a.Echo}}", "echo-v1"));

    assertThat(went(d, "/a.Users/Get")).isEqualTo(V2);
    assertThat(went(d, "/a.Users/Getter")).isEqualTo("" + UNIMPLEMENTED);
    assertThat(went(d, "/a.Echo/Get")).isEqualTo(V1);
  }

  @Test
  @Tag("field=GRPCRoute.rules.matches.headers")
  void metadataByValueOrExpression() {
    Dialogue d =
        dialogue(
            to("{headers: [{name: version, value: one}]}", "echo-v1")
                + to(
                    "{headers: [{name: version, type: RegularExpression, value: 't.*'}]}",
                    "echo-v2"));

    assertThat(went(d, "/a.B/C", "version", "one")).isEqualTo(V1);
    assertThat(went(d, "/a.B/C", "version", "two")).isEqualTo(V2);
    assertThat(went(d, "/a.B/C", "version", "none")).isEqualTo("" + UNIMPLEMENTED);
  }

  /** The published MeshGRPCRouteWeight. */
  @Test
  @Tag("field=GRPCRoute.rules.backendRefs.weight")
  @Tag("field=GRPCRoute.rules.backendRefs.name")
  @Tag("field=GRPCRoute.rules.backendRefs.port")
  void weightsAreSharesAndWhatIsNotThereIsUnavailable() {
    Dialogue d =
        dialogue(
            "- backendRefs: [{name: echo-v1, port: 7070, weight: 6}, {name: echo-v2, port: 7070,"
                + " weight: 2}, {name: gone, port: 7070, weight: 1}, {name: echo-v2, port: 1,"
                + " weight: 1}, {name: echo, port: 7070, weight: 0}]\n");
    long[] counts = new long[3];
    IntStream.range(0, 2_000)
        .mapToObj(i -> went(d, "/a.B/C"))
        .forEach(c -> counts[c.equals(V1) ? 0 : c.equals(V2) ? 1 : 2]++);

    assertThat(counts[0]).isBetween(1_090L, 1_310L);
    assertThat(counts[1]).isBetween(310L, 490L);
    assertThat(counts[2]).isBetween(310L, 490L);
    assertThat(dialogue("- backendRefs: [{name: gone, port: 1}]\n").grpc("echo", 7070, "/a.B/C"))
        .satisfies(h -> assertThat(h.grpcStatus()).isEqualTo(UNAVAILABLE))
        .satisfies(h -> assertThat(h.body()).contains("no Service default/gone"));
  }

  @Test
  @Tag("field=GRPCRoute.rules.backendRefs.kind")
  @Tag("field=GRPCRoute.rules.backendRefs.namespace")
  void otherKindsAndHiddenServicesAreNoBackends() {
    String hidden =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: private, namespace: away, annotations: {networking.istio.io/exportTo: .}}
        spec: {selector: {app: traveller}, ports: [{name: grpc, port: 80}]}
        """;
    String grant =
        "{apiVersion: gateway.networking.k8s.io/v1, kind: ReferenceGrant, metadata: {name: g, namespace: away},"
            + " spec: {from: [{group: gateway.networking.k8s.io, kind: GRPCRoute, namespace: default}], to: [{group: '', kind: Service}]}}";
    String rules = "- backendRefs: [{name: private, namespace: away, port: 80}]\n";
    SimulatedMesh without = echo().with(hidden).with(grpcRoute(rules));

    assertThat(went(new Dialogue(without, "client", 1), "/a.B/C")).isEqualTo("" + UNAVAILABLE);
    assertThat(went(new Dialogue(without.with(grant), "client", 1), "/a.B/C"))
        .isEqualTo("outbound|80||private.away.svc.cluster.local");
    assertThat(
            went(
                dialogue("- backendRefs: [{group: x, kind: Bucket, name: b, port: 80}]\n"),
                "/a.B/C"))
        .isEqualTo("" + UNAVAILABLE);
  }

  @Test
  @Tag("field=GRPCRoute.rules.backendRefs.filters")
  void filtersOfABackendAreForItsShareAlone() {
    Dialogue d =
        dialogue(
            """
            - backendRefs:
              - {name: echo-v1, port: 7070, filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-way, value: one}]}}]}
              - {name: echo-v2, port: 7070}
            """);
    for (int i = 0; i < 100; i++) {
      d.grpc("echo", 7070, "/a.B/C");
    }

    assertThat(d.sent()).extracting(Sent::cluster).contains(V1, V2);
    assertThat(d.sent())
        .allSatisfy(
            s ->
                assertThat(s.headers().get("x-way"))
                    .isEqualTo(s.cluster().equals(V1) ? "one" : null));
  }

  /** The published MeshGRPCRouteRequestHeaderModifier. */
  @Test
  @Tag("field=GRPCRoute.rules.filters.requestHeaderModifier.set")
  @Tag("field=GRPCRoute.rules.filters.requestHeaderModifier.add")
  @Tag("field=GRPCRoute.rules.filters.requestHeaderModifier.remove")
  @Tag("field=GRPCRoute.rules.filters.responseHeaderModifier.set")
  @Tag("field=GRPCRoute.rules.filters.responseHeaderModifier.add")
  @Tag("field=GRPCRoute.rules.filters.responseHeaderModifier.remove")
  void metadataIsChanged() {
    String change =
        "{set: [{name: x-set, value: new}], add: [{name: x-add, value: b}], remove: [x-gone]}";
    Dialogue d =
        dialogue(
                "- filters: [{type: RequestHeaderModifier, requestHeaderModifier: "
                    + change
                    + "}, {type: ResponseHeaderModifier, responseHeaderModifier: "
                    + change
                    + "}]\n"
                    + TO_V1)
            .upstream(s -> Reply.of(200, "x-set", "old", "x-add", "a", "x-gone", "1"));

    Heard heard = d.grpc("echo", 7070, "/a.B/C", "x-set", "old", "x-add", "a", "x-gone", "1");

    assertThat(d.last().headers())
        .containsEntry("x-set", "new")
        .containsEntry("x-add", "a,b")
        .doesNotContainKey("x-gone");
    assertThat(heard.headers())
        .containsEntry("x-set", "new")
        .containsEntry("x-add", "a,b")
        .doesNotContainKey("x-gone");
  }

  @Test
  @Tag("field=GRPCRoute.rules.filters.requestMirror.backendRef")
  @Tag("field=GRPCRoute.rules.filters.requestMirror.percent")
  @Tag("field=GRPCRoute.rules.filters.requestMirror.fraction")
  void callsAreCopied() {
    assertThat(copies("")).isEqualTo(500);
    assertThat(copies(", percent: 20")).isBetween(60L, 140L);
    assertThat(copies(", fraction: {numerator: 1, denominator: 4}")).isBetween(80L, 170L);
  }

  private static long copies(String part) {
    Dialogue d =
        dialogue(
            "- filters: [{type: RequestMirror, requestMirror: {backendRef: {name: echo-v2, port: 7070}"
                + part
                + "}}]\n"
                + TO_V1);
    for (int i = 0; i < 500; i++) {
      d.grpc("echo", 7070, "/a.B/C");
    }
    assertThat(d.sent())
        .filteredOn(Sent::shadow)
        .allSatisfy(s -> assertThat(s.cluster()).isEqualTo(V2));
    return d.sent().stream().filter(Sent::shadow).count();
  }

  @Test
  @Tag("field=GRPCRoute.rules.filters.extensionRef")
  void callsDoNotPassAFilterThatIsNotKnown() {
    Dialogue d =
        dialogue(
            "- filters: [{type: ExtensionRef, extensionRef: {group: x, kind: Fancy, name: f}}]\n"
                + TO_V1);

    assertThat(went(d, "/a.B/C")).isEqualTo("" + UNAVAILABLE);
  }

  @Test
  @Tag("field=GRPCRoute.parentRefs")
  @Tag("field=GRPCRoute.hostnames")
  @Tag("field=GRPCRoute.rules.name")
  void parentsNamesAndHostnames() {
    SimulatedMesh mesh =
        echo()
            .with(
                grpcRoute("- name: canary\n  backendRefs: [{name: echo-v2, port: 7070}]\n")
                    .replace("spec:\n", "spec:\n  hostnames: [www.example.com]\n"));

    assertThat(mesh.get("client", "echo", 7070, "/a.B/C").route())
        .isEqualTo("default.route.canary");
    assertThat(mesh.get("client", "echo", 7070, "/a.B/C").cluster()).isEqualTo(V2);
    assertThat(mesh.get("client", "echo", 80, "/a.B/C").cluster())
        .isEqualTo(GatewayApiMesh.cluster("echo", 80));
  }

  @Test
  void aGrpcRouteStandsBeforeAnHttpRouteOfTheSamePort() {
    SimulatedMesh mesh =
        echo()
            .with(grpcRoute("- backendRefs: [{name: echo-v2, port: 7070}]\n"))
            .with(
                route(
                    "HTTPRoute",
                    "a",
                    "default",
                    "{group: '', kind: Service, name: echo}",
                    "- backendRefs: [{name: echo-v1, port: 80}]\n"));

    assertThat(mesh.get("client", "echo", 7070, "/x").cluster()).isEqualTo(V2);
    assertThat(mesh.get("client", "echo", 80, "/x").cluster())
        .isEqualTo(GatewayApiMesh.cluster("echo-v1", 80));
  }
}
