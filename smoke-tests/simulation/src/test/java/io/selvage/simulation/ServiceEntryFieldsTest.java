package io.selvage.simulation;

import static io.selvage.simulation.Bookinfo.CALLER;
import static io.selvage.simulation.Bookinfo.document;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.stack.Explanation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** ServiceEntry and WorkloadEntry, field by field. */
class ServiceEntryFieldsTest {
  private static final String HOST = "api.example.com";
  private static final String HTTP = "ports: [{number: 80, name: http, protocol: HTTP}]\n";
  private static final String ONE = "resolution: STATIC\nendpoints: [{address: 192.0.2.1}]\n";

  private static SimulatedMesh entry(String spec) {
    return new SimulatedMesh()
        .workload(CALLER, "v1", 9080, "http")
        .workload("reviews", "v1", 9080, "http")
        .workload("shop", "stock", "v1", 9080, "http", "")
        .with(document("ServiceEntry", "api", spec));
  }

  private static Explanation called(SimulatedMesh mesh) {
    return mesh.get(CALLER, HOST, 80, "/");
  }

  private static Cluster held(SimulatedMesh mesh) {
    return mesh.configOf(CALLER).clusters().get("outbound|80||" + HOST);
  }

  private static List<Endpoint> endpoints(SimulatedMesh mesh) {
    List<Endpoint> all = new ArrayList<>();
    Cluster cluster = held(mesh);
    Endpoints from =
        cluster.endpoints() == null
            ? mesh.configOf(CALLER).endpoints().get(cluster.edsName())
            : cluster.endpoints();
    from.groups().forEach(g -> all.addAll(g.endpoints()));
    return all;
  }

  @Test
  @Tag("field=ServiceEntry.hosts")
  void hosts() {
    SimulatedMesh mesh =
        entry("hosts: [api.example.com, '*.wild.example.com']\n" + HTTP + "resolution: NONE\n");
    assertThat(called(mesh).cluster()).isEqualTo("outbound|80||" + HOST);
    assertThat(mesh.get(CALLER, "a.wild.example.com", 80, "/").cluster())
        .isEqualTo("outbound|80||*.wild.example.com");
    assertThat(mesh.get(CALLER, "other.example.com", 80, "/").cluster())
        .isEqualTo("PassthroughCluster");
  }

  @Test
  @Tag("field=ServiceEntry.addresses")
  void addresses() {
    SimulatedMesh mesh =
        entry("hosts: [api.example.com]\naddresses: [192.0.2.80, 192.0.2.81]\n" + HTTP + ONE);
    for (String address : List.of("192.0.2.80", "192.0.2.81")) {
      assertThat(mesh.get(CALLER, address, 80, "/").cluster()).isEqualTo("outbound|80||" + HOST);
    }
    SimulatedMesh tcp =
        entry(
            "hosts: [api.example.com]\naddresses: [198.51.100.0/24, 192.0.2.80]\nports: [{number: 90, name: tcp, protocol: TCP}]\n"
                + ONE);
    for (String address : List.of("198.51.100.7", "192.0.2.80", HOST)) {
      assertThat(tcp.get(CALLER, address, 90, "/").cluster())
          .as(address)
          .isEqualTo("outbound|90||" + HOST);
    }
    assertThat(tcp.get(CALLER, "203.0.113.1", 90, "/").cluster())
        .isNotEqualTo("outbound|90||" + HOST);
  }

  @Test
  @Tag("field=ServiceEntry.ports.number")
  @Tag("field=ServiceEntry.ports.name")
  @Tag("field=ServiceEntry.ports.protocol")
  @Tag("field=ServiceEntry.ports.targetPort")
  @Tag("field=ServiceEntry.endpoints.ports")
  void ports() {
    SimulatedMesh mesh =
        entry(
            """
            hosts: [api.example.com]
            ports:
            - {number: 80, name: http, protocol: HTTP, targetPort: 8080}
            - {number: 81, name: h2, protocol: HTTP2}
            - {number: 90, name: tcp, protocol: TCP}
            resolution: STATIC
            endpoints: [{address: 192.0.2.1}, {address: 192.0.2.2, ports: {http: 7070}}]
            """);
    assertThat(endpoints(mesh)).extracting(Endpoint::port).containsExactly(8080, 7070);
    assertThat(held(mesh).http2()).isFalse();
    assertThat(mesh.configOf(CALLER).clusters().get("outbound|81||" + HOST).http2()).isTrue();
    assertThat(mesh.configOf(CALLER).routes()).containsKeys("80", "81").doesNotContainKey("90");
    assertThat(mesh.get(CALLER, HOST, 90, "/").cluster()).isEqualTo("outbound|90||" + HOST);
  }

  @Test
  @Tag("field=ServiceEntry.location")
  void location() {
    String spec =
        "hosts: [api.example.com]\n"
            + HTTP
            + "resolution: STATIC\nendpoints: [{address: 192.0.2.1, labels: {security.istio.io/tlsMode: istio}}]\nlocation: ";
    assertThat(called(entry(spec + "MESH_INTERNAL")).tls().mode()).isEqualTo("mesh");
    assertThat(called(entry(spec + "MESH_EXTERNAL")).tls().mode()).isEqualTo("none");
  }

  @Test
  @Tag("field=ServiceEntry.resolution")
  void resolution() {
    String spec = "hosts: [api.example.com]\n" + HTTP + "resolution: ";
    assertThat(held(entry(spec + "NONE")).discovery()).isEqualTo(Cluster.Discovery.ORIGINAL_DST);
    assertThat(held(entry(spec + "STATIC\nendpoints: [{address: 192.0.2.1}]")).discovery())
        .isEqualTo(Cluster.Discovery.EDS);
    SimulatedMesh dns = entry(spec + "DNS");
    assertThat(held(dns).discovery()).isEqualTo(Cluster.Discovery.STRICT_DNS);
    assertThat(endpoints(dns)).extracting(Endpoint::address).containsExactly(HOST);
    SimulatedMesh robin = entry(spec + "DNS_ROUND_ROBIN\nendpoints: [{address: a.example.com}]");
    assertThat(held(robin).discovery()).isEqualTo(Cluster.Discovery.LOGICAL_DNS);
    assertThat(endpoints(robin)).extracting(Endpoint::address).containsExactly("a.example.com");
    SimulatedMesh dynamic = entry(spec + "DYNAMIC_DNS");
    assertThat(held(dynamic).discovery()).isEqualTo(Cluster.Discovery.ORIGINAL_DST);
    assertThat(dynamic.problems(CALLER, "ServiceEntry", "default/api"))
        .anyMatch(p -> p.startsWith("spec.resolution: DYNAMIC_DNS"));
  }

  @Test
  @Tag("field=ServiceEntry.endpoints.address")
  @Tag("field=ServiceEntry.endpoints.labels")
  @Tag("field=ServiceEntry.endpoints.locality")
  @Tag("field=ServiceEntry.endpoints.weight")
  @Tag("field=ServiceEntry.endpoints.serviceAccount")
  void endpointsOfAnEntry() {
    SimulatedMesh mesh =
        entry(
                """
                hosts: [api.example.com]
                location: MESH_INTERNAL
                ports: [{number: 80, name: http, protocol: HTTP}]
                resolution: STATIC
                endpoints:
                - {address: 192.0.2.1, labels: {version: v1}, locality: eu/a/1, weight: 3, serviceAccount: api}
                - {address: 192.0.2.2, labels: {version: v2, security.istio.io/tlsMode: istio}}
                """)
            .with(
                document(
                    "DestinationRule",
                    "api",
                    "host: api.example.com\nsubsets: [{name: v1, labels: {version: v1}}]"));
    List<Endpoint> all = endpoints(mesh);
    assertThat(all)
        .extracting(Endpoint::address)
        .containsExactlyInAnyOrder("192.0.2.1", "192.0.2.2");
    Endpoint first = all.stream().filter(e -> e.weight() == 3).findFirst().orElseThrow();
    assertThat(first.address()).isEqualTo("192.0.2.1");
    assertThat(mesh.configOf(CALLER).endpoints().get("outbound|80|v1|" + HOST).groups())
        .singleElement()
        .satisfies(
            g -> {
              assertThat(g.locality().region()).isEqualTo("eu");
              assertThat(g.endpoints()).hasSize(1);
            });
    assertThat(held(mesh).tlsByMode().get("istio").peers().toString())
        .contains("spiffe://cluster.local/ns/default/sa/api");
  }

  @Test
  @Tag("field=ServiceEntry.endpoints.network")
  @Tag("field=WorkloadEntry.network")
  void networksDecideFailover() {
    SimulatedMesh mesh =
        entry(
                """
                hosts: [api.example.com]
                ports: [{number: 80, name: http, protocol: HTTP}]
                resolution: STATIC
                endpoints: [{address: 192.0.2.1, network: far}, {address: 192.0.2.2, network: near}]
                """)
            .with(
                document(
                    "DestinationRule",
                    "api",
                    "host: api.example.com\ntrafficPolicy: {outlierDetection: {consecutive5xxErrors: 1}, loadBalancer: {localityLbSetting: {failoverPriority: ['topology.istio.io/network=near']}}}"));
    assertThat(called(mesh).endpoints().get(0).address()).startsWith("192.0.2.2");
    assertThat(called(mesh).endpoints().get(1).priority()).isEqualTo(1);
  }

  @Test
  @Tag("field=ServiceEntry.workloadSelector.labels")
  @Tag("field=WorkloadEntry.address")
  @Tag("field=WorkloadEntry.ports")
  @Tag("field=WorkloadEntry.labels")
  @Tag("field=WorkloadEntry.locality")
  @Tag("field=WorkloadEntry.weight")
  @Tag("field=WorkloadEntry.serviceAccount")
  void workloads() {
    SimulatedMesh mesh =
        entry(
                """
                hosts: [api.example.com]
                location: MESH_INTERNAL
                ports: [{number: 80, name: http, protocol: HTTP}]
                resolution: STATIC
                workloadSelector: {labels: {app: vm}}
                """)
            .with(
                document(
                    "WorkloadEntry",
                    "one",
                    "address: 192.0.2.9\nports: {http: 9999}\nlabels: {app: vm, security.istio.io/tlsMode: istio}\nlocality: us/x/1\nweight: 5\nserviceAccount: vm"))
            .with(document("WorkloadEntry", "two", "address: 192.0.2.10\nlabels: {app: other}"));
    assertThat(endpoints(mesh))
        .singleElement()
        .satisfies(
            e -> {
              assertThat(e.address()).isEqualTo("192.0.2.9");
              assertThat(e.port()).isEqualTo(9999);
              assertThat(e.weight()).isEqualTo(5);
              assertThat(e.locality().region()).isEqualTo("us");
            });
    assertThat(called(mesh).tls().mode()).isEqualTo("mesh");
    assertThat(called(mesh).tls().sans().toString())
        .contains("spiffe://cluster.local/ns/default/sa/vm");
  }

  @Test
  @Tag("field=ServiceEntry.exportTo")
  void exportTo() {
    SimulatedMesh mesh = entry("hosts: [api.example.com]\nexportTo: ['.']\n" + HTTP + ONE);
    assertThat(called(mesh).cluster()).isEqualTo("outbound|80||" + HOST);
    assertThat(mesh.get("stock", HOST, 80, "/").cluster()).isNotEqualTo("outbound|80||" + HOST);
  }

  @Test
  @Tag("field=ServiceEntry.exportTo")
  void eachNamespaceItsOwn() {
    String spec = "hosts: [api.example.com]\nexportTo: ['.']\n" + HTTP + ONE;
    SimulatedMesh mesh =
        entry(spec)
            .with(
                document("ServiceEntry", "api", spec.replace("192.0.2.1", "192.0.2.7"))
                    .replace("name: api", "name: api, namespace: shop"));
    assertThat(called(mesh).chosen()).startsWith("192.0.2.1:");
    assertThat(mesh.get("stock", HOST, 80, "/").chosen()).startsWith("192.0.2.7:");
    assertThat(mesh.problems(CALLER, "ServiceEntry", "shop/api")).isEmpty();
  }

  @Test
  @Tag("field=ServiceEntry.subjectAltNames")
  void subjectAltNames() {
    String spec = "hosts: [api.example.com]\nsubjectAltNames: [cert.example.com]\n" + HTTP + ONE;
    SimulatedMesh mesh =
        entry(spec)
            .with(
                document(
                    "DestinationRule",
                    "api",
                    "host: api.example.com\ntrafficPolicy: {tls: {mode: SIMPLE}}"));
    assertThat(held(mesh).tls().peers())
        .containsExactly(new StringMatch.Exact("cert.example.com", false));
  }

  @Test
  void aHeadlessServiceStandsForItsInstances() {
    SimulatedMesh mesh =
        new SimulatedMesh()
            .workload(CALLER, "v1", 9080, "http")
            .workload("db", "v1", 5432, "tcp")
            .workload("db", "v2", 5432, "tcp")
            .with(
                document(
                        "Service",
                        "db",
                        "clusterIP: None\nselector: {app: db}\nports: [{name: tcp, port: 5432}]")
                    .replace("networking.istio.io/v1", "v1"));
    assertThat(mesh.configOf(CALLER).names().addresses().get("db"))
        .containsExactly("10.0.0.2", "10.0.0.3");
    for (String host : List.of("db", "10.0.0.3")) {
      Explanation e = mesh.get(CALLER, host, 5432, "/");
      assertThat(e.cluster()).isEqualTo("outbound|5432||db.default.svc.cluster.local");
      assertThat(e.tls().mode()).isEqualTo("mesh");
    }
  }
}
