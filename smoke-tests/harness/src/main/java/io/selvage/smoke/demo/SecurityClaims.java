package io.selvage.smoke.demo;

import static io.selvage.smoke.demo.Claim.that;

import io.selvage.smoke.Load;
import io.selvage.smoke.Stranger;
import io.selvage.smoke.Waiting;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** STRICT, PERMISSIVE, authorization. */
final class SecurityClaims {
  private static final String DENY =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: no-details-for-productpage, namespace: default}
      spec:
        selector: {matchLabels: {app: details}}
        action: DENY
        rules: [{from: [{source: {principals: [cluster.local/ns/default/sa/productpage]}}], to: [{operation: {methods: [GET], paths: ["/details/*"]}}]}]
      """;
  private static final String DENY_GRPC =
      """
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: no-grpc-for-reviews, namespace: default}
      spec:
        selector: {matchLabels: {app: ratings}}
        action: DENY
        rules: [{from: [{source: {namespaces: [default]}}], to: [{operation: {paths: ["/bookinfo.RatingsService/GetRatings"]}}]}]
      """;

  private SecurityClaims() {}

  /** Where each server stack listens: name → port and a path. */
  private static Map<String, Object[]> stacks(World world) {
    Map<String, Object[]> all = new LinkedHashMap<>();
    all.put("JDK HttpServer", new Object[] {world.bookinfo().port("details"), "/details/0"});
    all.put("Netty (WebFlux)", new Object[] {world.bookinfo().port("reviews-v1"), "/reviews/0"});
    all.put("Tomcat", new Object[] {world.bookinfo().port("ratings"), "/ratings/0"});
    all.put(
        "gRPC (Netty)",
        new Object[] {
          world.bookinfo().port("ratings-grpc"), "/bookinfo.RatingsService/GetRatings"
        });
    return all;
  }

  static String strictRefusesPlaintext(World world) {
    StringBuilder seen = new StringBuilder();
    stacks(world)
        .forEach(
            (name, at) -> {
              for (Stranger.Speech speech : Stranger.Speech.values()) {
                Stranger.Answer answer = Stranger.plaintext((int) at[0], (String) at[1], speech);
                that(!answer.served(), name + " answered plaintext " + speech + ": " + answer);
              }
              seen.append(seen.length() == 0 ? "" : ", ").append(name);
            });
    return "refused on " + seen + " over HTTP/1.1, h2c, h2c upgrade";
  }

  static String strictRefusesStrangers(World world) {
    StringBuilder seen = new StringBuilder();
    stacks(world)
        .forEach(
            (name, at) -> {
              for (String alpn : new String[] {"http/1.1", "h2"}) {
                Stranger.Answer answer =
                    Stranger.otherTrustDomain((int) at[0], (String) at[1], alpn);
                that(!answer.served(), name + " answered a stranger over " + alpn + ": " + answer);
              }
              seen.append(seen.length() == 0 ? "" : ", ").append(name);
            });
    return "refused on " + seen;
  }

  static String switching(World world) {
    String permissive =
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: default, namespace: default}
        spec: {mtls: {mode: PERMISSIVE}}
        """;
    world.mesh().apply(permissive);
    Map<String, Stranger.Open> open = new LinkedHashMap<>();
    try {
      stacks(world)
          .forEach(
              (name, at) -> {
                Waiting.until(
                    name + " serves plaintext",
                    Duration.ofSeconds(5),
                    () ->
                        Stranger.plaintext(
                                (int) at[0],
                                (String) at[1],
                                name.startsWith("gRPC")
                                    ? Stranger.Speech.H2C
                                    : Stranger.Speech.HTTP1)
                            .served());
                if (!name.startsWith("gRPC")) {
                  Stranger.Open connection = Stranger.open((int) at[0]);
                  that(connection.get((String) at[1]).served(), name + " does not serve plaintext");
                  open.put(name, connection);
                }
              });
      that(
          Load.get(world.bookinfo().url("/productpage"))
              .body()
              .contains("id=details data-status=200"),
          "mTLS callers are not served in PERMISSIVE");
      world.mesh().apply(World.STRICT);
      Waiting.pause(Duration.ofSeconds(1));
      open.forEach(
          (name, connection) ->
              that(
                  !connection.get((String) stacks(world).get(name)[1]).served(),
                  name + " still serves an open plaintext connection"));
      that(
          Load.get(world.bookinfo().url("/productpage"))
              .body()
              .contains("id=details data-status=200"),
          "mTLS callers are not served after the switch");
      return "plaintext and mTLS served, open plaintext connections refused 1 s after the switch: "
          + open.keySet();
    } finally {
      world.mesh().apply(World.STRICT);
      open.values().forEach(Stranger.Open::close);
    }
  }

  static String deny(World world) {
    String url = world.bookinfo().url("/api/v1/products/0");
    that(Load.get(url).statusCode() == 200, "not served before");
    world.mesh().apply(DENY);
    long applied = System.nanoTime();
    try {
      Duration took =
          Waiting.until("the DENY", Duration.ofSeconds(3), () -> Load.get(url).statusCode() == 403);
      HttpResponse<String> answer = Load.get(url);
      that(answer.body().equals("RBAC: access denied"), "body: " + answer.body());
      that(
          !answer.headers().toString().contains("no-details-for-productpage"),
          "the answer names the policy");
      that(took.toMillis() < 1000, "took " + took.toMillis() + " ms");
      Waiting.until(
          "the log names the policy",
          Duration.ofSeconds(5),
          () -> !world.accessLog("inbound", "no-details-for-productpage").isEmpty());
      return String.format(Locale.ROOT, "403 after %.0f ms", (took.toNanos()) / 1e6);
    } finally {
      world.mesh().remove(DENY);
      Waiting.until(
          "details again " + applied,
          Duration.ofSeconds(5),
          () -> Load.get(url).statusCode() == 200);
    }
  }

  static String denyGrpc(World world) {
    world.mesh().apply(World.reviewsSplit("v3", "100"));
    world.mesh().apply(DENY_GRPC);
    try {
      String url = world.bookinfo().url("/api/v1/products/0/reviews");
      Waiting.until(
          "PERMISSION_DENIED",
          Duration.ofSeconds(5),
          () -> Load.get(url).body().contains("PERMISSION_DENIED: RBAC: access denied"));
      return "PERMISSION_DENIED: RBAC: access denied";
    } finally {
      world.mesh().remove(DENY_GRPC);
      world.mesh().apply(World.reviewsSplit("v1", "100"));
    }
  }
}
