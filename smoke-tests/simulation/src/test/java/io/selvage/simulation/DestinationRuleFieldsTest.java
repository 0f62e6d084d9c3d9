package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.cluster;
import static io.selvage.simulation.Bookinfo.destinationRule;
import static io.selvage.simulation.Bookinfo.governed;
import static io.selvage.simulation.Bookinfo.mesh;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.ProxyProtocol;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** For which hosts, subsets and callers a DestinationRule holds. */
class DestinationRuleFieldsTest {
  private static final String RANDOM = "trafficPolicy: {loadBalancer: {simple: RANDOM}}";

  private static boolean random(SimulatedMesh mesh, String caller) {
    return mesh.configOf(caller).clusters().get(cluster("")).balancer() instanceof Cluster.Random;
  }

  private static SimulatedMesh withStock() {
    return mesh().workload("shop", "stock", "v1", 9080, "http", "");
  }

  private static String in(String namespace, String name, String spec) {
    return destinationRule(spec)
        .replace("name: reviews", "name: " + name + ", namespace: " + namespace);
  }

  @Test
  @Tag("field=DestinationRule.host")
  void hosts() {
    assertThat(random(mesh().with(destinationRule("host: reviews\n" + RANDOM)), CALLER)).isTrue();
    assertThat(random(mesh().with(destinationRule("host: ratings\n" + RANDOM)), CALLER)).isFalse();
    SimulatedMesh wild =
        mesh().with(destinationRule("host: '*.default.svc.cluster.local'\n" + RANDOM));
    assertThat(random(wild, CALLER)).isTrue();
    assertThat(
            random(
                wild.with(
                    in(
                        "default",
                        "own",
                        "host: reviews\ntrafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}")),
                CALLER))
        .isFalse();
    assertThat(
            mesh()
                .with(destinationRule("host: nobody\n" + RANDOM))
                .problems(CALLER, "DestinationRule", "default/reviews"))
        .containsExactly("spec.host: no service nobody.default.svc.cluster.local");
  }

  @Test
  @Tag("field=DestinationRule.subsets.name")
  @Tag("field=DestinationRule.subsets.labels")
  @Tag("field=DestinationRule.subsets.trafficPolicy")
  void subsets() {
    SimulatedMesh mesh =
        mesh()
            .with(
                destinationRule(
                    """
                    host: reviews
                    trafficPolicy: {loadBalancer: {simple: RANDOM}, connectionPool: {tcp: {maxConnections: 5}}}
                    subsets:
                    - {name: two, labels: {version: v2}}
                    - {name: three, labels: {version: v3}, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}
                    """));
    Cluster two = mesh.configOf(CALLER).clusters().get(cluster("two"));
    Cluster three = mesh.configOf(CALLER).clusters().get(cluster("three"));
    assertThat(two.balancer()).isInstanceOf(Cluster.Random.class);
    assertThat(three.balancer()).isInstanceOf(Cluster.RoundRobin.class);
    assertThat(three.circuitBreakers().maxConnections()).isEqualTo(5);
    assertThat(mesh.configOf(CALLER).endpoints().get(cluster("two")).groups().get(0).endpoints())
        .singleElement()
        .satisfies(e -> assertThat(e.address()).isEqualTo("10.0.0.3"));
  }

  @Test
  @Tag("field=DestinationRule.exportTo")
  void exportToAndTheOrderOfNamespaces() {
    SimulatedMesh own =
        withStock().with(destinationRule("host: reviews\nexportTo: ['.']\n" + RANDOM));
    assertThat(random(own, CALLER)).isTrue();
    assertThat(random(own, "stock")).isFalse();
    SimulatedMesh all = withStock().with(destinationRule("host: reviews\n" + RANDOM));
    assertThat(random(all, "stock")).isTrue();
    String plain =
        "host: " + Bookinfo.HOST + "\ntrafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}";
    // the caller's namespace before the service's before the root
    assertThat(random(all.with(in("shop", "client", plain)), "stock")).isFalse();
    assertThat(random(all, CALLER)).isTrue();
    SimulatedMesh root =
        withStock().with(in("istio-system", "root", "host: " + Bookinfo.HOST + "\n" + RANDOM));
    assertThat(random(root, "stock")).isTrue();
    assertThat(random(root.with(in("default", "service", plain)), "stock")).isFalse();
  }

  @Test
  @Tag("field=DestinationRule.workloadSelector.matchLabels")
  void workloadSelector() {
    String some = "host: reviews\nworkloadSelector: {matchLabels: {app: ratings}}\n" + RANDOM;
    SimulatedMesh mesh =
        withStock()
            .with(destinationRule(some))
            .with(
                in(
                    "default",
                    "all",
                    "host: reviews\ntrafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}"));
    assertThat(random(mesh, "ratings")).isTrue();
    assertThat(random(mesh, CALLER)).isFalse();
    String elsewhere = some.replace("ratings", "stock");
    assertThat(random(withStock().with(destinationRule(elsewhere)), "stock")).isFalse();
  }

  @Test
  void rulesOfOneHostAreMerged() {
    SimulatedMesh mesh =
        mesh()
            .with(in("default", "a", "host: reviews\nsubsets: [{name: v1, labels: {version: v1}}]"))
            .with(
                in(
                    "default",
                    "b",
                    "host: reviews\n" + RANDOM + "\nsubsets: [{name: v2, labels: {version: v2}}]"));
    assertThat(mesh.configOf(CALLER).clusters()).containsKeys(cluster("v1"), cluster("v2"));
    assertThat(random(mesh, CALLER)).isTrue();
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.tunnel.protocol")
  @Tag("field=DestinationRule.trafficPolicy.tunnel.targetHost")
  @Tag("field=DestinationRule.trafficPolicy.tunnel.targetPort")
  void whatAgentsCannotDoIsNamed() {
    assertThat(
            governed("tunnel: {protocol: CONNECT, targetHost: example.com, targetPort: 443}")
                .problems(CALLER, "DestinationRule", "default/reviews"))
        .anyMatch(p -> p.startsWith("spec.trafficPolicy.tunnel: agents open no tunnel"));
  }

  @Test
  @Tag("field=DestinationRule.trafficPolicy.proxyProtocol.version")
  void connectionsBeginWithTheProxyProtocolBelowTls() {
    assertThat(attempt(mesh()).endpoint().proxyProtocol()).isNull();
    Attempt first = attempt(governed("proxyProtocol: {version: V1}"));
    assertThat(first.endpoint().proxyProtocol()).isEqualTo(ProxyProtocol.V1);
    assertThat(first.tls()).as("the mesh's TLS stays above it").isNotNull();
    Attempt plain = attempt(governed("proxyProtocol: {version: V2}\ntls: {mode: DISABLE}"));
    assertThat(plain.endpoint().proxyProtocol()).isEqualTo(ProxyProtocol.V2);
    assertThat(plain.tls()).isNull();
    assertThat(
            governed("proxyProtocol: {version: V1}")
                .problems(CALLER, "DestinationRule", "default/reviews"))
        .isEmpty();
  }

  private static Attempt attempt(SimulatedMesh mesh) {
    return (Attempt)
        mesh.engineOf(CALLER)
            .outbound(new Line("GET", "reviews:9080", "/"), "reviews", 9080, MeshContext.NONE)
            .begin();
  }
}
