package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.cluster;
import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.httpRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.stack.Explanation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which rule of which HTTPRoute a request of the mesh meets. */
class HttpRouteMatchTest {
  private static final String V1 = cluster("echo-v1", 8080);
  private static final String V2 = cluster("echo-v2", 8080);

  private static String get(SimulatedMesh mesh, String path, String... headers) {
    return mesh.get("client", "echo", 80, path, headers).cluster();
  }

  private static int status(SimulatedMesh mesh, String path, String... headers) {
    return mesh.get("client", "echo", 80, path, headers).rejection().httpStatus();
  }

  private static String to(String match, String backend) {
    return "- matches: [" + match + "]\n  backendRefs: [{name: " + backend + ", port: 8080}]\n";
  }

  /** The published MeshHTTPRouteMatching. */
  @Test
  void headersOrPathWhicheverIsMoreSpecific() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    to(
                            "{path: {type: PathPrefix, value: /}}, {headers: [{name: version, value: one}]}",
                            "echo-v1")
                        + to(
                            "{path: {type: PathPrefix, value: /v2}}, {headers: [{name: version, value: two}]}",
                            "echo-v2")));

    assertThat(get(mesh, "/")).isEqualTo(V1);
    assertThat(get(mesh, "/example")).isEqualTo(V1);
    assertThat(get(mesh, "/", "version", "one")).isEqualTo(V1);
    assertThat(get(mesh, "/v2")).isEqualTo(V2);
    assertThat(get(mesh, "/v2/example", "version", "two")).isEqualTo(V2);
    assertThat(get(mesh, "/", "version", "two")).isEqualTo(V2);
    assertThat(get(mesh, "/v2/", "version", "one")).isEqualTo(V2);
    assertThat(get(mesh, "/v2example")).isEqualTo(V1);
    assertThat(get(mesh, "/foo/v2/example")).isEqualTo(V1);
  }

  @Test
  @Tag("field=HTTPRoute.rules.matches.path")
  void exactBeforeExpressionBeforeLongestPrefixOfWholeElements() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    to("{path: {value: /a}}", "echo-v1")
                        + to("{path: {value: /a/b/}}", "echo-v2")
                        + to("{path: {type: Exact, value: /a/b/c}}", "echo-v1")
                        + to("{path: {type: RegularExpression, value: '/a/[0-9]+'}}", "echo-v2")));

    assertThat(get(mesh, "/a")).isEqualTo(V1);
    assertThat(get(mesh, "/a/x")).isEqualTo(V1);
    assertThat(get(mesh, "/a/b")).isEqualTo(V2);
    assertThat(get(mesh, "/a/b/x")).isEqualTo(V2);
    assertThat(get(mesh, "/a/b/c")).isEqualTo(V1);
    assertThat(get(mesh, "/a/b/c?q=1")).isEqualTo(V1);
    assertThat(get(mesh, "/a/42")).isEqualTo(V2);
    assertThat(get(mesh, "/a/42x")).isEqualTo(V1);
    assertThat(status(mesh, "/ab")).isEqualTo(404);
  }

  @Test
  @Tag("field=HTTPRoute.rules.matches.headers")
  void headersAreComparedAsAWholeByValueOrExpression() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    to("{headers: [{name: Colour, value: red}]}", "echo-v1")
                        + to(
                            "{headers: [{name: colour, type: RegularExpression, value: 'gr[ae]y'}, {name: size, value: xl}]}",
                            "echo-v2")
                        + to(
                            "{headers: [{name: Host, value: 'echo:80'}, {name: x, value: y}]}",
                            "echo-v1")));

    assertThat(get(mesh, "/", "colour", "red")).isEqualTo(V1);
    assertThat(get(mesh, "/", "colour", "grey", "size", "xl")).isEqualTo(V2);
    assertThat(status(mesh, "/", "colour", "grey")).isEqualTo(404);
    assertThat(status(mesh, "/", "colour", "greyer", "size", "xl")).isEqualTo(404);
    assertThat(get(mesh, "/", "x", "y")).isEqualTo(V1);
    assertThat(status(mesh, "/")).isEqualTo(404);
  }

  /** The published MeshHTTPRouteQueryParamMatching. */
  @Test
  @Tag("field=HTTPRoute.rules.matches.queryParams")
  void queryParametersAreComparedByValueOrExpression() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    to("{queryParams: [{name: animal, value: whale}]}", "echo-v1")
                        + to("{queryParams: [{name: animal, value: dolphin}]}", "echo-v2")
                        + to(
                            "{queryParams: [{name: animal, value: dolphin}, {name: color, value: blue}]}",
                            "echo-v1")
                        + to(
                            "{queryParams: [{name: n, type: RegularExpression, value: '[0-9]+'}]}",
                            "echo-v2")));

    assertThat(get(mesh, "/?animal=whale")).isEqualTo(V1);
    assertThat(get(mesh, "/?animal=dolphin")).isEqualTo(V2);
    assertThat(get(mesh, "/?color=blue&animal=dolphin")).isEqualTo(V1);
    assertThat(get(mesh, "/?n=7")).isEqualTo(V2);
    assertThat(status(mesh, "/?n=7a")).isEqualTo(404);
    assertThat(status(mesh, "/")).isEqualTo(404);
  }

  @Test
  @Tag("field=HTTPRoute.rules.matches.method")
  void aMethodBeatsHeadersAndHeadersBeatQueries() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    to("{queryParams: [{name: a, value: b}]}", "echo-v1")
                        + to("{headers: [{name: h, value: v}]}", "echo-v2")
                        + to("{method: POST}", "echo-v1")));

    assertThat(get(mesh, "/?a=b", "h", "v")).isEqualTo(V2);
    assertThat(mesh.call("client", "POST", "echo", 80, "/", "h", "v").cluster()).isEqualTo(V1);
    assertThat(mesh.call("client", "PUT", "echo", 80, "/").rejection().httpStatus()).isEqualTo(404);
  }

  @Test
  void routesOfOneServiceAreMergedAndTheFirstByNameWinsATie() {
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    "b",
                    "default",
                    "{group: '', kind: Service, name: echo}",
                    to("{path: {value: /x}}", "echo-v1")))
            .with(
                httpRoute(
                    "a",
                    "default",
                    "{group: '', kind: Service, name: echo}",
                    to("{path: {value: /x}}", "echo-v2")
                        + to("{path: {value: /x/y/z}}", "echo-v2")))
            .with(
                httpRoute(
                    "c",
                    "default",
                    "{group: '', kind: Service, name: echo}",
                    to("{path: {type: Exact, value: /x}}", "echo-v1")));

    assertThat(get(mesh, "/x/1")).isEqualTo(V2);
    assertThat(get(mesh, "/x")).isEqualTo(V1);
  }

  /** The published MeshPorts. */
  @Test
  @Tag("field=HTTPRoute.parentRefs")
  void aParentIsOnePortByNumberOrNameOrAll() {
    String rule = "- backendRefs: [{name: echo-v2, port: 8080}]\n";
    SimulatedMesh number = echo().with(httpRoute(rule));
    SimulatedMesh name =
        echo()
            .with(
                httpRoute(
                    "r",
                    "default",
                    "{group: '', kind: Service, name: echo, sectionName: http-alt}",
                    rule));
    SimulatedMesh all =
        echo().with(httpRoute("r", "default", "{group: '', kind: Service, name: echo}", rule));

    assertThat(number.get("client", "echo", 80, "/").cluster()).isEqualTo(V2);
    assertThat(number.get("client", "echo", 8080, "/").cluster()).isEqualTo(cluster("echo", 8080));
    assertThat(name.get("client", "echo", 80, "/").cluster()).isEqualTo(cluster("echo", 80));
    assertThat(name.get("client", "echo", 8080, "/").cluster()).isEqualTo(V2);
    assertThat(all.get("client", "echo", 80, "/").cluster()).isEqualTo(V2);
    assertThat(all.get("client", "echo", 8080, "/").cluster()).isEqualTo(V2);
    assertThat(all.get("client", "echo-v1", 80, "/").cluster()).isEqualTo(cluster("echo-v1", 80));
  }

  /** The published MeshConsumerRoute. */
  @Test
  void aConsumersRouteHoldsForItsNamespaceInPlaceOfTheProducers() {
    String parent = "{group: '', kind: Service, name: echo, namespace: default}";
    SimulatedMesh mesh =
        echo()
            .with(
                httpRoute(
                    "producer",
                    "default",
                    parent,
                    "- backendRefs: [{name: echo-v1, port: 8080}]\n"))
            .with(
                httpRoute(
                    "consumer",
                    "away",
                    parent,
                    "- matches: [{path: {value: /mine}}]\n"
                        + "  backendRefs: [{name: echo-v2, namespace: default, port: 8080}]\n"));

    assertThat(mesh.get("client", "echo", 80, "/mine").cluster()).isEqualTo(V1);
    assertThat(mesh.get("traveller", "echo.default", 80, "/mine").cluster()).isEqualTo(V2);
    assertThat(mesh.get("traveller", "echo.default", 80, "/other").rejection().httpStatus())
        .isEqualTo(404);
  }

  @Test
  @Tag("field=HTTPRoute.hostnames")
  void hostnamesDoNotNarrowARouteOfAService() {
    String route = httpRoute("- backendRefs: [{name: echo-v2, port: 8080}]\n");
    SimulatedMesh mesh =
        echo().with(route.replace("spec:\n", "spec:\n  hostnames: [www.example.com]\n"));

    assertThat(get(mesh, "/")).isEqualTo(V2);
  }

  @Test
  @Tag("field=HTTPRoute.rules.name")
  void theNameOfARuleIsTheNameOfTheRoute() {
    SimulatedMesh mesh =
        echo().with(httpRoute("- name: canary\n  backendRefs: [{name: echo-v2, port: 8080}]\n"));

    Explanation e = mesh.get("client", "echo", 80, "/");
    assertThat(e.route()).isEqualTo("default.route.canary");
  }

  @Test
  void anHttpRouteStandsBeforeAVirtualServiceOfTheSameHost() {
    SimulatedMesh mesh =
        echo()
            .with(
                "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v},"
                    + " spec: {hosts: [echo], http: [{route: [{destination: {host: echo-v1, port: {number: 8080}}}]}]}}")
            .with(httpRoute("- backendRefs: [{name: echo-v2, port: 8080}]\n"));

    assertThat(get(mesh, "/")).isEqualTo(V2);
    assertThat(mesh.get("client", "echo", 8080, "/").cluster()).isEqualTo(V1);
  }
}
