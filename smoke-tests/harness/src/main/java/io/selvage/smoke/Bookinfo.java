package io.selvage.smoke;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The sample services with the ports that this run gave them. */
public final class Bookinfo {
  private final Map<String, Integer> ports = new LinkedHashMap<>();
  private final Map<String, Child> running = new LinkedHashMap<>();
  private final DevMesh mesh;

  public Bookinfo(DevMesh mesh) {
    this.mesh = mesh;
    for (String name :
        List.of(
            "productpage",
            "details",
            "reviews-v1",
            "reviews-v2",
            "reviews-v3",
            "ratings",
            "ratings-grpc",
            "ratings-db")) {
      ports.put(name, Checkout.freePort());
    }
  }

  public int port(String name) {
    return ports.get(name);
  }

  /** Ports of every hop inside the mesh: all but the front door and the database. */
  public List<Integer> meshPorts() {
    return ports.entrySet().stream()
        .filter(e -> !e.getKey().equals("productpage") && !e.getKey().equals("ratings-db"))
        .map(Map.Entry::getValue)
        .toList();
  }

  public Child child(String name) {
    return running.get(name);
  }

  public String url(String path) {
    return "http://127.0.0.1:" + port("productpage") + path;
  }

  /** The database is an ordinary process outside the mesh, known to it by a ServiceEntry. */
  public void startDatabase() {
    Child db =
        Child.start(
            "ratings-db",
            mesh.folder().resolve("logs"),
            Map.of("DB_PORT", "" + port("ratings-db")),
            List.of(
                "java",
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-jar",
                Checkout.app("ratings").toString(),
                "db"));
    mesh.keep(db);
    db.awaitLog("ratings-db listens", java.time.Duration.ofSeconds(60));
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: ratings-db, namespace: default}
        spec:
          hosts: [ratings-db]
          location: MESH_EXTERNAL
          resolution: STATIC
          ports: [{number: 9092, name: tcp-h2, protocol: TCP, targetPort: %1$d}]
          endpoints: [{address: 127.0.0.1, ports: {tcp-h2: %1$d}}]
        """
            .formatted(port("ratings-db")));
  }

  /** A sample by its name here. */
  public Workload workload(String name) {
    int port = port(name.equals("ratings-grpc") ? "ratings" : name);
    Map<String, String> env = new LinkedHashMap<>(Map.of("SERVER_PORT", "" + port));
    List<String> meshPorts = new ArrayList<>(List.of("9080:" + port + "/http"));
    String service = name.contains("-v") ? name.substring(0, name.indexOf("-v")) : name;
    String version = name.contains("-v") ? name.substring(name.indexOf("-v") + 1) : "v1";
    env.put("SERVICE_VERSION", version);
    if (service.equals("ratings")) {
      env.put("GRPC_PORT", "" + port("ratings-grpc"));
      meshPorts.add("9090:" + port("ratings-grpc") + "/grpc");
    }
    return new Workload(
        service, version, "default", meshPorts, port, Workload.jar(Checkout.app(service)), env);
  }

  /** Another instance of reviews, on a port of its own. */
  public Workload anotherReviews(String version, Map<String, String> env) {
    int port = Checkout.freePort();
    Map<String, String> all =
        new LinkedHashMap<>(Map.of("SERVER_PORT", "" + port, "SERVICE_VERSION", version));
    all.putAll(env);
    return new Workload(
        "reviews",
        version,
        "default",
        List.of("9080:" + port + "/http"),
        port,
        Workload.jar(Checkout.app("reviews")),
        all);
  }

  /** Starts the samples, all at once, and waits for each. */
  public void start(String... names) {
    Map<String, Workload> starting = new LinkedHashMap<>();
    for (String name : names) {
      Workload workload = workload(name);
      starting.put(name, workload);
      running.put(name, mesh.keep(workload.start(mesh)));
    }
    starting.forEach(
        (name, workload) ->
            running
                .get(name)
                .await(
                    name + " to listen",
                    java.time.Duration.ofSeconds(120),
                    () -> Ports.accepts(workload.readyPort())));
  }

  /**
   * Starts one again with the very environment of its first start, as a supervisor would; no CLI
   * call, so no new token.
   */
  public void startAgain(String name) {
    Child child = running.get(name).again();
    running.put(name, mesh.keep(child));
    child.await(
        name + " to listen", java.time.Duration.ofSeconds(120), () -> Ports.accepts(port(name)));
  }
}
