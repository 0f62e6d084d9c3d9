package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.cluster;
import static io.selvage.simulation.Bookinfo.mesh;
import static io.selvage.simulation.Bookinfo.virtualService;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.stack.Explanation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** For which hosts, callers and gateways the rules of a VirtualService hold. */
class VirtualServiceFieldsTest {
  private static final String TEAPOT = "http: [{directResponse: {status: 418}}]";

  private static int status(SimulatedMesh mesh, String caller, String host, int port) {
    Explanation e = mesh.get(caller, host, port, "/");
    return e.rejection() == null ? 200 : e.rejection().httpStatus();
  }

  @Test
  @Tag("field=VirtualService.hosts")
  void hostsShortFullAndWild() {
    assertThat(
            status(
                mesh().with(virtualService("hosts: [reviews]\n" + TEAPOT)),
                CALLER,
                "reviews",
                9080))
        .isEqualTo(418);
    SimulatedMesh wild =
        mesh().with(virtualService("hosts: ['*.default.svc.cluster.local']\n" + TEAPOT));
    assertThat(status(wild, CALLER, "ratings", 9080)).isEqualTo(418);
    SimulatedMesh both =
        wild.with(
            virtualService("hosts: [ratings]\nhttp: [{route: [{destination: {host: ratings}}]}]")
                .replace("name: reviews", "name: ratings"));
    assertThat(status(both, CALLER, "ratings", 9080)).isEqualTo(200);
    assertThat(status(both, CALLER, "reviews", 9080)).isEqualTo(418);
  }

  @Test
  @Tag("field=VirtualService.hosts")
  void aHostWithoutServiceHoldsOnPort80AndIsNamed() {
    SimulatedMesh mesh =
        mesh()
            .with(
                virtualService(
                    "hosts: [shop.example.com]\nhttp: [{match: [{uri: {prefix: /r}}], route: [{destination: {host: reviews, port: {number: 9080}}}]}, {route: [{destination: {host: nobody.example.com}}]}]"));

    assertThat(mesh.get(CALLER, "shop.example.com", 80, "/r").cluster()).isEqualTo(cluster(""));
    Explanation nowhere = mesh.get(CALLER, "shop.example.com", 80, "/x");
    assertThat(nowhere.rejection().httpStatus()).isEqualTo(503);
    assertThat(nowhere.rejection().flag()).isEqualTo("NC");
    assertThat(mesh.problems(CALLER, "VirtualService", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.hosts[0]: no service shop.example.com"))
        .anyMatch(
            p -> p.startsWith("spec.http[1].route[0].destination: no service nobody.example.com"));
  }

  @Test
  @Tag("field=VirtualService.exportTo")
  void exportTo() {
    SimulatedMesh mesh =
        mesh()
            .workload("shop", "stock", "v1", 9080, "http", "")
            .with(virtualService("hosts: [reviews]\nexportTo: ['.']\n" + TEAPOT));
    assertThat(status(mesh, CALLER, "reviews", 9080)).isEqualTo(418);
    assertThat(status(mesh, "stock", "reviews.default", 9080)).isEqualTo(200);
    SimulatedMesh named =
        mesh()
            .workload("shop", "stock", "v1", 9080, "http", "")
            .with(virtualService("hosts: [reviews]\nexportTo: [shop]\n" + TEAPOT));
    assertThat(status(named, "stock", "reviews.default", 9080)).isEqualTo(418);
    assertThat(status(named, CALLER, "reviews", 9080)).isEqualTo(200);
  }

  @Test
  @Tag("field=VirtualService.gateways")
  void gateways() {
    String rule = virtualService("hosts: [reviews]\ngateways: [%s]\n" + TEAPOT);
    assertThat(status(mesh().with(rule.formatted("mesh, ingress")), CALLER, "reviews", 9080))
        .isEqualTo(418);
    SimulatedMesh other = mesh().with(rule.formatted("ingress"));
    assertThat(status(other, CALLER, "reviews", 9080)).isEqualTo(200);
    assertThat(other.problems(CALLER, "VirtualService", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.gateways[0]: no gateway process"));
  }

  @Test
  void ofTwoForOneHostTheOlderHoldsAndTheOtherIsNamed() {
    SimulatedMesh mesh =
        mesh()
            .with(virtualService("hosts: [reviews]\n" + TEAPOT).replace("name: reviews", "name: a"))
            .with(
                virtualService(
                        "hosts: [reviews]\nhttp: [{route: [{destination: {host: ratings}}]}]")
                    .replace("name: reviews", "name: b"));
    assertThat(status(mesh, CALLER, "reviews", 9080)).isEqualTo(418);
    assertThat(mesh.problems(CALLER, "VirtualService", "default/b"))
        .anyMatch(p -> p.contains("already routed by VirtualService default/a"));
  }

  @Test
  void unknownSubsetsAndPortsAreNamed() {
    SimulatedMesh mesh =
        mesh()
            .with(
                virtualService(
                    "hosts: [reviews]\nhttp: [{route: [{destination: {host: reviews, subset: v9}, weight: 1}, {destination: {host: reviews, port: {number: 1}}, weight: 1}]}]"));
    assertThat(mesh.problems(CALLER, "VirtualService", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.http[0].route[0].destination: no DestinationRule gives"))
        .anyMatch(
            p ->
                p.startsWith(
                    "spec.http[0].route[1].destination: " + Bookinfo.HOST + " has no port 1"));
  }
}
