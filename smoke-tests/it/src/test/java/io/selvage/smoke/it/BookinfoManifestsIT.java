package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.Checkout;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Istio's published Bookinfo manifests, unchanged, do what they say. */
class BookinfoManifestsIT {
  private static final Pattern VERSION = Pattern.compile("\"version\":\"(v\\d)\"");
  private static DevMesh mesh;
  private static Bookinfo bookinfo;
  private static Path manifests;

  @BeforeAll
  static void up() {
    Path data = Checkout.sharedData();
    assumeTrue(
        data != null && Files.isDirectory(data.resolve("istio/bookinfo-networking")),
        "no published manifests beside the checkout (../shared/data)");
    manifests = data.resolve("istio/bookinfo-networking");
    mesh = DevMesh.up("manifests");
    bookinfo = new Bookinfo(mesh);
    bookinfo.startDatabase();
    bookinfo.start("details", "ratings", "reviews-v1", "reviews-v2", "reviews-v3", "productpage");
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  @BeforeEach
  void base() throws IOException {
    apply("destination-rule-all.yaml");
    apply("virtual-service-all-v1.yaml");
    settled(a -> version(a).equals("v1"), "");
  }

  private static void apply(String file) throws IOException {
    mesh.apply(Files.readString(manifests.resolve(file)));
  }

  private static HttpResponse<String> reviews(String query) {
    return Load.get(bookinfo.url("/api/v1/products/0/reviews" + query));
  }

  private static String version(HttpResponse<String> answer) {
    Matcher m = VERSION.matcher(answer.body());
    return answer.statusCode() == 200 && m.find() ? m.group(1) : "status " + answer.statusCode();
  }

  /** Waits until ten answers in a row are as wanted. */
  private static void settled(Predicate<HttpResponse<String>> wanted, String query) {
    int[] streak = new int[1];
    Waiting.until(
        "callers follow",
        Duration.ofSeconds(15),
        () -> (streak[0] = wanted.test(reviews(query)) ? streak[0] + 1 : 0) >= 10);
  }

  private static Load.Answers run(int count) {
    return Load.run(
        bookinfo.url("/api/v1/products/0/reviews"), count, 8, BookinfoManifestsIT::version);
  }

  private static void shares(Load.Answers answers, String one, String other, double fractionOfOne) {
    int n = answers.total();
    assertThat(answers.of(one) + answers.of(other)).as(answers.byLabel().toString()).isEqualTo(n);
    assertThat((double) answers.of(one))
        .as(answers.byLabel().toString())
        .isBetween(
            n * fractionOfOne - 4 * Math.sqrt(n * fractionOfOne * (1 - fractionOfOne)),
            n * fractionOfOne + 4 * Math.sqrt(n * fractionOfOne * (1 - fractionOfOne)));
  }

  @Test
  void allV1() {
    assertThat(run(200).byLabel()).isEqualTo(Map.of("v1", 200));
  }

  @Test
  void reviewsTestV2() throws IOException {
    apply("virtual-service-reviews-test-v2.yaml");
    settled(a -> version(a).equals("v2"), "?u=jason");

    assertThat(run(100).byLabel()).isEqualTo(Map.of("v1", 100));
  }

  @Test
  void reviewsJasonV2OthersV3() throws IOException {
    apply("virtual-service-reviews-jason-v2-v3.yaml");
    settled(a -> version(a).equals("v2"), "?u=jason");

    assertThat(run(100).byLabel()).isEqualTo(Map.of("v3", 100));
  }

  @Test
  void reviewsV3() throws IOException {
    apply("virtual-service-reviews-v3.yaml");
    settled(a -> version(a).equals("v3"), "");
  }

  @Test
  void reviewsHalfV3() throws IOException {
    apply("virtual-service-reviews-50-v3.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    shares(run(1000), "v1", "v3", 0.5);
  }

  @Test
  void reviews80To20() throws IOException {
    apply("virtual-service-reviews-80-20.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    shares(run(1000), "v1", "v2", 0.8);
  }

  @Test
  void reviews90To10() throws IOException {
    apply("virtual-service-reviews-90-10.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    shares(run(1000), "v1", "v2", 0.9);
  }

  @Test
  void reviewsV2AndV3() throws IOException {
    apply("virtual-service-reviews-v2-v3.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    shares(run(1000), "v2", "v3", 0.5);
  }

  @Test
  void randomBalancerForReviews() throws IOException {
    apply("destination-rule-reviews.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    assertThat(run(100).byLabel()).isEqualTo(Map.of("v1", 100));
  }

  @Test
  void ratingsTestDelay() throws IOException {
    apply("virtual-service-ratings-test-delay.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    long begun = System.nanoTime();
    HttpResponse<String> jason = Load.get(bookinfo.url("/api/v1/products/0/ratings?u=jason"));
    double seconds = (System.nanoTime() - begun) / 1e9;
    assertThat(jason.statusCode()).isEqualTo(200);
    assertThat(seconds).isBetween(6.9, 7.7);
    begun = System.nanoTime();
    assertThat(Load.get(bookinfo.url("/api/v1/products/0/ratings?u=paul")).statusCode())
        .isEqualTo(200);
    assertThat((System.nanoTime() - begun) / 1e9).isLessThan(3);
  }

  @Test
  void ratingsTestAbort() throws IOException {
    apply("virtual-service-ratings-test-abort.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    HttpResponse<String> jason = Load.get(bookinfo.url("/api/v1/products/0/ratings?u=jason"));
    assertThat(jason.statusCode()).isEqualTo(500);
    assertThat(jason.body()).isEqualTo("fault filter abort");
    assertThat(Load.get(bookinfo.url("/api/v1/products/0/ratings?u=paul")).statusCode())
        .isEqualTo(200);
  }

  @Test
  void faultInjectionDetails() throws IOException {
    apply("fault-injection-details-v1.yaml");
    Waiting.until(
        "the abort",
        Duration.ofSeconds(10),
        () -> Load.get(bookinfo.url("/api/v1/products/0")).statusCode() == 555);
  }

  @Test
  void subsetsWithoutInstancesAnswer503() throws IOException {
    apply("virtual-service-details-v2.yaml");
    Waiting.until(
        "no healthy upstream",
        Duration.ofSeconds(10),
        () -> Load.get(bookinfo.url("/api/v1/products/0")).statusCode() == 503);
    assertThat(Load.get(bookinfo.url("/api/v1/products/0")).body())
        .isEqualTo("no healthy upstream");
  }

  @Test
  void ratingsFromAnAbsentDatabaseVersion() throws IOException {
    apply("virtual-service-ratings-db.yaml");
    settled(a -> version(a).equals("v3"), "");
    assertThat(Load.get(bookinfo.url("/api/v1/products/0/ratings")).statusCode()).isEqualTo(503);
  }

  @Test
  void allMutualTls() throws IOException {
    apply("destination-rule-all-mtls.yaml");
    Waiting.pause(Duration.ofSeconds(2));
    assertThat(run(100).byLabel()).isEqualTo(Map.of("v1", 100));
  }

  @Test
  void egressRulesAreAccepted() throws IOException {
    apply("egress-rule-google-apis.yaml");
    assertThat(
            mesh.kubectl("get", "serviceentry", "googleapis", "-o", "jsonpath={.spec.hosts[0]}")
                .out())
        .isEqualTo("www.googleapis.com");
  }
}
