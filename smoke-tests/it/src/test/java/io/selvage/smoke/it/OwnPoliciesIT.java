package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Checkout;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Policies of selvage.io/v1 and what travels from hop to hop, with unmodified services that forward
 * nothing by hand.
 */
class OwnPoliciesIT {
  private static final Pattern DURATION = Pattern.compile("\"duration\":(\\d+)");
  private static DevMesh mesh;
  private static Bookinfo bookinfo;

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("own-policies");
    bookinfo = new Bookinfo(mesh);
    bookinfo.startDatabase();
    bookinfo.start("details", "ratings", "reviews-v2", "productpage");
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  /** Lines of the access logs of a workload that have all of these parts. */
  private static List<String> log(String workload, String... parts) {
    try (Stream<Path> files = Files.walk(mesh.folder())) {
      return files
          .filter(f -> f.getFileName().toString().startsWith("access.log." + workload))
          .flatMap(OwnPoliciesIT::lines)
          .filter(line -> Stream.of(parts).allMatch(line::contains))
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

  private static int reviews(String... headers) {
    return Load.get(bookinfo.url("/api/v1/products/0/reviews"), headers).statusCode();
  }

  @Test
  void aLaneReachesTheSecondHopAndFallsBackOnTheFirst() {
    int port = Checkout.freePort();
    int grpc = Checkout.freePort();
    Workload gray =
        new Workload(
            "ratings",
            "v2",
            "default",
            List.of("9080:" + port + "/http", "9090:" + grpc + "/grpc"),
            port,
            Workload.jar(Checkout.app("ratings")),
            Map.of("SERVER_PORT", "" + port, "GRPC_PORT", "" + grpc, "SERVICE_VERSION", "v2"));
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: TrafficLane
        metadata: {name: gray, namespace: default}
        spec:
          selector: {matchLabels: {app: ratings, version: v2}}
          entries:
          - selector: {matchLabels: {app: productpage}}
            match: [{headers: {x-lane: {exact: gray}}}]
        """);
    mesh.keep(gray.startAndAwait(mesh, Duration.ofSeconds(90)));
    Waiting.until(
        "a tagged request at the lane's ratings",
        Duration.ofSeconds(20),
        () -> {
          reviews("x-lane", "gray");
          return !log("ratings-v2", "\"inbound\"", "\"lane\":\"gray\"").isEmpty();
        });
    int inLane = log("ratings-v2", "\"inbound\"", "/ratings/0").size();
    int inBase = log("ratings-v1", "\"inbound\"", "/ratings/0").size();
    // before the lane's endpoint was known, tagged requests fell back
    int fellBack = log("ratings-v1", "\"inbound\"", "\"lane\":\"gray\"").size();

    for (int i = 0; i < 20; i++) {
      assertThat(reviews("x-lane", "gray")).isEqualTo(200);
      assertThat(reviews()).isEqualTo(200);
    }

    Waiting.until(
        "20 lines in lane and base",
        Duration.ofSeconds(10),
        () ->
            log("ratings-v2", "\"inbound\"", "/ratings/0").size() == inLane + 20
                && log("ratings-v1", "\"inbound\"", "/ratings/0").size() == inBase + 20);
    assertThat(log("ratings-v1", "\"inbound\"", "\"lane\":\"gray\"")).hasSize(fellBack);
    assertThat(log("reviews-v2", "\"inbound\"", "\"lane\":\"gray\"")).isNotEmpty();
    mesh.kubectl("delete", "trafficlane", "gray", "-n", "default");
  }

  @Test
  void theTimeThatIsLeftTravels() {
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http: [{timeout: 1s, route: [{destination: {host: reviews}}]}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: ratings, namespace: default}
        spec:
          hosts: [ratings]
          http:
          - fault: {delay: {fixedDelay: 8s, percentage: {value: 100}}}
            route: [{destination: {host: ratings}}]
        """);
    Waiting.until("504", Duration.ofSeconds(30), () -> reviews() == 504);
    int before = log("reviews-v2", "\"outbound\"", "/ratings/0").size();

    assertThat(reviews()).isEqualTo(504);

    Waiting.until(
        "what became of the call to ratings",
        Duration.ofSeconds(15),
        () -> log("reviews-v2", "\"outbound\"", "/ratings/0").size() > before);
    List<String> calls = log("reviews-v2", "\"outbound\"", "/ratings/0");
    Matcher took = DURATION.matcher(calls.get(calls.size() - 1));
    assertThat(took.find()).isTrue();
    // 8 s of delay if nobody had told it that the caller's second was over
    assertThat(Integer.parseInt(took.group(1))).as(took.group()).isLessThan(4000);
    mesh.kubectl("delete", "virtualservice", "reviews", "ratings", "-n", "default");
    Waiting.until("200 again", Duration.ofSeconds(30), () -> reviews() == 200);
  }

  @Test
  void theBreakerOpensAndItsProbesCloseIt() {
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: details, namespace: default}
        spec:
          targetRefs: [{kind: Service, name: details}]
          circuitBreaker:
            slidingWindowSize: 10
            minimumNumberOfCalls: 5
            failureRateThreshold: 50
            waitDurationInOpenState: 2s
            permittedNumberOfCallsInHalfOpenState: 2
        """);
    String url = bookinfo.url("/api/v1/products/0");
    Waiting.until("200", Duration.ofSeconds(20), () -> Load.get(url).statusCode() == 200);

    bookinfo.child("details").kill();

    Waiting.until(
        "the breaker's refusal",
        Duration.ofSeconds(8),
        () -> {
          assertThat(Load.get(url).statusCode()).isEqualTo(503);
          return !log("productpage", "\"outbound\"", "/details/0", "\"UO\"").isEmpty();
        });
    bookinfo.startAgain("details");
    Waiting.until(
        "200 after the probes", Duration.ofSeconds(30), () -> Load.get(url).statusCode() == 200);
    mesh.kubectl("delete", "resiliencepolicy", "details", "-n", "default");
  }

  /** Many requests at once, again and again, until there is such a line. */
  private static void crowdUntil(String what, String workload, String... parts) {
    String url = bookinfo.url("/api/v1/products/0");
    Waiting.until(
        what,
        Duration.ofSeconds(40),
        () -> {
          Load.run(url, 64, 8, r -> "" + r.statusCode());
          return !log(workload, parts).isEmpty();
        });
  }

  @Test
  void concurrencyFollowsLatencyOnBothSides() {
    String limits =
        "adaptiveConcurrency: {maxConcurrencyLimit: 1, minRtt: {minConcurrency: 1, interval: 1h}}";
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: details-serves, namespace: default}
        spec:
          selector: {matchLabels: {app: details}}
          %s
        """
            .formatted(limits));
    crowdUntil("a refusal of the server", "details", "\"inbound\"", "SELV-6044", "details-serves");
    mesh.kubectl("delete", "resiliencepolicy", "details-serves", "-n", "default");
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: details-called, namespace: default}
        spec:
          targetRefs: [{kind: Service, name: details}]
          %s
        """
            .formatted(limits));
    crowdUntil(
        "a refusal in the caller", "productpage", "\"outbound\"", "SELV-6044", "details-called");
    mesh.kubectl("delete", "resiliencepolicy", "details-called", "-n", "default");
    Waiting.until(
        "200 for all",
        Duration.ofSeconds(30),
        () ->
            Load.run(bookinfo.url("/api/v1/products/0"), 64, 8, r -> "" + r.statusCode()).of("200")
                == 64);
  }

  @Test
  void aCallersRateIsItsOwn() {
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: details-rate, namespace: default}
        spec:
          selector: {matchLabels: {app: details}}
          rateLimit:
            rules:
            - {principals: ["*/productpage"], by: PRINCIPAL, requests: 3, interval: 1h}
            - {principals: ["*/nobody"], by: PRINCIPAL, requests: 1, interval: 1h}
        """);
    String url = bookinfo.url("/api/v1/products/0");
    Waiting.until(
        "the rate's refusal",
        Duration.ofSeconds(30),
        () -> {
          int unused = Load.get(url).statusCode();
          return !log("details", "\"inbound\"", "SELV-6045", "details-rate").isEmpty();
        });
    int served = log("details", "\"inbound\"", "/details/0", ":200").size();
    for (int i = 0; i < 5; i++) {
      assertThat(Load.get(url).statusCode()).isNotEqualTo(200);
    }
    assertThat(log("details", "\"inbound\"", "/details/0", ":200")).hasSize(served);
    mesh.kubectl("delete", "resiliencepolicy", "details-rate", "-n", "default");
    Waiting.until("200 again", Duration.ofSeconds(30), () -> Load.get(url).statusCode() == 200);
  }

  @Test
  void aSlowAnswerIsHedgedAndThePolicysBalancerChooses() {
    mesh.apply(
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: ratings, namespace: default}
        spec:
          targetRefs: [{kind: Service, name: ratings}]
          loadBalancer: {simple: PEAK_EWMA}
          hedging: {delay: 1ms}
        """);
    Waiting.until(
        "an attempt beside another",
        Duration.ofSeconds(40),
        () -> {
          Load.run(bookinfo.url("/api/v1/products/0/reviews"), 64, 8, r -> "" + r.statusCode());
          return !log("reviews-v2", "\"outbound\"", "/ratings/0", "\"attempts\":2").isEmpty();
        });
    mesh.kubectl("delete", "resiliencepolicy", "ratings", "-n", "default");
  }
}
