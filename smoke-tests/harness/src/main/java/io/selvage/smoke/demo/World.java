package io.selvage.smoke.demo;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.TraceCollector;
import io.selvage.smoke.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** All that runs in the demo. */
public final class World implements AutoCloseable {
  static final String RULES =
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews, namespace: default}
      spec:
        host: reviews
        subsets:
        - {name: v1, labels: {version: v1}}
        - {name: v2, labels: {version: v2}}
        - {name: v3, labels: {version: v3}}
      """;
  static final String STRICT =
      """
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: default, namespace: default}
      spec: {mtls: {mode: STRICT}}
      ---
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: front-door, namespace: default}
      spec: {selector: {matchLabels: {app: productpage}}, mtls: {mode: PERMISSIVE}}
      """;

  private final DevMesh mesh;
  private final Bookinfo bookinfo;
  private final TraceCollector traces = new TraceCollector();

  private World(DevMesh mesh) {
    this.mesh = mesh;
    this.bookinfo = new Bookinfo(mesh);
  }

  /** Controller and samples, up, in sync, STRICT inside. */
  public static World start() {
    World world = new World(DevMesh.up("demo"));
    try {
      world.mesh.workloadEnv().put("OTEL_EXPORTER_OTLP_ENDPOINT", world.traces.endpoint());
      world.bookinfo.startDatabase();
      world.mesh.apply(RULES);
      world.mesh.apply(STRICT);
      world.bookinfo.start(
          "details", "ratings", "reviews-v1", "reviews-v2", "reviews-v3", "productpage");
      world.awaitSynced(6, Duration.ofSeconds(60));
      return world;
    } catch (RuntimeException e) {
      world.close();
      throw e;
    }
  }

  public DevMesh mesh() {
    return mesh;
  }

  public Bookinfo bookinfo() {
    return bookinfo;
  }

  public TraceCollector traces() {
    return traces;
  }

  /** Waits until this many agents are SYNCED; returns how long it took. */
  public Duration awaitSynced(int agents, Duration atMost) {
    return Waiting.until(agents + " agents SYNCED", atMost, () -> synced() >= agents);
  }

  /** How many agents the controller shows as SYNCED. */
  public long synced() {
    var result = mesh.selvage("status", "-o", "json");
    return result.ok() ? Stream.of(result.out().split("\"SYNCED\"", -1)).count() - 1 : 0;
  }

  /**
   * Starts a sample again while no controller answers: with the environment that its user had
   * printed before.
   */
  void restartWithoutController(String name) {
    bookinfo.startAgain(name);
  }

  /** A manifest that sends reviews by weight; versions that are not named get nothing. */
  static String reviewsSplit(String... versionWeight) {
    StringBuilder routes = new StringBuilder();
    for (int i = 0; i < versionWeight.length; i += 2) {
      routes
          .append("    - {destination: {host: reviews, subset: ")
          .append(versionWeight[i])
          .append("}, weight: ")
          .append(versionWeight[i + 1])
          .append("}\n");
    }
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http:
          - route:
        """
        + routes;
  }

  /** The agents' access-log lines that contain all of these, over all workloads. */
  List<String> accessLog(String... parts) {
    try (Stream<Path> files = Files.walk(mesh.folder())) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("access.log"))
          .flatMap(World::lines)
          .filter(l -> Stream.of(parts).allMatch(l::contains))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).lines();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    mesh.close();
    traces.close();
  }
}
