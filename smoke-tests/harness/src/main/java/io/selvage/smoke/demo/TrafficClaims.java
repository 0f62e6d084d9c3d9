package io.selvage.smoke.demo;

import static io.selvage.smoke.demo.Claim.that;

import io.selvage.smoke.Child;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import io.selvage.smoke.Workload;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Routing, splitting, resilience and faults as the manifests say. */
final class TrafficClaims {
  private static final String REVIEWS = "/api/v1/products/0/reviews";

  private TrafficClaims() {}

  /** Applies and waits until the callers follow. */
  private static Duration routeTo(World world, String version) {
    world.mesh().apply(World.reviewsSplit(version, "100"));
    long start = System.nanoTime();
    int streak = 0;
    while (streak < 20) {
      streak =
          Claims.reviewsVersion(Load.get(world.bookinfo().url(REVIEWS))).equals(version)
              ? streak + 1
              : 0;
      that(System.nanoTime() - start < 5e9, "callers do not follow to " + version);
    }
    return Duration.ofNanos(System.nanoTime() - start);
  }

  static String split(World world) {
    routeTo(world, "v1");
    world.mesh().apply(World.reviewsSplit("v1", "90", "v2", "10"));
    Waiting.pause(Duration.ofSeconds(1));
    Load.Answers answers = Load.run(world.bookinfo().url(REVIEWS), 2000, 8, Claims::reviewsVersion);
    int v2 = answers.of("v2");
    that(answers.of("v1") + v2 == 2000, answers.byLabel().toString());
    double sigma = Math.sqrt(2000 * 0.9 * 0.1);
    that(Math.abs(v2 - 200) <= 3 * sigma, "v2 got " + v2);
    return String.format(
        Locale.ROOT, "%s, %.1f sigma off", answers.byLabel(), Math.abs(v2 - 200) / sigma);
  }

  static String splitChanges(World world) {
    routeTo(world, "v1");
    world.mesh().apply(World.reviewsSplit("v2", "100"));
    long applied = System.nanoTime();
    long lastOld = applied;
    while (System.nanoTime() - applied < 3e9) {
      if (Claims.reviewsVersion(Load.get(world.bookinfo().url(REVIEWS))).equals("v1")) {
        lastOld = System.nanoTime();
      }
    }
    double seconds = (lastOld - applied) / 1e9;
    that(seconds < 1.0, "v1 was still called after " + seconds + " s");
    return String.format(
        Locale.ROOT,
        "last answer of the old version %.0f ms after kubectl returned",
        seconds * 1000);
  }

  static String headerRouting(World world) {
    world
        .mesh()
        .apply(
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: reviews, namespace: default}
            spec:
              hosts: [reviews]
              http:
              - match: [{headers: {end-user: {exact: jason}}}]
                route: [{destination: {host: reviews, subset: v2}}]
              - route: [{destination: {host: reviews, subset: v3}}]
            """);
    Waiting.pause(Duration.ofSeconds(1));
    Load.Answers jason =
        Load.run(world.bookinfo().url(REVIEWS + "?u=jason"), 100, 4, Claims::reviewsVersion);
    Load.Answers others =
        Load.run(world.bookinfo().url(REVIEWS + "?u=paul"), 100, 4, Claims::reviewsVersion);
    that(
        jason.of("v2") == 100 && others.of("v3") == 100,
        "jason " + jason.byLabel() + ", others " + others.byLabel());
    return "jason " + jason.byLabel() + ", others " + others.byLabel();
  }

  private static String ratingsFault(String fault) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: details, namespace: default}
        spec:
          hosts: [details]
          http:
          - fault: %s
            route: [{destination: {host: details}}]
        """
        .formatted(fault);
  }

  static String delay(World world) {
    world.mesh().apply(ratingsFault("{delay: {fixedDelay: 2s, percentage: {value: 100}}}"));
    Waiting.pause(Duration.ofSeconds(1));
    try {
      Load.Answers answers =
          Load.run(world.bookinfo().url("/api/v1/products/0"), 5, 1, r -> "" + r.statusCode());
      that(answers.of("200") == 5, answers.byLabel().toString());
      that(
          Math.abs(answers.medianMillis() - 2000) <= 200,
          "median " + answers.medianMillis() + " ms");
      return String.format(Locale.ROOT, "2 s asked, median %.0f ms", answers.medianMillis());
    } finally {
      world.mesh().remove(ratingsFault("{}"));
    }
  }

  static String abort(World world) {
    world.mesh().apply(ratingsFault("{abort: {httpStatus: 418, percentage: {value: 50}}}"));
    Waiting.pause(Duration.ofSeconds(1));
    try {
      Load.Answers answers =
          Load.run(world.bookinfo().url("/api/v1/products/0"), 400, 4, r -> "" + r.statusCode());
      int aborted = answers.of("418");
      that(
          aborted + answers.of("200") == 400
              && Math.abs(aborted - 200) <= 3 * Math.sqrt(400 * 0.25),
          answers.byLabel().toString());
      return "418 for 50 % asked, got " + answers.byLabel();
    } finally {
      world.mesh().remove(ratingsFault("{}"));
    }
  }

  static String timeout(World world) {
    String slow =
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http:
          - timeout: 1.5s
            route: [{destination: {host: reviews, subset: v2}}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: ratings, namespace: default}
        spec:
          hosts: [ratings]
          http:
          - fault: {delay: {fixedDelay: 5s, percentage: {value: 100}}}
            route: [{destination: {host: ratings}}]
        """;
    world.mesh().apply(slow);
    Waiting.pause(Duration.ofSeconds(1));
    try {
      Load.Answers answers =
          Load.run(
              world.bookinfo().url(REVIEWS),
              5,
              1,
              r ->
                  r.statusCode()
                      + " "
                      + (r.body().contains("upstream request timeout")
                          ? "upstream request timeout"
                          : ""));
      that(answers.of("504 upstream request timeout") == 5, answers.byLabel().toString());
      that(
          Math.abs(answers.medianMillis() - 1500) <= 150,
          "median " + answers.medianMillis() + " ms");
      return String.format(
          Locale.ROOT, "1.5 s asked, 504 after %.0f ms (median)", answers.medianMillis());
    } finally {
      world
          .mesh()
          .kubectl("delete", "virtualservice", "ratings", "--ignore-not-found")
          .orFail("kubectl delete");
      world.mesh().apply(World.reviewsSplit("v1", "100"));
    }
  }

  private static final String RESILIENT =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: reviews, namespace: default}
      spec:
        hosts: [reviews]
        http:
        - retries: {attempts: 3, retryOn: "connect-failure,refused-stream,503"}
          route: [{destination: {host: reviews, subset: v1}}]
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews, namespace: default}
      spec:
        host: reviews
        trafficPolicy: {outlierDetection: {consecutive5xxErrors: 5, interval: 1s, baseEjectionTime: 30s, maxEjectionPercent: 70}}
        subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]
      """;

  static String routedAround(World world) {
    Workload faulty = world.bookinfo().anotherReviews("v1", Map.of("FAULTY", "503"));
    Workload dead = world.bookinfo().anotherReviews("v1", Map.of());
    routeTo(world, "v1");
    world.mesh().apply(RESILIENT);
    try (Child bad = faulty.startAndAwait(world.mesh(), Duration.ofSeconds(90));
        Child gone = dead.startAndAwait(world.mesh(), Duration.ofSeconds(90))) {
      world.awaitSynced(8, Duration.ofSeconds(30));
      Waiting.pause(Duration.ofSeconds(2));
      gone.kill();
      int before = retried(world);
      Load.Answers answers =
          Load.run(world.bookinfo().url(REVIEWS), 2000, 8, Claims::reviewsVersion);
      that(answers.of("v1") == 2000, answers.byLabel().toString());
      Waiting.until(
          "a retry in the access log", Duration.ofSeconds(5), () -> retried(world) > before);
      return answers.byLabel() + ", " + (retried(world) - before) + " of them by a retry";
    } finally {
      world.mesh().apply(World.RULES);
      world.mesh().apply(World.reviewsSplit("v1", "100"));
    }
  }

  private static int retried(World world) {
    return world.accessLog("outbound", "reviews", "\"attempts\":2").size()
        + world.accessLog("outbound", "reviews", "\"attempts\":3").size();
  }

  static String postNotRepeated(World world) {
    Workload faulty = world.bookinfo().anotherReviews("v4", Map.of("FAULTY", "503"));
    String rules =
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews, namespace: default}
        spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}, {name: v4, labels: {version: v4}}]}
        """;
    try (Child bad = faulty.startAndAwait(world.mesh(), Duration.ofSeconds(90))) {
      world.mesh().apply(rules);
      world
          .mesh()
          .apply(
              World.reviewsSplit("v4", "100")
                  + "    retries: {attempts: 3, retryOn: \"5xx,connect-failure,reset\"}\n");
      Waiting.pause(Duration.ofSeconds(2));
      for (int i = 0; i < 20; i++) {
        HttpResponse<String> answer =
            Load.post(world.bookinfo().url(REVIEWS + "?oneShot=true"), "a review");
        that(answer.statusCode() == 503, "answer " + answer.statusCode() + " " + answer.body());
      }
      HttpResponse<String> last =
          Load.post(world.bookinfo().url(REVIEWS + "?oneShot=true"), "a review");
      String posts = last.body().replaceAll(".*\"posts\":(\\d+).*", "$1");
      that(posts.equals("21"), "21 were sent, the instance saw " + posts);
      return "21 sent to an instance that answers 503, 21 seen by it";
    } finally {
      world.mesh().apply(World.RULES);
      world.mesh().apply(World.reviewsSplit("v1", "100"));
    }
  }
}
