package io.selvage.smoke.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Bookinfo steered by routes of the Gateway API, written with kubectl. */
class GatewayApiIT {
  private static final Pattern VERSION = Pattern.compile("\"version\":\"(v\\d)\"");
  private static DevMesh mesh;
  private static Bookinfo bookinfo;

  @BeforeAll
  static void up() {
    mesh = DevMesh.up("gateway-api");
    bookinfo = new Bookinfo(mesh);
    bookinfo.startDatabase();
    bookinfo.start("details", "ratings", "reviews-v1", "reviews-v2", "reviews-v3", "productpage");
    for (String version : new String[] {"v1", "v2", "v3"}) {
      mesh.apply(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: reviews-%1$s, namespace: default}
          spec:
            selector: {app: reviews, version: %1$s}
            ports: [{name: http, port: 9080}]
          """
              .formatted(version));
    }
  }

  @AfterAll
  static void down() {
    if (mesh != null) {
      mesh.close();
    }
  }

  @AfterEach
  void withoutRoutes() {
    mesh.kubectl("delete", "httproute,grpcroute", "--all", "-n", "default");
  }

  private static String httpRoute(String rules) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: reviews, namespace: default}
        spec:
          parentRefs: [{group: "", kind: Service, name: reviews, port: 9080}]
          rules:
        """
        + rules.indent(2);
  }

  private static HttpResponse<String> reviews(String query) {
    return Load.get(bookinfo.url("/api/v1/products/0/reviews" + query));
  }

  private static String version(HttpResponse<String> answer) {
    Matcher m = VERSION.matcher(answer.body());
    return answer.statusCode() == 200 && m.find() ? m.group(1) : "status " + answer.statusCode();
  }

  private static void always(String version, String query) {
    int[] streak = new int[1];
    Waiting.until(
        "reviews" + query + " " + version,
        Duration.ofSeconds(20),
        () -> (streak[0] = version(reviews(query)).equals(version) ? streak[0] + 1 : 0) >= 10);
  }

  private static String condition(String kind, String name, String type) {
    return mesh.kubectl(
            "get",
            kind,
            name,
            "-n",
            "default",
            "-o",
            "jsonpath={.status.parents[0].controllerName} {.status.parents[0].conditions[?(@.type==\""
                + type
                + "\")].status} {.status.parents[0].conditions[?(@.type==\""
                + type
                + "\")].reason}")
        .out();
  }

  private static void shows(String kind, String name, String type, String statusAndReason) {
    Waiting.until(
        kind + " " + type + " " + statusAndReason,
        Duration.ofSeconds(10),
        () -> condition(kind, name, type).equals("selvage.io/mesh-controller " + statusAndReason));
  }

  @Test
  void aHeaderChoosesAndTheRestIsSplitByWeight() {
    mesh.apply(
        httpRoute(
            """
            - matches: [{headers: [{name: end-user, value: jason}]}]
              backendRefs: [{name: reviews-v2, port: 9080}]
            - backendRefs: [{name: reviews-v1, port: 9080, weight: 80}, {name: reviews-v3, port: 9080, weight: 20}]
            """));
    always("v2", "?u=jason");
    shows("httproute", "reviews", "Accepted", "True Accepted");
    shows("httproute", "reviews", "ResolvedRefs", "True ResolvedRefs");

    Load.Answers answers =
        Load.run(bookinfo.url("/api/v1/products/0/reviews"), 1000, 8, GatewayApiIT::version);

    Map<String, Integer> shares = answers.byLabel();
    assertThat(answers.of("v1") + answers.of("v3")).as(shares.toString()).isEqualTo(1000);
    // four standard deviations of 1000 draws at 0.2
    assertThat(answers.of("v3")).as(shares.toString()).isBetween(150, 250);
  }

  @Test
  void aBackendThatIsNotThereAnswers500AndTheStatusSaysWhy() {
    mesh.apply(httpRoute("- backendRefs: [{name: reviews-v9, port: 9080}]\n"));
    Waiting.until("500", Duration.ofSeconds(20), () -> version(reviews("")).equals("status 500"));
    shows("httproute", "reviews", "ResolvedRefs", "False BackendNotFound");

    mesh.apply(httpRoute("- backendRefs: [{name: reviews-v3, port: 9080}]\n"));
    always("v3", "");
    shows("httproute", "reviews", "ResolvedRefs", "True ResolvedRefs");
  }

  @Test
  void aGrpcRouteChoosesByMethod() {
    mesh.apply(httpRoute("- backendRefs: [{name: reviews-v3, port: 9080}]\n"));
    always("v3", "");
    assertThat(reviews("").body()).contains("\"ratings\"");

    mesh.apply(
        grpcRoute(
            "[{method: {service: bookinfo.RatingsService, method: WatchRatings}}]", "ratings"));
    shows("grpcroute", "ratings", "Accepted", "True Accepted");
    answers("UNIMPLEMENTED");

    mesh.apply(
        grpcRoute("[{method: {service: bookinfo.RatingsService, method: GetRatings}}]", "gone"));
    answers("UNAVAILABLE");
    shows("grpcroute", "ratings", "ResolvedRefs", "False BackendNotFound");

    mesh.apply(grpcRoute("[{method: {service: bookinfo.RatingsService}}]", "ratings"));
    answers("\"Reviewer1\":");
  }

  private static String grpcRoute(String matches, String backend) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GRPCRoute
        metadata: {name: ratings, namespace: default}
        spec:
          parentRefs: [{group: "", kind: Service, name: ratings, port: 9090}]
          rules:
          - matches: %s
            backendRefs: [{name: %s, port: 9090}]
        """
        .formatted(matches, backend);
  }

  private static void answers(String text) {
    Waiting.until(
        "reviews with " + text,
        Duration.ofSeconds(20),
        () -> reviews("").body().replace("\\", "").contains(text));
  }
}
