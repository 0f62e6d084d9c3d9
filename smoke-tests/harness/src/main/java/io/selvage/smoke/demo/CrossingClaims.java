package io.selvage.smoke.demo;

import static io.selvage.smoke.demo.Claim.that;

import io.selvage.smoke.Capture;
import io.selvage.smoke.Load;
import io.selvage.smoke.TraceCollector.Span;
import io.selvage.smoke.Waiting;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A request crosses the services, encrypted, identified and traced. */
final class CrossingClaims {
  private CrossingClaims() {}

  static String crosses(World world) {
    Set<String> seen = new TreeSet<>();
    for (int i = 0; i < 60 && seen.size() < 3; i++) {
      HttpResponse<String> page = Load.get(world.bookinfo().url("/productpage"));
      that(
          page.statusCode() == 200
              && page.body().contains("id=details data-status=200")
              && page.body().contains("id=reviews data-status=200"),
          "page: " + page.statusCode() + " " + page.body());
      if (page.body().contains("\"version\":\"v1\"")) {
        seen.add("v1");
      } else if (page.body().contains("\"Reviewer1\":5")) {
        seen.add(
            page.body().contains("\"version\":\"v2\"")
                ? "v2 with stars (HTTP)"
                : "v3 with stars (gRPC)");
      }
    }
    that(seen.size() == 3, "only " + seen);
    HttpResponse<String> ratings = Load.get(world.bookinfo().url("/api/v1/products/0/ratings"));
    that(
        ratings.body().contains("\"Reviewer2\":4"),
        "ratings: " + ratings.statusCode() + " " + ratings.body());
    return seen.toString();
  }

  static String nothingInTheClear(World world) {
    String bytes;
    try (Capture capture = Capture.ofPorts(world.mesh().folder(), world.bookinfo().meshPorts())) {
      for (int i = 0; i < 40; i++) {
        that(
            Load.get(world.bookinfo().url("/productpage?u=CANARY-USER-2c4e")).statusCode() == 200,
            "page failed");
        Load.get(world.bookinfo().url("/api/v1/products/0/ratings"));
      }
      bytes = capture.stop();
    }
    that(bytes.length() > 20_000, "only " + bytes.length() + " bytes captured");
    List<String> found =
        List.of("CANARY-", "Shakespeare", "Reviewer1", "GET /", "end-user").stream()
            .filter(bytes::contains)
            .toList();
    that(found.isEmpty(), "in the clear: " + found);
    return bytes.length() + " bytes captured, 0 canaries";
  }

  static String idsAreLogged(World world) {
    String caller = "spiffe://cluster.local/ns/default/sa/productpage";
    String callee = "spiffe://cluster.local/ns/default/sa/details";
    Load.get(world.bookinfo().url("/productpage"));
    Waiting.until(
        "both access logs name the other side",
        Duration.ofSeconds(10),
        () ->
            !world.accessLog("inbound", caller).isEmpty()
                && !world.accessLog("outbound", callee).isEmpty());
    return "inbound lines name " + caller + ", outbound ones " + callee;
  }

  static String oneTrace(World world) {
    String traceId =
        "4bf92f3577b34da6a3ce929d0e0e"
            + Long.toHexString(0x10000 + System.nanoTime() % 0xefff).substring(0, 4);
    world.mesh().apply(World.reviewsSplit("v3", "100"));
    Waiting.pause(Duration.ofSeconds(1));
    Load.get(
        world.bookinfo().url("/productpage"),
        "traceparent",
        "00-" + traceId + "-00f067aa0ba902b7-01");
    Waiting.until(
        "the spans of all hops",
        Duration.ofSeconds(20),
        () ->
            services(world.traces().trace(traceId))
                    .containsAll(Set.of("productpage", "details", "reviews", "ratings"))
                && sql(world.traces().trace(traceId)) != null);
    List<Span> spans = world.traces().trace(traceId);
    Set<String> ids = spans.stream().map(Span::spanId).collect(Collectors.toSet());
    List<Span> orphans =
        spans.stream()
            .filter(s -> !ids.contains(s.parentId()) && !s.parentId().equals("00f067aa0ba902b7"))
            .toList();
    that(orphans.isEmpty(), "spans without their parent: " + orphans);
    for (Span server :
        spans.stream().filter(s -> s.kind() == 2 && !s.service().equals("productpage")).toList()) {
      Span parent =
          spans.stream().filter(s -> s.spanId().equals(server.parentId())).findFirst().orElse(null);
      that(
          parent != null && parent.kind() == 3 && !parent.service().equals(server.service()),
          "parent of " + server + " is " + parent);
    }
    Span sql = sql(spans);
    Span sqlParent =
        spans.stream().filter(s -> s.spanId().equals(sql.parentId())).findFirst().orElse(null);
    that(
        sqlParent != null && sqlParent.service().equals("ratings") && sqlParent.kind() == 2,
        "parent of the SQL span is " + sqlParent);
    return spans.size() + " spans of " + services(spans) + ", SQL span " + sql.name();
  }

  private static Set<String> services(List<Span> spans) {
    return spans.stream()
        .map(Span::service)
        .map(s -> s.replaceAll("\\..*", ""))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Span sql(List<Span> spans) {
    return spans.stream()
        .filter(
            s ->
                s.attributes().containsKey("db.system.name")
                    || s.attributes().containsKey("db.system"))
        .findFirst()
        .orElse(null);
  }
}
