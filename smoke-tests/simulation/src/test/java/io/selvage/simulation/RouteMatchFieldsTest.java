package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.cluster;
import static io.selvage.simulation.Bookinfo.routed;
import static io.selvage.simulation.Bookinfo.taken;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code VirtualService.http.match}, field by field. */
class RouteMatchFieldsTest {
  private static SimulatedMesh when(String match) {
    return routed(
        "- match: ["
            + match
            + "]\n  route: [{destination: {host: reviews, subset: v2}}]\n"
            + "- route: [{destination: {host: reviews, subset: v1}}]\n");
  }

  private static void takes(SimulatedMesh mesh, String path, String... headers) {
    assertThat(taken(mesh, path, headers)).as("%s", path).isEqualTo(cluster("v2"));
  }

  private static void leaves(SimulatedMesh mesh, String path, String... headers) {
    assertThat(taken(mesh, path, headers)).as("%s", path).isEqualTo(cluster("v1"));
  }

  @Test
  @Tag("field=VirtualService.http.match.uri")
  void uri() {
    SimulatedMesh exact = when("{uri: {exact: /a}}");
    takes(exact, "/a");
    takes(exact, "/a?x=1");
    leaves(exact, "/a/b");
    SimulatedMesh prefix = when("{uri: {prefix: /a}}");
    takes(prefix, "/a/b");
    takes(prefix, "/ab");
    leaves(prefix, "/b");
    SimulatedMesh regex = when("{uri: {regex: '/[ab]+'}}");
    takes(regex, "/abba");
    leaves(regex, "/abc");
  }

  @Test
  @Tag("field=VirtualService.http.match.ignoreUriCase")
  void ignoreUriCase() {
    takes(when("{uri: {prefix: /Shop}, ignoreUriCase: true}"), "/sHOP/x");
    leaves(when("{uri: {prefix: /Shop}}"), "/sHOP/x");
  }

  @Test
  @Tag("field=VirtualService.http.match.scheme")
  void scheme() {
    takes(when("{scheme: {exact: http}}"), "/");
    leaves(when("{scheme: {exact: https}}"), "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.method")
  void method() {
    SimulatedMesh mesh = when("{method: {regex: 'PUT|POST'}}");
    assertThat(mesh.call(CALLER, "PUT", "reviews", 9080, "/").cluster()).isEqualTo(cluster("v2"));
    leaves(mesh, "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.authority")
  void authority() {
    SimulatedMesh mesh = when("{authority: {prefix: 'reviews.default:'}}");
    assertThat(mesh.get(CALLER, "reviews.default", 9080, "/").cluster()).isEqualTo(cluster("v2"));
    leaves(mesh, "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.headers")
  void headers() {
    SimulatedMesh mesh = when("{headers: {end-user: {exact: jason}, x-lane: {}}}");
    takes(mesh, "/", "end-user", "jason", "x-lane", "any");
    leaves(mesh, "/", "end-user", "jason");
    leaves(mesh, "/", "end-user", "paul", "x-lane", "any");
  }

  @Test
  @Tag("field=VirtualService.http.match.withoutHeaders")
  void withoutHeaders() {
    SimulatedMesh mesh = when("{withoutHeaders: {x-debug: {exact: 'true'}}}");
    takes(mesh, "/");
    takes(mesh, "/", "x-debug", "false");
    leaves(mesh, "/", "x-debug", "true");
  }

  @Test
  @Tag("field=VirtualService.http.match.queryParams")
  void queryParams() {
    SimulatedMesh mesh = when("{queryParams: {v: {regex: '[0-9]+'}, t: {}}}");
    takes(mesh, "/?t&v=42");
    leaves(mesh, "/?v=42");
    leaves(mesh, "/?t&v=x");
  }

  @Test
  @Tag("field=VirtualService.http.match.port")
  void port() {
    takes(when("{port: 9080}"), "/");
    leaves(when("{port: 9081}"), "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.sourceLabels")
  void sourceLabels() {
    SimulatedMesh mesh = when("{sourceLabels: {app: ratings, version: v1}}");
    assertThat(mesh.get("ratings", "reviews", 9080, "/").cluster()).isEqualTo(cluster("v2"));
    leaves(mesh, "/");
    SimulatedMesh other = when("{sourceLabels: {app: ratings, version: v2}}");
    assertThat(other.get("ratings", "reviews", 9080, "/").cluster()).isEqualTo(cluster("v1"));
  }

  @Test
  @Tag("field=VirtualService.http.match.sourceNamespace")
  void sourceNamespace() {
    SimulatedMesh mesh =
        when("{sourceNamespace: shop}").workload("shop", "stock", "v1", 9080, "http", "");
    assertThat(mesh.get("stock", "reviews.default", 9080, "/").cluster()).isEqualTo(cluster("v2"));
    leaves(mesh, "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.gateways")
  void gateways() {
    takes(when("{gateways: [mesh]}"), "/");
    leaves(when("{gateways: [istio-system/ingress]}"), "/");
  }

  @Test
  @Tag("field=VirtualService.http.match.name")
  @Tag("field=VirtualService.http.name")
  void names() {
    SimulatedMesh mesh =
        routed(
            "- name: shop\n  match: [{name: beta, uri: {prefix: /b}}, {uri: {prefix: /a}}]\n  route: [{destination: {host: reviews}}]\n");
    assertThat(mesh.get(CALLER, "reviews", 9080, "/b").route()).isEqualTo("shop.beta");
    assertThat(mesh.get(CALLER, "reviews", 9080, "/a").route()).isEqualTo("shop");
  }

  @Test
  void alternativesAndConjunctions() {
    SimulatedMesh mesh =
        when("{uri: {prefix: /a}, headers: {x: {exact: '1'}}}, {uri: {exact: /b}}");
    takes(mesh, "/a", "x", "1");
    takes(mesh, "/b");
    leaves(mesh, "/a");
  }
}
