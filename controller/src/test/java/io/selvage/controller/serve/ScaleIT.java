package io.selvage.controller.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.Store;
import io.selvage.controller.translate.Mesh;
import io.selvage.controller.translate.TypeUrl;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many data planes ({@code -Dselvage.scale.agents}) over TLS and 200 services: first sync, then one
 * change of an endpoint.
 */
class ScaleIT {
  private static final int AGENTS = Integer.getInteger("selvage.scale.agents", 100);
  private static final int SERVICES = 200;
  private static final int CONNECTIONS = 10;
  @TempDir Path folder;

  /** Accepts everything and keeps nothing. */
  private static final class Reader implements StreamObserver<DeltaDiscoveryResponse> {
    private final AtomicInteger synced;
    private final AtomicInteger changed;
    private final AtomicLong bytes;
    private StreamObserver<DeltaDiscoveryRequest> requests;
    private int endpoints;
    private boolean complete;

    Reader(AtomicInteger synced, AtomicInteger changed, AtomicLong bytes) {
      this.synced = synced;
      this.changed = changed;
      this.bytes = bytes;
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
      bytes.addAndGet(response.getSerializedSize());
      requests.onNext(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(response.getTypeUrl())
              .setResponseNonce(response.getNonce())
              .build());
      if (response.getTypeUrl().equals(TypeUrl.EDS)) {
        endpoints += response.getResourcesCount();
        boolean seven =
            response.getResourcesList().stream()
                .anyMatch(r -> r.getName().equals("outbound|9080||s7.example"));
        if (complete && seven) {
          changed.incrementAndGet();
        } else if (!complete && endpoints >= SERVICES) {
          complete = true;
          synced.incrementAndGet();
        }
      }
    }

    @Override
    public void onError(Throwable thrown) {}

    @Override
    public void onCompleted() {}
  }

  private static String entry(int number, String address) {
    return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: s%1$d, namespace: default}
        spec:
          hosts: [s%1$d.example]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{number: 9080, name: http, protocol: HTTP}]
          endpoints:
          - {address: 10.0.0.1, serviceAccount: s}
          - {address: 10.0.0.2, serviceAccount: s}
          - {address: %2$s, serviceAccount: s}
        """
        .formatted(number, address);
  }

  @Test
  void oneChangeReachesAllAndSendsOnlyItself() throws Exception {
    try (Store store = EmbeddedStore.inMemory()) {
      for (int i = 0; i < SERVICES; i++) {
        store.create(Kinds.SERVICE_ENTRY, Mesh.documents(entry(i, "10.0.0.3")).get(0));
      }
      try (ControlPlane plane =
          ControlPlane.start(
              ControlPlaneSettings.dev(0, folder.resolve("data"), "cluster.local"), store)) {
        measure(plane, store);
      }
    }
  }

  private void measure(ControlPlane plane, Store store) throws Exception {
    AtomicInteger synced = new AtomicInteger();
    AtomicInteger changed = new AtomicInteger();
    AtomicLong bytes = new AtomicLong();
    List<TestAgent> connections = new ArrayList<>();
    try {
      long start = System.nanoTime();
      for (int i = 0; i < CONNECTIONS; i++) {
        connections.add(TestAgent.join(plane, "default", "web"));
      }
      for (int i = 0; i < AGENTS; i++) {
        open(connections.get(i % CONNECTIONS), i, new Reader(synced, changed, bytes));
      }
      await().atMost(Duration.ofMinutes(5)).until(() -> synced.get() == AGENTS);
      final Duration firstSync = Duration.ofNanos(System.nanoTime() - start);
      // the agents' own registrations settle
      AtomicLong last = new AtomicLong();
      await()
          .pollInterval(Duration.ofSeconds(1))
          .atMost(Duration.ofMinutes(1))
          .until(() -> last.getAndSet(bytes.get()) == bytes.get());
      final long firstBytes = bytes.getAndSet(0);
      long change = System.nanoTime();
      store.update(
          Kinds.SERVICE_ENTRY, Mesh.documents(entry(7, "10.0.0.4")).get(0), Store.ANY_VERSION);
      await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(Duration.ofMinutes(1))
          .until(() -> changed.get() >= AGENTS * 99 / 100);
      final Duration spread = Duration.ofNanos(System.nanoTime() - change);
      await().atMost(Duration.ofMinutes(1)).until(() -> changed.get() == AGENTS);
      final long perAgent = bytes.get() / AGENTS;
      System.out.printf(
          "%d agents, %d services: first sync %d ms, %d MB; one endpoint change at 99 %% after"
              + " %d ms, %d bytes an agent; push %.0f ms%n",
          AGENTS,
          SERVICES,
          firstSync.toMillis(),
          firstBytes >> 20,
          spread.toMillis(),
          perAgent,
          plane.metrics().get("selvage_xds_last_push_seconds") * 1_000);
      assertThat(perAgent).isLessThanOrEqualTo(1_024);
      assertThat(spread).isLessThan(Duration.ofSeconds(10));
      assertThat(changed).hasValue(AGENTS);
    } finally {
      connections.forEach(TestAgent::close);
    }
  }

  private static void open(TestAgent connection, int number, Reader reader) {
    StreamObserver<DeltaDiscoveryRequest> requests =
        AggregatedDiscoveryServiceGrpc.newStub(connection.channel())
            .deltaAggregatedResources(reader);
    reader.requests = requests;
    requests.onNext(
        DeltaDiscoveryRequest.newBuilder()
            .setNode(TestAgent.node("web" + number % 100, "default", "web", 8080, 10_000 + number))
            .setTypeUrl(TypeUrl.CDS)
            .build());
    requests.onNext(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.RDS)
            .addResourceNamesSubscribe("9080")
            .build());
    requests.onNext(
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(TypeUrl.EDS)
            .addResourceNamesSubscribe("*")
            .build());
  }
}
