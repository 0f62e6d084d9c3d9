package io.selvage.controller.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.Store;
import io.selvage.controller.translate.Mesh;
import io.selvage.controller.translate.TypeUrl;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The control port with real TLS, real gRPC clients and the whole chain behind it. */
class ControlPlaneTest {
  private static final String CLUSTER = "outbound|9080||reviews.default.svc.cluster.local";
  @TempDir Path folder;
  private final Store store = EmbeddedStore.inMemory();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private ControlPlane plane;

  @BeforeEach
  void start() {
    plane = ControlPlane.start(settings(), store);
  }

  private ControlPlaneSettings settings() {
    return ControlPlaneSettings.dev(0, folder.resolve("data"), "cluster.local")
        .withTimes(
            Duration.ofMillis(50),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : closing) {
      each.close();
    }
    plane.close();
    store.close();
  }

  private TestAgent agent(String namespace, String account) throws Exception {
    TestAgent agent = TestAgent.join(plane, namespace, account);
    closing.add(agent);
    return agent;
  }

  private void apply(String yaml) {
    for (ObjectNode document : Mesh.documents(yaml)) {
      store.create(Mesh.kind(document), document);
    }
  }

  private static final String SPLIT =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: reviews, namespace: default}
      spec:
        hosts: [reviews]
        http:
        - route:
          - destination: {host: reviews, subset: v1}
            weight: %d
          - destination: {host: reviews, subset: v2}
            weight: %d
      """;

  @Test
  void aTokenGivesACertificateOnceAndTheCertificateGivesTheNext() throws Exception {
    TestAgent agent = agent("default", "reviews");
    assertThat(SpiffeId.of(agent.chain.get(0)).orElseThrow())
        .hasToString("spiffe://cluster.local/ns/default/sa/reviews");
    KeyPair next = TestAgent.keys();
    var renewed = TestAgent.certificate(agent.channel(), next, null, 60);
    assertThat(SpiffeId.of(renewed.get(0))).isEqualTo(SpiffeId.of(agent.chain.get(0)));
    assertThat(renewed.get(0).getPublicKey()).isEqualTo(next.getPublic());

    String token = plane.createToken("default", "x", 1, Duration.ofMinutes(1)).token();
    ManagedChannel anonymous =
        TestAgent.channel(plane.port(), plane.authority().root(), null, List.of());
    closing.add(anonymous::shutdownNow);
    TestAgent.certificate(anonymous, next, token, 0);
    assertRefused(anonymous, token, "[SELV-4102]");
    assertRefused(anonymous, "slv1.a.b.c", "[SELV-4101]");
    assertRefused(anonymous, null, "[SELV-4104]");
  }

  private static void assertRefused(ManagedChannel channel, String token, String code)
      throws Exception {
    KeyPair keys = TestAgent.keys();
    assertThatThrownBy(() -> TestAgent.certificate(channel, keys, token, 0))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAUTHENTICATED);
              assertThat(e.getStatus().getDescription()).startsWith(code);
            });
  }

  @Test
  void configurationWantsACertificateOfThatNode() throws Exception {
    ManagedChannel anonymous =
        TestAgent.channel(plane.port(), plane.authority().root(), null, List.of());
    closing.add(anonymous::shutdownNow);
    TestAgent reviews = agent("default", "reviews");
    TestAgent.Delta stream = reviews.new Delta(true);
    stream.subscribe(TestAgent.node("reviews", "other", "reviews", 9080, 1), TypeUrl.CDS);
    assertThat(stream.ended.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Code.PERMISSION_DENIED);
    TestAgent.Delta second = reviews.new Delta(true);
    second.subscribe(TestAgent.node("reviews", "default", "admin", 9080, 1), TypeUrl.CDS);
    assertThat(second.ended.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Code.PERMISSION_DENIED);
    TestAgent.Delta third = reviews.new Delta(true);
    third.subscribe(Node.newBuilder().setId("x").build(), TypeUrl.CDS);
    assertThat(third.ended.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(plane.agents()).isEmpty();
  }

  @Test
  void theStreamIsTheRegistration() throws Exception {
    TestAgent.Delta caller = agent("default", "productpage").new Delta(true);
    caller.subscribe(TestAgent.node("productpage", "default", "productpage", 0, 0), TypeUrl.CDS);
    caller.subscribe(null, TypeUrl.EDS, CLUSTER);
    assertThat(caller.next(TypeUrl.EDS).getRemovedResourcesList()).containsExactly(CLUSTER);

    TestAgent reviews = agent("default", "reviews");
    TestAgent.Delta callee = reviews.new Delta(true);
    callee.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.LDS);
    ClusterLoadAssignment assignment = endpoints(caller.next(TypeUrl.EDS));
    assertThat(port(assignment)).isEqualTo(19080);

    Struct report =
        Struct.newBuilder()
            .putFields("ready", Value.newBuilder().setBoolValue(false).build())
            .build();
    callee.send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.REPORT)
            .setNode(
                Node.newBuilder()
                    .setMetadata(
                        Struct.newBuilder()
                            .putFields(
                                "SELVAGE_REPORT",
                                Value.newBuilder().setStructValue(report).build()))));
    assertThat(health(endpoints(caller.next(TypeUrl.EDS)))).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(plane.agents())
        .anySatisfy(a -> assertThat(a.report().path("ready").asBoolean(true)).isFalse());

    long from = System.nanoTime();
    callee.halfClose();
    awaitGone(caller);
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void aBrokenStreamIsForgivenForTheGraceTime() throws Exception {
    TestAgent.Delta caller = agent("default", "productpage").new Delta(true);
    caller.subscribe(
        TestAgent.node("productpage", "default", "productpage", 0, 0), TypeUrl.EDS, CLUSTER);
    TestAgent reviews = agent("default", "reviews");
    TestAgent.Delta callee = reviews.new Delta(true);
    callee.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.LDS);
    callee.next(TypeUrl.LDS);
    await()
        .until(
            () -> {
              drain(caller);
              return caller.versions.containsKey(CLUSTER);
            });
    callee.breakOff();
    TestAgent.Delta back = reviews.new Delta(true);
    back.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.LDS);
    back.next(TypeUrl.LDS);
    // longer than the grace: it came back, so nothing was taken away meanwhile
    DeltaDiscoveryResponse none = caller.responses.poll(4, TimeUnit.SECONDS);
    assertThat(none).isNull();
    back.breakOff();
    awaitGone(caller);
  }

  private static void awaitGone(TestAgent.Delta caller) throws InterruptedException {
    DeltaDiscoveryResponse response = caller.next(TypeUrl.EDS);
    while (response.getRemovedResourcesCount() == 0
        && response.getResources(0).getVersion() != null
        && !isEmpty(response)) {
      response = caller.next(TypeUrl.EDS);
    }
  }

  private static boolean isEmpty(DeltaDiscoveryResponse response) {
    try {
      return response
              .getResources(0)
              .getResource()
              .unpack(ClusterLoadAssignment.class)
              .getEndpointsCount()
          == 0;
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static ClusterLoadAssignment endpoints(DeltaDiscoveryResponse response) throws Exception {
    return response.getResources(0).getResource().unpack(ClusterLoadAssignment.class);
  }

  private static int port(ClusterLoadAssignment assignment) {
    return assignment
        .getEndpoints(0)
        .getLbEndpoints(0)
        .getEndpoint()
        .getAddress()
        .getSocketAddress()
        .getPortValue();
  }

  private static HealthStatus health(ClusterLoadAssignment assignment) {
    return assignment.getEndpoints(0).getLbEndpoints(0).getHealthStatus();
  }

  @Test
  void aChangeOfWeightsSendsOnlyTheRoutes() throws Exception {
    TestAgent agent = agent("default", "reviews");
    TestAgent.Delta stream = agent.new Delta(true);
    stream.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.CDS);
    stream.subscribe(null, TypeUrl.LDS);
    stream.subscribe(null, TypeUrl.RDS, "9080");
    stream.next(TypeUrl.CDS);
    stream.next(TypeUrl.LDS);
    await()
        .until(
            () -> {
              drain(stream);
              return stream.versions.containsKey("9080");
            });
    apply(SPLIT.formatted(90, 10));
    assertThat(weights(stream.next(TypeUrl.RDS))).containsExactly(90, 10);
    drain(stream);
    long from = System.nanoTime();
    ObjectNode changed = Mesh.documents(SPLIT.formatted(50, 50)).get(0);
    store.update(Kinds.VIRTUAL_SERVICE, changed, Store.ANY_VERSION);
    DeltaDiscoveryResponse response = stream.responses.poll(20, TimeUnit.SECONDS);
    final Duration took = Duration.ofNanos(System.nanoTime() - from);
    assertThat(response.getTypeUrl()).isEqualTo(TypeUrl.RDS);
    assertThat(weights(response)).containsExactly(50, 50);
    assertThat(took).isLessThan(Duration.ofSeconds(3));
    System.out.println("change to received: " + took.toMillis() + " ms");
  }

  private static List<Integer> weights(DeltaDiscoveryResponse response) throws Exception {
    RouteConfiguration table =
        response.getResources(0).getResource().unpack(RouteConfiguration.class);
    return table
        .getVirtualHosts(0)
        .getRoutes(0)
        .getRoute()
        .getWeightedClusters()
        .getClustersList()
        .stream()
        .map(c -> c.getWeight().getValue())
        .toList();
  }

  private static void drain(TestAgent.Delta stream) throws InterruptedException {
    DeltaDiscoveryResponse response = stream.responses.poll(500, TimeUnit.MILLISECONDS);
    while (response != null) {
      response.getResourcesList().forEach(r -> stream.versions.put(r.getName(), r.getVersion()));
      stream.send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setResponseNonce(response.getNonce()));
      response = stream.responses.poll(500, TimeUnit.MILLISECONDS);
    }
  }

  @Test
  void unknownNamesAndTypesSilenceNobody() throws Exception {
    TestAgent.Delta stream = agent("default", "reviews").new Delta(true);
    Node node = TestAgent.node("reviews", "default", "reviews", 9080, 19080);
    stream.subscribe(node, "type.googleapis.com/some.unknown.Type", "x");
    stream.subscribe(null, TypeUrl.RDS, "9080", "nosuch");
    List<String> removed = new ArrayList<>();
    await()
        .until(
            () -> {
              DeltaDiscoveryResponse response = stream.next(TypeUrl.RDS);
              removed.addAll(response.getRemovedResourcesList());
              return removed.contains("nosuch") && stream.versions.containsKey("9080");
            });
    assertThat(plane.metrics().get("selvage_xds_unknown_types_total")).isGreaterThan(0);
    stream.subscribe(null, TypeUrl.TRUST_BUNDLE);
    Struct bundle =
        stream.next(TypeUrl.TRUST_BUNDLE).getResources(0).getResource().unpack(Struct.class);
    assertThat(bundle.getFieldsOrThrow("trustDomain").getStringValue()).isEqualTo("cluster.local");
    stream.subscribe(null, TypeUrl.NDS);
    assertThat(stream.next(TypeUrl.NDS).getResourcesCount()).isEqualTo(1);
  }

  @Test
  void aReconnectWithVersionsIsSentOnlyWhatDiffers() throws Exception {
    TestAgent agent = agent("default", "reviews");
    Node node = TestAgent.node("reviews", "default", "reviews", 9080, 19080);
    TestAgent.Delta stream = agent.new Delta(true);
    stream.subscribe(node, TypeUrl.CDS);
    stream.next(TypeUrl.CDS);
    await()
        .until(
            () -> {
              drain(stream);
              return stream.versions.containsKey(CLUSTER);
            });
    stream.breakOff();
    TestAgent.Delta back = agent.again().new Delta(true);
    back.send(
        DeltaDiscoveryRequest.newBuilder()
            .setNode(node)
            .setTypeUrl(TypeUrl.CDS)
            .putAllInitialResourceVersions(stream.versions)
            .putInitialResourceVersions("outbound|1||gone", "v")
            .putInitialResourceVersions(CLUSTER, "older"));
    DeltaDiscoveryResponse first = back.next(TypeUrl.CDS);
    assertThat(first.getResourcesList()).extracting(Resource::getName).containsExactly(CLUSTER);
    assertThat(back.next(TypeUrl.CDS).getRemovedResourcesList())
        .containsExactly("outbound|1||gone");
  }

  @Test
  void aRejectionIsRecordedForTheResourceAndHealsWithTheNextVersion() throws Exception {
    TestAgent.Delta stream = agent("default", "reviews").new Delta(true);
    stream.subscribe(
        TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.RDS, "9080");
    await()
        .until(
            () -> {
              drain(stream);
              return stream.versions.containsKey("9080");
            });
    await().until(() -> plane.agents().get(0).state().equals("SYNCED"));
    apply(SPLIT.formatted(90, 10));
    DeltaDiscoveryResponse bad = stream.peek(TypeUrl.RDS);
    stream.send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.RDS)
            .setResponseNonce(bad.getNonce())
            .setErrorDetail(Status.newBuilder().setCode(3).setMessage("9080: weights are odd")));
    await().until(() -> plane.agents().get(0).state().equals("NACK"));
    assertThat(plane.agents().get(0).rejected())
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.name()).isEqualTo("9080");
              assertThat(r.message()).contains("weights are odd");
            });
    store.update(
        Kinds.VIRTUAL_SERVICE, Mesh.documents(SPLIT.formatted(80, 20)).get(0), Store.ANY_VERSION);
    assertThat(weights(stream.next(TypeUrl.RDS))).containsExactly(80, 20);
    await().until(() -> plane.agents().get(0).state().equals("SYNCED"));
  }

  @Test
  void stateOfTheWorldKeepsWhatIsReferredToUntilLast() throws Exception {
    TestAgent.Sotw stream = agent("default", "reviews").new Sotw();
    Node node = TestAgent.node("reviews", "default", "reviews", 9080, 19080);
    stream.send(DiscoveryRequest.newBuilder().setNode(node).setTypeUrl(TypeUrl.CDS));
    DiscoveryResponse first = stream.next(TypeUrl.CDS);
    assertThat(names(first)).contains("PassthroughCluster", "inbound|19080||");
    accept(stream, first);
    // the workload's own registration adds its service
    DiscoveryResponse second = stream.next(TypeUrl.CDS);
    assertThat(names(second)).contains(CLUSTER);
    accept(stream, second);
    stream.send(
        DiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.EDS)
            .addResourceNames(CLUSTER)
            .addResourceNames("nosuch"));
    DiscoveryResponse endpoints = stream.next(TypeUrl.EDS);
    assertThat(endpoints.getResourcesCount()).isEqualTo(1);
    accept(stream, endpoints, CLUSTER, "nosuch");
    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: ext, namespace: default}
        spec:
          hosts: [ext.example]
          resolution: STATIC
          ports: [{number: 80, name: http, protocol: HTTP}]
          endpoints: [{address: 127.0.0.9}]
        """);
    DiscoveryResponse third = stream.next(TypeUrl.CDS);
    assertThat(names(third)).contains("outbound|80||ext.example");
    accept(stream, third);
    // stale: answers a response that was replaced
    accept(stream, second);
    store.delete(new ResourceKey(Kinds.SERVICE_ENTRY, "default", "ext"), Store.ANY_VERSION);
    DiscoveryResponse fourth = stream.next(TypeUrl.CDS);
    assertThat(names(fourth)).doesNotContain("outbound|80||ext.example");
    assertThat(plane.metrics().get("selvage_xds_stale_nonces_total")).isGreaterThan(0);
  }

  private static void accept(TestAgent.Sotw stream, DiscoveryResponse response, String... names) {
    stream.send(
        DiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setVersionInfo(response.getVersionInfo())
            .addAllResourceNames(List.of(names))
            .setResponseNonce(response.getNonce()));
  }

  private static List<String> names(DiscoveryResponse response) throws Exception {
    List<String> names = new ArrayList<>();
    for (Any any : response.getResourcesList()) {
      names.add(any.unpack(Cluster.class).getName());
    }
    return names;
  }

  @Test
  void aSlowReaderHoldsUpNobody() throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      many.append("---\n")
          .append(
              """
              apiVersion: networking.istio.io/v1
              kind: ServiceEntry
              metadata: {name: ext%1$d, namespace: default}
              spec:
                hosts: [ext%1$d.example]
                resolution: STATIC
                ports: [{number: 80, name: http, protocol: HTTP}]
                endpoints: [{address: 127.0.0.9}]
              """
                  .formatted(i));
    }
    apply(many.toString());
    TestAgent.Delta slow = agent("default", "slow").new Delta(false);
    slow.subscribe(TestAgent.node("slow", "default", "slow", 9090, 19090), TypeUrl.CDS);
    slow.subscribe(null, TypeUrl.RDS, "*");
    TestAgent.Delta quick = agent("default", "reviews").new Delta(true);
    quick.subscribe(
        TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.RDS, "9080");
    await()
        .until(
            () -> {
              drain(quick);
              return quick.versions.containsKey("9080");
            });
    for (int i = 1; i <= 5; i++) {
      if (i == 1) {
        apply(SPLIT.formatted(i, 100 - i));
      } else {
        store.update(
            Kinds.VIRTUAL_SERVICE,
            Mesh.documents(SPLIT.formatted(i, 100 - i)).get(0),
            Store.ANY_VERSION);
      }
      assertThat(weights(quick.next(TypeUrl.RDS))).containsExactly(i, 100 - i);
    }
    assertThat(plane.agents())
        .anySatisfy(
            a -> {
              assertThat(a.node().service()).isEqualTo("slow");
              assertThat(a.state()).isEqualTo("STALE");
            });
  }

  @Test
  void aQuestionReachesTheAgentAndItsAnswerComesBack() throws Exception {
    TestAgent.Delta stream = agent("default", "reviews").new Delta(true);
    stream.subscribe(
        TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.QUESTION);
    ObjectNode question = new ObjectMapper().createObjectNode();
    question.put("kind", "explain").put("authority", "ratings:9080");
    await().until(() -> !plane.agents().isEmpty());
    var answer = plane.ask(node -> node.service().equals("reviews"), question);
    DeltaDiscoveryResponse asked = stream.next(TypeUrl.QUESTION);
    while (asked.getResourcesCount() == 0) {
      asked = stream.next(TypeUrl.QUESTION);
    }
    Struct seen = asked.getResources(0).getResource().unpack(Struct.class);
    assertThat(seen.getFieldsOrThrow("authority").getStringValue()).isEqualTo("ratings:9080");
    Struct reply =
        Struct.newBuilder()
            .putFields("id", seen.getFieldsOrThrow("id"))
            .putFields("cluster", TestAgent.text("outbound|9080||ratings"))
            .build();
    stream.send(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.ANSWER)
            .setNode(
                Node.newBuilder()
                    .setMetadata(
                        Struct.newBuilder()
                            .putFields(
                                "SELVAGE_ANSWER",
                                Value.newBuilder().setStructValue(reply).build()))));
    assertThat(answer.get(20, TimeUnit.SECONDS).path("cluster").asText())
        .isEqualTo("outbound|9080||ratings");
    assertThat(stream.next(TypeUrl.QUESTION).getRemovedResourcesCount()).isEqualTo(1);
    assertThatThrownBy(() -> plane.ask(n -> false, question).get())
        .hasMessageContaining("SELV-7320");
  }

  @Test
  void whatIsNotDoneShowsInTheStatus() throws Exception {
    apply(SPLIT.formatted(50, 50));
    TestAgent.Delta stream = agent("default", "reviews").new Delta(true);
    stream.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.CDS);
    ResourceKey key = new ResourceKey(Kinds.VIRTUAL_SERVICE, "default", "reviews");
    await()
        .untilAsserted(
            () ->
                assertThat(store.get(key).orElseThrow().json().path("status").toString())
                    .contains("ReferenceNotFound")
                    .contains("subset v1"));
    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews, namespace: default}
        spec:
          host: reviews
          subsets:
          - {name: v1, labels: {version: v1}}
          - {name: v2, labels: {version: v2}}
        """);
    await()
        .untilAsserted(
            () ->
                assertThat(store.get(key).orElseThrow().json().path("status").toString())
                    .contains("\"status\":\"True\"")
                    .doesNotContain("ReferenceNotFound"));
  }

  @Test
  void aRestartKeepsWorkloadsUntilTheyAreBack() throws Exception {
    TestAgent.Delta callee = agent("default", "reviews").new Delta(true);
    callee.subscribe(TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.CDS);
    await()
        .until(
            () -> {
              drain(callee);
              return callee.versions.containsKey(CLUSTER);
            });
    plane.close();
    plane = ControlPlane.start(settings(), store);
    TestAgent.Delta caller = agent("default", "productpage").new Delta(true);
    caller.subscribe(
        TestAgent.node("productpage", "default", "productpage", 0, 0), TypeUrl.EDS, CLUSTER);
    assertThat(port(endpoints(caller.next(TypeUrl.EDS)))).isEqualTo(19080);
    // it never comes back: gone after the grace time
    awaitGone(caller);
  }
}
