package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Checkout;
import io.selvage.smoke.Child;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Ports;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A chain of four unmodified processes whose last one fails: what one request costs each of them.
 */
class RetryStormIT {
  private static final List<String> CHAIN = List.of("a", "b", "c", "d");
  private static final int REQUESTS = 250;
  private static final Pattern ATTEMPTS = Pattern.compile("\"attempts\":(\\d+)");
  private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
  private static DevMesh mesh;

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("retry-storm");
    Map<String, Child> starting = new LinkedHashMap<>();
    CHAIN.forEach(name -> PORTS.put(name, Checkout.freePort()));
    for (int i = 0; i < CHAIN.size(); i++) {
      String name = CHAIN.get(i);
      String next = i + 1 < CHAIN.size() ? "http://" + CHAIN.get(i + 1) + ":9080" : "";
      starting.put(name, mesh.keep(relay(name, next).start(mesh)));
    }
    starting.put(
        "last", mesh.keep(relay("last", "http://nobody:9080").with("CLIENT", "url").start(mesh)));
    starting.forEach(
        (name, child) ->
            child.await(
                name + " to listen",
                Duration.ofSeconds(120),
                () -> Ports.accepts(PORTS.get(name))));
    Waiting.until("200 from the whole chain", Duration.ofSeconds(60), () -> call("200") == 200);
  }

  private static Workload relay(String name, String next) {
    int port = PORTS.computeIfAbsent(name, n -> Checkout.freePort());
    return new Workload(
        name,
        "v1",
        "default",
        List.of("9080:" + port + "/http"),
        port,
        Workload.jar(Checkout.app("relay")),
        Map.of("SERVER_PORT", "" + port, "NEXT_URL", next));
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  private static String url(String service, String path) {
    return "http://127.0.0.1:" + PORTS.get(service) + path;
  }

  private static int call(String path) {
    return Load.get(url("a", "/work/" + path)).statusCode();
  }

  /** How many such requests the application of each service of the chain has seen. */
  private static List<Integer> seen(String what) {
    List<Integer> all = new ArrayList<>();
    for (String service : CHAIN) {
      String count =
          Load.get(url(service, "/seen"))
              .body()
              .lines()
              .filter(line -> line.startsWith(what + " "))
              .map(line -> line.substring(what.length() + 1))
              .findFirst()
              .orElse("0");
      all.add(Integer.parseInt(count));
    }
    return all;
  }

  private static void storm(String path, int status) {
    Load.Answers answers =
        Load.run(url("a", "/work/" + path), REQUESTS, 4, answer -> "" + answer.statusCode());
    assertThat(answers.byLabel()).containsExactly(Map.entry("" + status, REQUESTS));
  }

  /** At most 1.2 requests a hop for each, and 1.5 from end to end. */
  private static void isABreeze(String policy, List<Integer> seen) {
    System.out.println("retry storm, " + policy + ": a → b → c → d saw " + seen);
    assertThat(seen.get(0)).isEqualTo(REQUESTS);
    for (int hop = 1; hop < seen.size(); hop++) {
      double amplification = (double) seen.get(hop) / seen.get(hop - 1);
      assertThat(amplification).as("hop " + hop + " of " + seen).isBetween(1.0, 1.2);
    }
    assertThat((double) seen.get(seen.size() - 1) / REQUESTS).isBetween(1.0, 1.5);
  }

  @Test
  void withDefaultsAFailingServiceIsNotOverrun() {
    storm("defaults/503", 503);
    isABreeze("defaults", seen("GET /work/defaults/503"));
  }

  @Test
  void withDefaultsAServiceThatBreaksConnectionsIsRepeatedByNoHopAboveIt() {
    storm("defaults/reset", 503);
    List<Integer> seen = seen("GET /work/defaults/reset");
    System.out.println("retry storm, defaults, reset: a → b → c → d saw " + seen);
    // java.net.http itself sends a GET once more when its connection ends before any answer, with
    // or without a mesh; neither the mesh nor any hop above adds to it
    assertThat(seen.subList(0, 3)).containsOnly(REQUESTS);
    assertThat(seen.get(3)).isBetween(REQUESTS, 2 * REQUESTS);
  }

  @Test
  void withTwoRetriesAsPeopleWriteThemItIsNotEither() {
    retries("attempts: 2");
    try {
      storm("two/503", 503);
      isABreeze("attempts: 2", seen("GET /work/two/503"));
    } finally {
      noRetries();
    }
  }

  @Test
  void retriesOfEveryHopThatAreAskedForDoNotMultiply() {
    retries("attempts: 2, retryOn: 5xx");
    try {
      Waiting.until(
          "the last hop alone to repeat",
          Duration.ofSeconds(30),
          () -> {
            List<Integer> before = seen("GET /work/probe/503");
            assertThat(call("probe/503")).isEqualTo(503);
            List<Integer> after = seen("GET /work/probe/503");
            return after.get(2) == before.get(2) + 1 && after.get(3) == before.get(3) + 3;
          });
      storm("asked/503", 503);
      List<Integer> seen = seen("GET /work/asked/503");
      System.out.println("retry storm, attempts: 2 on 5xx: a → b → c → d saw " + seen);
      // 27 times without a word between the hops
      assertThat(seen).containsExactly(REQUESTS, REQUESTS, REQUESTS, 3 * REQUESTS);
    } finally {
      noRetries();
    }
  }

  @Test
  void whereNobodyListensRetriesAreRationed() throws IOException {
    AtomicInteger connects = new AtomicInteger();
    try (ServerSocket refusing = new ServerSocket(0, 256, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> refuse(refusing, connects), "refusing");
      thread.setDaemon(true);
      thread.start();
      mesh.apply(nobody(refusing.getLocalPort()));
      Waiting.until(
          "a connection to the one that refuses all",
          Duration.ofSeconds(30),
          () -> {
            assertThat(Load.get(url("last", "/work/nobody")).statusCode()).isGreaterThan(499);
            return connects.get() > 0;
          });
      connects.set(0);
      int before = attempts("last", "/work/nobody");
      Load.Answers answers =
          Load.run(url("last", "/work/nobody"), REQUESTS, 4, answer -> "" + answer.statusCode());
      int attempts = attempts("last", "/work/nobody") - before;
      System.out.println(
          "retry storm, nobody listens: " + attempts + " attempts, " + connects + " connects");
      assertThat(answers.byLabel()).containsExactly(Map.entry("503", REQUESTS));
      assertThat((double) attempts / REQUESTS).isBetween(1.0, 1.2);
      // HttpURLConnection itself connects once more, with or without a mesh
      assertThat(connects.get()).isBetween(attempts, 2 * attempts);
    }
  }

  /** Attempts of a workload's calls, by its access log. */
  private static int attempts(String workload, String path) throws IOException {
    Path log = mesh.folder().resolve("access.log." + workload + "-v1-" + PORTS.get(workload));
    int sum = 0;
    for (String line : Files.readAllLines(log)) {
      Matcher attempts = ATTEMPTS.matcher(line);
      if (line.contains("\"outbound\"") && line.contains(path) && attempts.find()) {
        sum += Integer.parseInt(attempts.group(1));
      }
    }
    return sum;
  }

  /** Takes connections and breaks each before any handshake. */
  private static void refuse(ServerSocket server, AtomicInteger connects) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        connects.incrementAndGet();
        socket.setSoLinger(true, 0);
      } catch (IOException closed) {
        return;
      }
    }
  }

  private static String nobody(int port) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: nobody, namespace: default}
    spec:
      hosts: [nobody]
      location: MESH_INTERNAL
      resolution: STATIC
      ports: [{number: 9080, name: http, protocol: HTTP, targetPort: %1$d}]
      endpoints: [{address: 127.0.0.1}]
    ---
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: nobody, namespace: default}
    spec:
      host: nobody
      trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}
    """
        .formatted(port);
  }

  @Test
  void aPostIsSeenOnceWhateverBecomesOfIt() {
    for (String end : List.of("503", "reset")) {
      String path = "/work/post/" + end;
      for (int i = 0; i < 20; i++) {
        assertThat(Load.post(url("a", path), "an order").statusCode()).as(path).isEqualTo(503);
      }
      assertThat(seen("POST " + path)).as(path).containsExactly(20, 20, 20, 20);
    }
  }

  private static void retries(String policy) {
    for (String host : List.of("b", "c", "d")) {
      mesh.apply(
          """
          apiVersion: networking.istio.io/v1
          kind: VirtualService
          metadata: {name: %1$s, namespace: default}
          spec:
            hosts: [%1$s]
            http: [{retries: {%2$s}, route: [{destination: {host: %1$s}}]}]
          """
              .formatted(host, policy));
    }
  }

  private static void noRetries() {
    mesh.kubectl("delete", "virtualservice", "b", "c", "d", "-n", "default");
  }
}
