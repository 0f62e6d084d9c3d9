package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.destinationRule;
import static io.selvage.simulation.Bookinfo.document;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.Listener;
import io.selvage.engine.model.WeightedCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code tls} and {@code tcp} rules, decided at connect. */
class ConnectionRouteFieldsTest {
  private static final String OTHER = "outbound|5432||other.default.svc.cluster.local";

  private static SimulatedMesh db(String rules) {
    return new SimulatedMesh()
        .workload(CALLER, "v1", 9080, "http")
        .workload("db", "v1", 5432, "tcp")
        .workload("db", "v2", 5432, "tcp")
        .workload("other", "v1", 5432, "tcp")
        .workload("shop", "stock", "v1", 9080, "http", "")
        .with(
            destinationRule(
                "host: db\nsubsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]"))
        .with(document("VirtualService", "db", "hosts: [db]\n" + rules));
  }

  private static String cluster(String subset) {
    return "outbound|5432|" + subset + "|db.default.svc.cluster.local";
  }

  private static String taken(SimulatedMesh mesh, String caller) {
    return mesh.get(caller, "db.default", 5432, "/").cluster();
  }

  private static SimulatedMesh tcp(String match) {
    return db("tcp: [{match: [" + match + "], route: [{destination: {host: db, subset: v2}}]}]");
  }

  @Test
  @Tag("field=VirtualService.tcp.route.destination.host")
  @Tag("field=VirtualService.tcp.route.destination.subset")
  @Tag("field=VirtualService.tcp.route.destination.port")
  void destinations() {
    assertThat(
            taken(
                db("tcp: [{route: [{destination: {host: other, port: {number: 5432}}}]}]"), CALLER))
        .isEqualTo(OTHER);
    assertThat(taken(db("tcp: [{route: [{destination: {host: db, subset: v1}}]}]"), CALLER))
        .isEqualTo(cluster("v1"));
    SimulatedMesh port =
        db("tcp: [{route: [{destination: {host: other, port: {number: 5433}}}]}]")
            .with(
                document(
                        "Service",
                        "other",
                        "ports: [{name: tcp-a, port: 5432}, {name: tcp-b, port: 5433}]\nselector: {app: other}")
                    .replace("networking.istio.io/v1", "v1"));
    assertThat(taken(port, CALLER)).isEqualTo("outbound|5433||other.default.svc.cluster.local");
  }

  @Test
  @Tag("field=VirtualService.tcp.route.weight")
  void weights() {
    SimulatedMesh mesh =
        db(
            "tcp: [{route: [{destination: {host: db, subset: v1}, weight: 80}, {destination: {host: db, subset: v2}, weight: 20}]}]");
    Listener.Tcp tcp = listener(mesh);
    assertThat(tcp.clusters())
        .extracting(WeightedCluster::cluster, WeightedCluster::weight)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(cluster("v1"), 80),
            org.assertj.core.groups.Tuple.tuple(cluster("v2"), 20));
  }

  private static Listener.Tcp listener(SimulatedMesh mesh) {
    String address = mesh.configOf(CALLER).names().addresses().get("db").get(0);
    return mesh.configOf(CALLER).listeners().stream()
        .filter(l -> l.address().equals(address))
        .map(l -> (Listener.Tcp) l.target())
        .findFirst()
        .orElseThrow();
  }

  @Test
  @Tag("field=VirtualService.tcp.match.port")
  @Tag("field=VirtualService.tcp.match.sourceLabels")
  @Tag("field=VirtualService.tcp.match.sourceNamespace")
  @Tag("field=VirtualService.tcp.match.gateways")
  void conditionsOnTheCaller() {
    assertThat(taken(tcp("{port: 5432}"), CALLER)).isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{port: 1}"), CALLER)).isEqualTo(cluster(""));
    assertThat(taken(tcp("{sourceLabels: {app: productpage}}"), CALLER)).isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{sourceLabels: {app: other}}"), CALLER)).isEqualTo(cluster(""));
    assertThat(taken(tcp("{sourceNamespace: shop}"), "stock")).isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{sourceNamespace: shop}"), CALLER)).isEqualTo(cluster(""));
    assertThat(taken(tcp("{gateways: [mesh]}"), CALLER)).isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{gateways: [ingress]}"), CALLER)).isEqualTo(cluster(""));
  }

  @Test
  @Tag("field=VirtualService.tcp.match.destinationSubnets")
  void subnets() {
    assertThat(taken(tcp("{destinationSubnets: [240.240.0.0/16]}"), CALLER))
        .isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{destinationSubnets: [10.0.0.0/8, 240.240.0.0/30]}"), CALLER))
        .isEqualTo(cluster("v2"));
    assertThat(taken(tcp("{destinationSubnets: [10.1.0.0/16, 192.0.2.1]}"), CALLER))
        .isEqualTo(cluster(""));
  }

  @Test
  @Tag("field=VirtualService.tcp.match.sourceSubnet")
  void sourceSubnetIsNamed() {
    assertThat(tcp("{sourceSubnet: 10.0.0.0/8}").problems(CALLER, "VirtualService", "default/db"))
        .anyMatch(p -> p.startsWith("spec.tcp[0].match[0].sourceSubnet: no effect"));
  }

  private static SimulatedMesh bank(String match) {
    return new SimulatedMesh()
        .workload(CALLER, "v1", 9080, "http")
        .workload("other", "v1", 5432, "tcp")
        .workload("shop", "stock", "v1", 9080, "http", "")
        .with(
            document(
                "ServiceEntry",
                "bank",
                "hosts: ['*.bank.example.com', login.example.com]\nresolution: NONE\nports: [{number: 443, name: tls, protocol: TLS}]"))
        .with(
            document(
                "VirtualService",
                "bank",
                "hosts: ['*.bank.example.com', login.example.com]\ntls:\n- match: ["
                    + match
                    + "]\n  route: [{destination: {host: other, port: {number: 5432}}}]"));
  }

  private static String reached(SimulatedMesh mesh, String caller, String host) {
    return mesh.get(caller, host, 443, "/").cluster();
  }

  @Test
  @Tag("field=VirtualService.tls.match.sniHosts")
  void serverNames() {
    SimulatedMesh one = bank("{sniHosts: [login.example.com]}");
    assertThat(reached(one, CALLER, "login.example.com")).isEqualTo(OTHER);
    SimulatedMesh some = bank("{sniHosts: [a.bank.example.com]}");
    assertThat(reached(some, CALLER, "a.bank.example.com")).isEqualTo(OTHER);
    assertThat(reached(some, CALLER, "b.bank.example.com"))
        .isEqualTo("outbound|443||*.bank.example.com");
    assertThat(reached(bank("{sniHosts: ['*.bank.example.com']}"), CALLER, "b.bank.example.com"))
        .isEqualTo(OTHER);
  }

  @Test
  @Tag("field=VirtualService.tls.match.port")
  @Tag("field=VirtualService.tls.match.sourceLabels")
  @Tag("field=VirtualService.tls.match.sourceNamespace")
  @Tag("field=VirtualService.tls.match.gateways")
  void conditionsOnTheCallerOfTls() {
    String host = "login.example.com";
    String direct = "outbound|443||login.example.com";
    String sni = "sniHosts: [login.example.com]";
    assertThat(reached(bank("{" + sni + ", port: 443}"), CALLER, host)).isEqualTo(OTHER);
    assertThat(reached(bank("{" + sni + ", port: 444}"), CALLER, host)).isEqualTo(direct);
    assertThat(reached(bank("{" + sni + ", sourceLabels: {app: productpage}}"), CALLER, host))
        .isEqualTo(OTHER);
    assertThat(reached(bank("{" + sni + ", sourceLabels: {app: stock}}"), CALLER, host))
        .isEqualTo(direct);
    assertThat(reached(bank("{" + sni + ", sourceNamespace: default}"), CALLER, host))
        .isEqualTo(OTHER);
    assertThat(reached(bank("{" + sni + ", sourceNamespace: default}"), "stock", host))
        .isEqualTo(direct);
    assertThat(reached(bank("{" + sni + ", gateways: [mesh]}"), CALLER, host)).isEqualTo(OTHER);
    assertThat(reached(bank("{" + sni + ", gateways: [ingress]}"), CALLER, host)).isEqualTo(direct);
  }

  @Test
  @Tag("field=VirtualService.tls.match.destinationSubnets")
  void subnetsOfTls() {
    String sni = "sniHosts: [login.example.com]";
    assertThat(
            reached(
                bank("{" + sni + ", destinationSubnets: [240.0.0.0/8]}"),
                CALLER,
                "login.example.com"))
        .isEqualTo(OTHER);
    assertThat(
            reached(
                bank("{" + sni + ", destinationSubnets: [10.0.0.0/8]}"),
                CALLER,
                "login.example.com"))
        .isEqualTo("outbound|443||login.example.com");
  }

  @Test
  @Tag("field=VirtualService.tls.route.destination.host")
  @Tag("field=VirtualService.tls.route.destination.subset")
  @Tag("field=VirtualService.tls.route.destination.port")
  @Tag("field=VirtualService.tls.route.weight")
  void destinationsOfTls() {
    SimulatedMesh mesh =
        db(
            "tls: [{match: [{sniHosts: [db]}], route: [{destination: {host: db, subset: v1}, weight: 70}, {destination: {host: other, port: {number: 5432}}, weight: 30}]}]");
    assertThat(listener(mesh).chains()).hasSize(1);
    assertThat(listener(mesh).chains().get(0).clusters())
        .extracting(WeightedCluster::cluster, WeightedCluster::weight)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(cluster("v1"), 70),
            org.assertj.core.groups.Tuple.tuple(OTHER, 30));
  }
}
