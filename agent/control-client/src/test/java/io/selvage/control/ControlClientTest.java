package io.selvage.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Status;
import io.selvage.control.certificate.CertificateClient;
import io.selvage.control.parse.Samples;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.TestPki;
import io.selvage.identity.TrustBundle;
import io.selvage.identity.WorkloadIdentity;
import io.selvage.xds.istio.nds.NameTable;
import java.io.File;
import java.io.RandomAccessFile;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlClientTest {
  private static final TestPki PKI = new TestPki("mesh");
  private static final String CONTROLLER = "spiffe://cluster.local/ns/selvage-system/sa/controller";
  private static final String CLUSTER = "outbound|9080|v1|reviews.default.svc.cluster.local";

  @TempDir Path folder;

  private final WorkloadIdentity identity = PKI.identity("reviews");
  private final IdentityTls tls =
      new IdentityTls(identity, port -> null, Clock.systemUTC(), refusal -> {});
  private final List<MeshConfig> published = new CopyOnWriteArrayList<>();
  private final List<TrustBundle> trusted = new CopyOnWriteArrayList<>();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private FakeController controller;

  private final ControlEvents events =
      new ControlEvents() {
        @Override
        public List<String> publish(MeshConfig config) {
          published.add(config);
          return List.of();
        }

        @Override
        public void trust(TrustBundle bundle) {
          trusted.add(bundle);
        }

        @Override
        public Map<String, Object> report() {
          return Map.of("ready", true);
        }

        @Override
        public Map<String, Object> answer(Map<String, Object> question) {
          return Map.of("listener", "0.0.0.0_9080", "asked", question.get("path"));
        }

        @Override
        public void log(String line) {
          lines.add(line);
        }
      };

  @BeforeAll
  static void patience() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @BeforeEach
  void open() throws Exception {
    controller = new FakeController(PKI, CONTROLLER, 0);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    controller.close();
  }

  private ControlClient client(int port) {
    ControlThreads threads = new ControlThreads();
    ControlNode node =
        new ControlNode(
            "sidecar~127.0.0.1~reviews-v1.default~default.svc.cluster.local",
            "reviews.default",
            Locality.UNKNOWN,
            Map.of(
                "NAMESPACE",
                "default",
                "SELVAGE",
                Map.of("service", "reviews", "ports", List.of(Map.of("number", 9080)))));
    ControlClient client =
        new ControlClient(
            List.of(new ControlAddress("127.0.0.1", port)),
            () -> node,
            address ->
                tls.clientSockets(
                    CertificateClient.controllerIntent("cluster.local"),
                    new Endpoint(
                        address.host(),
                        address.port(),
                        1,
                        Endpoint.Health.HEALTHY,
                        Locality.UNKNOWN,
                        "",
                        Endpoint.Workload.UNKNOWN,
                        Map.of()),
                    List.of("h2")),
            threads,
            new SnapshotFile(folder.resolve("data").toFile(), lines::add),
            events);
    opened.add(client);
    opened.add(threads);
    return client;
  }

  private ControlClient started() {
    ControlClient client = client(controller.port());
    client.start();
    await()
        .until(
            () ->
                !controller.streams.isEmpty()
                    && !controller.last().of(ResourceType.QUESTION).isEmpty());
    return client;
  }

  private static Resource cluster(String version) {
    return FakeController.resource(
        ResourceType.CLUSTER, CLUSTER, version, Samples.cluster().toByteString());
  }

  private static Resource endpoints() {
    return FakeController.resource(
        ResourceType.ENDPOINTS, CLUSTER, "e1", Samples.endpoints().toByteString());
  }

  private static Resource listener() {
    return FakeController.resource(
        ResourceType.LISTENER, "0.0.0.0_9080", "l1", Samples.outbound().toByteString());
  }

  private static Resource routes(String version) {
    // its routes send to v1 only, so that all they refer to can be there
    var routes = Samples.routes();
    var host = routes.getVirtualHosts(0);
    var one =
        host.getRoutes(0).toBuilder()
            .setRoute(host.getRoutes(0).getRoute().toBuilder().setCluster(CLUSTER))
            .setName(version);
    return FakeController.resource(
        ResourceType.ROUTES,
        "9080",
        version,
        routes.toBuilder()
            .clearVirtualHosts()
            .addVirtualHosts(host.toBuilder().clearRoutes().addRoutes(one))
            .build()
            .toByteString());
  }

  private static Resource names() {
    return FakeController.resource(
        ResourceType.NAMES,
        "nametable",
        "n1",
        NameTable.newBuilder()
            .putTable("reviews", NameTable.NameInfo.newBuilder().addIps("240.240.0.1").build())
            .build()
            .toByteString());
  }

  private void sendAll(FakeController.Stream stream) {
    stream.send(ResourceType.CLUSTER, cluster("c1"));
    stream.send(ResourceType.LISTENER, listener());
    stream.send(ResourceType.NAMES, names());
    await()
        .until(
            () ->
                !stream.of(ResourceType.ENDPOINTS).isEmpty()
                    && !stream.of(ResourceType.ROUTES).isEmpty());
    stream.send(ResourceType.ENDPOINTS, endpoints());
    stream.send(ResourceType.ROUTES, routes("r1"));
  }

  @Test
  void asksForAllAndFollowsReferencesByName() throws Exception {
    ControlClient client = started();
    FakeController.Stream stream = controller.last();
    DeltaDiscoveryRequest first = stream.requests.get(0);
    assertThat(first.getTypeUrl()).isEqualTo(ResourceType.CLUSTER.url());
    assertThat(first.getNode().getId()).startsWith("sidecar~127.0.0.1~");
    assertThat(
            first
                .getNode()
                .getMetadata()
                .getFieldsOrThrow("SELVAGE")
                .getStructValue()
                .getFieldsOrThrow("service")
                .getStringValue())
        .isEqualTo("reviews");
    assertThat(stream.of(ResourceType.ENDPOINTS)).isEmpty();
    assertThat(stream.of("AgentReport")).isNotEmpty();
    sendAll(stream);
    await().until(() -> !published.isEmpty());
    assertThat(client.awaitConfiguration(Duration.ofSeconds(10))).isTrue();
    assertThat(stream.of(ResourceType.ENDPOINTS).get(0).getResourceNamesSubscribeList())
        .containsExactly(CLUSTER);
    assertThat(stream.of(ResourceType.ROUTES).get(0).getResourceNamesSubscribeList())
        .containsExactly("9080");
    MeshConfig config = published.get(published.size() - 1);
    assertThat(config.clusters()).containsOnlyKeys(CLUSTER);
    assertThat(config.endpoints()).containsOnlyKeys(CLUSTER);
    assertThat(config.routes()).containsOnlyKeys("9080");
    assertThat(config.listeners()).hasSize(1);
    assertThat(config.names().addresses()).containsOnlyKeys("reviews");
    assertThat(client.state().source()).isEqualTo(ControlState.Source.CONTROLLER);
    assertThat(published)
        .as("never published before it was complete")
        .allSatisfy(c -> assertThat(c.routes()).isNotEmpty());
  }

  @Test
  void oneBadResourceIsRefusedAloneAndItsLastGoodVersionStays() {
    ControlClient client = started();
    FakeController.Stream stream = controller.last();
    sendAll(stream);
    await().until(() -> !published.isEmpty());
    Cluster bad =
        Samples.cluster().toBuilder()
            .setLoadBalancingPolicy(
                io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy.getDefaultInstance())
            .setLbPolicyValue(77)
            .build();
    Cluster other =
        Samples.cluster().toBuilder()
            .setName("outbound|1||other")
            .setType(Cluster.DiscoveryType.STATIC)
            .build();
    String nonce =
        stream.send(
            ResourceType.CLUSTER,
            FakeController.resource(ResourceType.CLUSTER, CLUSTER, "c2", bad.toByteString()),
            FakeController.resource(
                ResourceType.CLUSTER, "outbound|1||other", "o1", other.toByteString()));
    await().until(() -> published.get(published.size() - 1).clusters().size() == 2);
    DeltaDiscoveryRequest nack =
        stream.of(ResourceType.CLUSTER).stream()
            .filter(r -> r.getResponseNonce().equals(nonce))
            .findFirst()
            .orElseThrow();
    assertThat(nack.getErrorDetail().getMessage())
        .startsWith(CLUSTER + ": load_balancing_policy:")
        .doesNotContain("other");
    assertThat(published.get(published.size() - 1).clusters().get(CLUSTER).connectTimeout())
        .isEqualTo(Duration.ofSeconds(10));
    await().until(() -> client.state().nacks().size() == 1);
    assertThat(lines)
        .anyMatch(line -> line.startsWith("WARN [SELV-3003] (CLUSTER " + CLUSTER + ")"));
    // corrected: no longer refused
    stream.send(ResourceType.CLUSTER, cluster("c3"));
    await().until(() -> client.state().nacks().isEmpty());
  }

  @Test
  void bytesThatAreNoProtoAreRefusedAlone() {
    started();
    FakeController.Stream stream = controller.last();
    String nonce =
        stream.send(
            ResourceType.CLUSTER,
            FakeController.resource(
                ResourceType.CLUSTER,
                "broken",
                "1",
                ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2})),
            cluster("c1"));
    await()
        .until(
            () ->
                stream.of(ResourceType.CLUSTER).stream()
                    .anyMatch(r -> r.getResponseNonce().equals(nonce)));
    DeltaDiscoveryRequest nack =
        stream.of(ResourceType.CLUSTER).stream()
            .filter(r -> r.getResponseNonce().equals(nonce))
            .findFirst()
            .orElseThrow();
    assertThat(nack.getErrorDetail().getMessage())
        .startsWith("broken: is no envoy.config.cluster.v3.Cluster");
    await().until(() -> !stream.of(ResourceType.ENDPOINTS).isEmpty());
  }

  @Test
  void whatIsTakenAwayStaysWhileSomebodyRefersToIt() {
    started();
    FakeController.Stream stream = controller.last();
    sendAll(stream);
    await().until(() -> !published.isEmpty());
    int before = published.size();
    stream.send(ResourceType.CLUSTER, List.of(CLUSTER));
    stream.send(ResourceType.NAMES, List.of("nametable"));
    await().until(() -> published.size() > before);
    assertThat(published.get(published.size() - 1).clusters()).containsKey(CLUSTER);
    assertThat(published.get(published.size() - 1).endpoints()).containsKey(CLUSTER);
    stream.send(ResourceType.LISTENER, List.of("0.0.0.0_9080"));
    await().until(() -> published.get(published.size() - 1).clusters().isEmpty());
  }

  @Test
  void aMissingReferenceHoldsUpOnceAndThenNothing() {
    started();
    FakeController.Stream stream = controller.last();
    stream.send(ResourceType.CLUSTER);
    stream.send(ResourceType.LISTENER, listener());
    stream.send(ResourceType.NAMES, names());
    await().until(() -> !stream.of(ResourceType.ROUTES).isEmpty());
    stream.send(ResourceType.ROUTES, routes("r1"));
    await()
        .until(
            () -> !published.isEmpty() && !published.get(published.size() - 1).routes().isEmpty());
    long start = System.nanoTime();
    stream.send(ResourceType.ROUTES, routes("r2"));
    await()
        .pollInterval(Duration.ofMillis(10))
        .until(
            () ->
                published
                    .get(published.size() - 1)
                    .routes()
                    .get("9080")
                    .virtualHosts()
                    .get(0)
                    .routes()
                    .get(0)
                    .name()
                    .equals("r2"));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1_500));
  }

  @Test
  void comesBackWithItsVersionsAfterTheStreamBroke() {
    ControlClient client = started();
    sendAll(controller.last());
    await().until(() -> !published.isEmpty());
    controller.cut(Status.UNAVAILABLE.withDescription("restarting"));
    await()
        .until(
            () ->
                controller.streams.size() == 2
                    && !controller.last().of(ResourceType.ROUTES).isEmpty());
    FakeController.Stream again = controller.last();
    assertThat(again.of(ResourceType.CLUSTER).get(0).getInitialResourceVersionsMap())
        .containsExactly(Map.entry(CLUSTER, "c1"));
    assertThat(again.of(ResourceType.ENDPOINTS).get(0).getInitialResourceVersionsMap())
        .containsExactly(Map.entry(CLUSTER, "e1"));
    assertThat(again.of(ResourceType.ROUTES).get(0).getInitialResourceVersionsMap())
        .containsExactly(Map.entry("9080", "r1"));
    assertThat(lines)
        .anyMatch(
            line ->
                line.startsWith("WARN [SELV-3001]")
                    && line.contains("restarting")
                    && line.contains("last good"));
    again.send(ResourceType.CLUSTER);
    await().until(() -> client.state().connected());
    assertThat(lines).anyMatch(line -> line.startsWith("INFO [SELV-3002]"));
    assertThat(published.get(published.size() - 1).clusters()).containsKey(CLUSTER);
  }

  @Test
  void aControllerThatReturnsHasItsAgentWithinTenSeconds() throws Exception {
    started();
    int port = controller.port();
    controller.close();
    await().until(() -> lines.stream().anyMatch(line -> line.startsWith("WARN [SELV-3001]")));
    controller = new FakeController(PKI, CONTROLLER, port);
    await().atMost(Duration.ofSeconds(10)).until(() -> !controller.streams.isEmpty());
  }

  @Test
  void answersQuestionsWithTheirIds() {
    started();
    FakeController.Stream stream = controller.last();
    Struct question =
        Struct.newBuilder()
            .putFields("id", Value.newBuilder().setStringValue("q7").build())
            .putFields("path", Value.newBuilder().setStringValue("/reviews").build())
            .build();
    stream.send(
        ResourceType.QUESTION,
        FakeController.resource(ResourceType.QUESTION, "q7", "1", question.toByteString()));
    await().until(() -> !stream.of("Answer").isEmpty());
    Struct answer =
        stream
            .of("Answer")
            .get(0)
            .getNode()
            .getMetadata()
            .getFieldsOrThrow("SELVAGE_ANSWER")
            .getStructValue();
    assertThat(answer.getFieldsOrThrow("id").getStringValue()).isEqualTo("q7");
    assertThat(answer.getFieldsOrThrow("listener").getStringValue()).isEqualTo("0.0.0.0_9080");
    assertThat(answer.getFieldsOrThrow("asked").getStringValue()).isEqualTo("/reviews");
  }

  @Test
  void trustsTheRootsThatAreSent() {
    started();
    TestPki next = new TestPki("next");
    Struct bundle =
        Struct.newBuilder()
            .putFields("trustDomain", Value.newBuilder().setStringValue("cluster.local").build())
            .putFields(
                "roots",
                Value.newBuilder()
                    .setListValue(
                        com.google.protobuf.ListValue.newBuilder()
                            .addValues(
                                Value.newBuilder()
                                    .setStringValue(
                                        io.selvage.identity.Pem.encode(List.of(PKI.root))))
                            .addValues(
                                Value.newBuilder()
                                    .setStringValue(
                                        io.selvage.identity.Pem.encode(List.of(next.root)))))
                    .build())
            .build();
    controller
        .last()
        .send(
            ResourceType.TRUST,
            FakeController.resource(
                ResourceType.TRUST, "cluster.local", "1", bundle.toByteString()));
    controller.last().send(ResourceType.CLUSTER);
    controller.last().send(ResourceType.LISTENER);
    await().until(() -> !trusted.isEmpty());
    assertThat(trusted.get(0).of("cluster.local")).containsExactlyInAnyOrder(PKI.root, next.root);
  }

  @Test
  void anImpostorIsNotTalkedTo() throws Exception {
    try (FakeController impostor =
        new FakeController(PKI, "spiffe://cluster.local/ns/default/sa/controller", 0)) {
      ControlClient client = client(impostor.port());
      client.start();
      await()
          .until(
              () ->
                  lines.stream()
                      .anyMatch(
                          line ->
                              line.startsWith("WARN [SELV-3001]") && line.contains("SELV-4006")));
      assertThat(impostor.streams).isEmpty();
      assertThat(client.state().connected()).isFalse();
    }
  }

  @Test
  void drainSaysGoodbye() {
    ControlClient client = started();
    sendAll(controller.last());
    await().until(() -> !published.isEmpty());
    int reports = controller.last().of("AgentReport").size();
    client.drain(Duration.ofSeconds(10));
    assertThat(controller.last().completed).isTrue();
    assertThat(controller.last().of("AgentReport")).hasSizeGreaterThan(reports);
    assertThat(controller.streams).hasSize(1);
  }

  @Test
  void startsFromItsSnapshotWhenTheControllerIsGone() throws Exception {
    started();
    sendAll(controller.last());
    await().until(() -> !published.isEmpty());
    File snapshot = folder.resolve("data/snapshot.bin").toFile();
    await().until(snapshot::exists);
    MeshConfig live = published.get(published.size() - 1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(snapshot.toPath())))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("data/snapshot.key"))))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("data"))))
        .isEqualTo("rwx------");
    published.clear();
    int nowhere;
    try (ServerSocket taken = new ServerSocket(0)) {
      nowhere = taken.getLocalPort();
    }
    ControlClient restarted = client(nowhere);
    await().until(restarted::restore);
    assertThat(published).containsExactly(live);
    assertThat(restarted.state().source()).isEqualTo(ControlState.Source.SNAPSHOT);
    restarted.start();
    // nobody waits for a controller that does not answer when there is a configuration
    assertThat(restarted.awaitConfiguration(Duration.ofSeconds(20))).isTrue();
    assertThat(restarted.state().source()).isEqualTo(ControlState.Source.SNAPSHOT);
  }

  @Test
  void aSnapshotThatWasTamperedWithIsRefused() throws Exception {
    started();
    sendAll(controller.last());
    await().until(() -> !published.isEmpty());
    File snapshot = folder.resolve("data/snapshot.bin").toFile();
    await().until(snapshot::exists);
    byte[] good = Files.readAllBytes(snapshot.toPath());
    for (int at : new int[] {0, 31, 32, 40, 44, good.length / 2, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.write(snapshot.toPath(), bad);
      refused();
    }
    for (int length : new int[] {0, 1, 39, good.length - 1}) {
      Files.write(snapshot.toPath(), java.util.Arrays.copyOf(good, length));
      refused();
    }
    Files.write(snapshot.toPath(), good);
    try (RandomAccessFile key =
        new RandomAccessFile(folder.resolve("data/snapshot.key").toFile(), "rw")) {
      key.write(1);
    }
    refused();
    Files.delete(folder.resolve("data/snapshot.key"));
    refused();
  }

  private void refused() {
    published.clear();
    lines.clear();
    ControlClient client = client(controller.port());
    assertThat(client.restore()).isFalse();
    assertThat(published).isEmpty();
    assertThat(lines)
        .singleElement()
        .asString()
        .startsWith("WARN [SELV-3010] (Snapshot ")
        .contains("Fix:");
  }
}
