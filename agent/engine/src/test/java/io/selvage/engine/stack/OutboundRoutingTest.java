package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TestAnswer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.RegexRewrite;
import io.selvage.engine.model.Rewrite;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.WeightedCluster;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Listener, route, split, answers, cluster, headers and mirror. */
class OutboundRoutingTest {
  private static Config plain() {
    return Config.http(route()).cluster(cluster("reviews", 1));
  }

  @Test
  void sendsToTheClustersEndpoint() {
    MeshTest mesh = new MeshTest(plain());
    MeshTest.Call call = mesh.get("/reviews/1");
    assertThat(call.port()).isEqualTo(1);
    call.answers(200).end();
    assertThat(call.status()).isEqualTo(200);
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.state("reviews").requests).hasValue(0);
    assertThat(mesh.counted(200)).isOne();
  }

  @Test
  void leavesUnknownDestinationsToTheLibrary() {
    MeshTest mesh = new MeshTest(plain());
    MeshTest.Call call = mesh.callTo("example.org", 443);
    assertThat(call.sent).hasSize(1);
    assertThat(call.sent.get(0).endpoint()).isNull();
    assertThat(call.sent.get(0).tls()).isNull();
  }

  @Test
  void refusesUnknownDestinationsWhenOnlyKnownOnesMayBeCalled() {
    MeshTest mesh = new MeshTest(plain().registryOnly());
    MeshTest.Call call = mesh.callTo("example.org", 443);
    assertThat(call.sent).isEmpty();
    assertThat(call.rejection().httpStatus()).isEqualTo(502);
    assertThat(call.rejection().flag()).isEqualTo("BH");
    assertThat(call.exchange.facts().decidedBy).isEqualTo("Listener");
  }

  @Test
  void unknownAuthorityIsNoRoute() {
    MeshTest mesh = new MeshTest(plain());
    MeshTest.Call call = mesh.call(TestHead.get("nobody", "/"));
    assertThat(call.rejection().httpStatus()).isEqualTo(404);
    assertThat(call.rejection().grpcStatus()).isEqualTo(12);
    assertThat(call.rejection().flag()).isEqualTo("NR");
  }

  @Test
  void noRouteOfTheHostIsNoRoute() {
    MeshTest mesh =
        new MeshTest(Config.http(route().prefix("/only")).cluster(cluster("reviews", 1)));
    assertThat(mesh.get("/other").rejection().flag()).isEqualTo("NR");
    assertThat(mesh.get("/only/this").sent).hasSize(1);
  }

  @Test
  void unknownClusterIsNoCluster() {
    MeshTest mesh = new MeshTest(Config.http(route().to("nowhere")));
    assertThat(mesh.get("/").rejection().httpStatus()).isEqualTo(503);
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("NC");
  }

  @Test
  void clusterWithoutEndpointsIsUnhealthy() {
    MeshTest mesh = new MeshTest(Config.http(route()).cluster(cluster("reviews")));
    assertThat(mesh.get("/").rejection().body()).isEqualTo("no healthy upstream");
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("UH");
  }

  @Test
  void passthroughClusterIsLeftToTheLibrary() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().to("PassthroughCluster"))
                .cluster(cluster("PassthroughCluster").discovery(Cluster.Discovery.ORIGINAL_DST)));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.sent.get(0).endpoint()).isNull();
    assertThat(call.head().header("x-envoy-attempt-count")).isNull();
  }

  @Test
  void blackHoleClusterRefuses() {
    MeshTest mesh = new MeshTest(Config.http(route().to("BlackHoleCluster")));
    assertThat(mesh.get("/").rejection().httpStatus()).isEqualTo(502);
  }

  @Test
  void firstMatchingRouteWins() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                    route().header(HeaderMatch.exact("end-user", "jason")).to("v2"),
                    route().to("v1"))
                .cluster(cluster("v1", 1))
                .cluster(cluster("v2", 2)));
    assertThat(mesh.call(TestHead.get("reviews", "/").with("end-user", "jason")).port())
        .isEqualTo(2);
    assertThat(mesh.call(TestHead.get("reviews", "/").with("end-user", "jo")).port()).isEqualTo(1);
    assertThat(mesh.get("/").port()).isEqualTo(1);
  }

  @Test
  void matchesQueryAndMethod() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                    route()
                        .query(new QueryMatch("v", new StringMatch.Exact("2", false)))
                        .header(HeaderMatch.exact(":method", "POST"))
                        .to("v2"),
                    route().to("v1"))
                .cluster(cluster("v1", 1))
                .cluster(cluster("v2", 2)));
    assertThat(mesh.call(TestHead.post("reviews", "/a?x=1&v=2")).port()).isEqualTo(2);
    assertThat(mesh.call(TestHead.post("reviews", "/a?x=1&v=3")).port()).isEqualTo(1);
    assertThat(mesh.call(TestHead.get("reviews", "/a?v=2")).port()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"reviews", "REVIEWS", "reviews:9080", "Reviews:9080", "240.240.0.1", "reviews:80"})
  void authorityIsFoundWithoutCaseAndWithAnyPort(String authority) {
    assertThat(new MeshTest(plain()).call(TestHead.get(authority, "/")).sent).hasSize(1);
  }

  @Test
  void splitsByWeightWithinThreeDeviations() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().to(share("v1", 90), share("v2", 10)))
                .cluster(cluster("v1", 1))
                .cluster(cluster("v2", 2)),
            42);
    int second = 0;
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      second += mesh.get("/").answers(200).end().port() == 2 ? 1 : 0;
    }
    double deviation = Math.sqrt(n * 0.1 * 0.9);
    assertThat((double) second).isBetween(n * 0.1 - 3 * deviation, n * 0.1 + 3 * deviation);
  }

  @Test
  void splitFitsItsWeightsByChiSquare() {
    int[] weights = {5, 0, 20, 25, 50};
    WeightedCluster[] shares = new WeightedCluster[weights.length];
    Config config = new Config();
    for (int i = 0; i < weights.length; i++) {
      shares[i] = share("v" + i, weights[i]);
      config.cluster(cluster("v" + i, i + 1));
    }
    MeshTest mesh = new MeshTest(config.listener(null, route().to(shares)), 7);
    int n = 20_000;
    int[] seen = new int[weights.length];
    for (int i = 0; i < n; i++) {
      seen[mesh.get("/").answers(200).end().port() - 1]++;
    }
    double chiSquare = 0;
    for (int i = 0; i < weights.length; i++) {
      double expected = n * weights[i] / 100.0;
      chiSquare += expected == 0 ? seen[i] : Math.pow(seen[i] - expected, 2) / expected;
    }
    // three degrees of freedom, 0.1 %
    assertThat(chiSquare).isLessThan(16.27);
    assertThat(seen[1]).isZero();
  }

  @Test
  void splitWithoutWeightIsRefused() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().to(share("v1", 0), share("v2", 0))).cluster(cluster("v1", 1)));
    assertThat(mesh.get("/").rejection().flag()).isEqualTo("NC");
  }

  @Test
  void retriesStayInTheClusterOfTheSplit() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().to(share("v1", 50), share("v2", 50)).retries(3))
                .cluster(cluster("v1", 1))
                .cluster(cluster("v2", 2)),
            3);
    for (int i = 0; i < 50; i++) {
      MeshTest.Call call = mesh.get("/");
      int first = call.port();
      while (call.outcome == null) {
        call.answers(503);
        mesh.advance(java.time.Duration.ofSeconds(1));
        assertThat(call.port()).isEqualTo(first);
      }
      assertThat(call.sent).hasSize(4);
      call.end();
    }
  }

  @Test
  void addsSetsAndRemovesHeadersInEnvoysOrder() {
    HeaderOps request =
        new HeaderOps(
            List.of(
                new HeaderOps.HeaderOp("x-set", "new", false),
                new HeaderOps.HeaderOp("x-add", "two", true),
                new HeaderOps.HeaderOp("x-back", "again", true)),
            List.of("x-gone", "x-back"));
    HeaderOps response =
        new HeaderOps(List.of(new HeaderOps.HeaderOp("x-res", "yes", false)), List.of("server"));
    MeshTest mesh =
        new MeshTest(
            Config.http(route().request(request).response(response))
                .cluster(cluster("reviews", 1)));
    MeshTest.Call call =
        mesh.call(
            TestHead.get("reviews", "/")
                .with("x-set", "old")
                .with("x-add", "one")
                .with("x-gone", "here")
                .with("x-back", "before"));
    assertThat(call.head().header("x-set")).isEqualTo("new");
    assertThat(call.head().header("x-add")).isEqualTo("one,two");
    assertThat(call.head().header("x-gone")).isNull();
    assertThat(call.head().header("x-back")).isEqualTo("again");
    call.reports(TestAnswer.with(200, "server", "tomcat"));
    var answer = (io.selvage.engine.flow.Responded) java.util.Objects.requireNonNull(call.outcome);
    assertThat(answer.head().header("server")).isNull();
    assertThat(answer.head().header("x-res")).isEqualTo("yes");
  }

  @Test
  void headersOfTheChosenShareApply() {
    WeightedCluster marked =
        new WeightedCluster(
            "v1",
            1,
            new HeaderOps(List.of(new HeaderOps.HeaderOp("x-share", "v1", false)), List.of()),
            HeaderOps.NONE);
    MeshTest mesh = new MeshTest(Config.http(route().to(marked)).cluster(cluster("v1", 1)));
    assertThat(mesh.get("/").head().header("x-share")).isEqualTo("v1");
  }

  @Test
  void formatsHeaderValues() {
    HeaderOps request =
        new HeaderOps(
            List.of(new HeaderOps.HeaderOp("x-from", "%REQ(end-user)% 100%%", false)), List.of());
    MeshTest mesh =
        new MeshTest(Config.http(route().request(request)).cluster(cluster("reviews", 1)));
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/").with("end-user", "jason"));
    assertThat(call.head().header("x-from")).isEqualTo("jason 100%");
  }

  @Test
  void callersCertificateHeaderDoesNotTravelOn() {
    MeshTest.Call call =
        new MeshTest(plain())
            .call(TestHead.get("reviews", "/").with("x-forwarded-client-cert", "By=x"));
    assertThat(call.head().header("x-forwarded-client-cert")).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "/api, /v2, /api/x?q=1, /v2/x?q=1",
    "/api/, /, /api/x, /x",
    "/api, /v2, /apix, /v2x",
    "/, /root/, /a/b, /root/a/b"
  })
  void rewritesThePrefixThatMatched(String prefix, String to, String path, String expected) {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().prefix(prefix).rewrite(new Rewrite(to, null, null, false)))
                .cluster(cluster("reviews", 1)));
    MeshTest.Call call = mesh.get(path);
    assertThat(call.head().path()).isEqualTo(expected);
    assertThat(call.head().header("x-envoy-original-path")).isEqualTo(path);
  }

  @Test
  void rewritesByExpressionAndAuthority() {
    Rewrite rewrite =
        new Rewrite(
            null, new RegexRewrite("^/user/([0-9]+)$", "/u$/\\1"), "ratings.example", false);
    MeshTest mesh =
        new MeshTest(
            Config.http(route().path(new PathMatch.Regex("/user/.*", false)).rewrite(rewrite))
                .cluster(cluster("reviews", 1)));
    MeshTest.Call call = mesh.get("/user/42?a=/user/7");
    assertThat(call.head().path()).isEqualTo("/u$/42?a=/user/7");
    assertThat(call.head().authority()).isEqualTo("ratings.example");
    assertThat(call.head().lineChanged()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // scheme, host, port, path, prefix, strip -> location
    "https,,0,,,false,https://reviews/a/b?q=1",
    ",other.example,0,,,false,http://other.example/a/b?q=1",
    ",,8443,,,false,http://reviews:8443/a/b?q=1",
    ",,0,/new,,false,http://reviews/new?q=1",
    ",,0,/new,,true,http://reviews/new",
    ",,0,/new?own=2,,false,http://reviews/new?own=2",
    ",,0,,/z,false,http://reviews/z/b?q=1",
    ",,0,,,true,http://reviews/a/b"
  })
  void redirectsWithAllParts(
      String scheme,
      String host,
      int port,
      String path,
      String prefix,
      boolean strip,
      String location) {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                route()
                    .prefix("/a")
                    .action(
                        new RouteAction.Redirect(
                            scheme, host, port, path, prefix, null, 302, strip))));
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/a/b?q=1"));
    assertThat(call.status()).isEqualTo(302);
    assertThat(call.rejection().headers()).containsEntry("location", location);
    assertThat(call.sent).isEmpty();
  }

  @Test
  void redirectToHttpsDropsTheDefaultPort() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                route()
                    .action(
                        new RouteAction.Redirect("https", null, 0, null, null, null, 301, false))));
    assertThat(mesh.call(TestHead.get("reviews:80", "/x")).rejection().headers())
        .containsEntry("location", "https://reviews/x");
  }

  @Test
  void answersDirectly() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                route()
                    .response(
                        new HeaderOps(
                            List.of(new HeaderOps.HeaderOp("x-by", "mesh", false)), List.of()))
                    .action(
                        new RouteAction.Direct(
                            418, "teapot".getBytes(StandardCharsets.UTF_8), "text/html"))));
    MeshTest.Call call = mesh.get("/");
    assertThat(call.status()).isEqualTo(418);
    assertThat(call.rejection().body()).isEqualTo("teapot");
    assertThat(call.rejection().headers())
        .containsEntry("content-type", "text/html")
        .containsEntry("x-by", "mesh");
  }

  @Test
  void mirrorsAndDropsTheAnswer() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().mirror("copy", 1.0))
                .cluster(cluster("reviews", 1))
                .cluster(cluster("copy", 9)));
    MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/x").with("a", "b"));
    assertThat(call.shadows).hasSize(1);
    MeshTest.Call copy = mesh.new Call(call.shadows.get(0)).start();
    assertThat(copy.port()).isEqualTo(9);
    assertThat(copy.head().authority()).isEqualTo("reviews-shadow:9080");
    assertThat(copy.head().header("a")).isEqualTo("b");
    assertThat(copy.head().header("traceparent")).isEqualTo(call.head().header("traceparent"));
    copy.answers(500).end();
    call.answers(200).end();
    assertThat(call.status()).isEqualTo(200);
    assertThat(mesh.counted(500)).isZero();
    assertThat(mesh.inFlight("copy")).isZero();
  }

  @Test
  void mirrorsAShareAndCountsCopiesThatCannotBeMade() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().mirror("copy", 0.25))
                .cluster(cluster("reviews", 1))
                .cluster(cluster("copy", 9)),
            5);
    int copies = 0;
    for (int i = 0; i < 4000; i++) {
      copies += mesh.get("/").answers(200).end().shadows.size();
    }
    assertThat(copies).isBetween(900, 1100);
    MeshTest all =
        new MeshTest(
            Config.http(route().mirror("copy", 1.0))
                .cluster(cluster("reviews", 1))
                .cluster(cluster("copy", 9)));
    all.call(TestHead.get("reviews", "/").withoutCopies());
    assertThat(all.engine.mirrorsDropped()).isOne();
  }

  @Test
  void tcpListenerOfAVirtualAddressComesFirst() {
    Config config =
        plain()
            .name("db.default.svc.cluster.local", "240.240.0.9")
            .tcp("240.240.0.9", 9080, WeightedCluster.all("db"))
            .cluster(cluster("db", 5));
    MeshTest mesh = new MeshTest(config);
    assertThat(mesh.callTo("db.default.svc.cluster.local", 9080).port()).isEqualTo(5);
    assertThat(mesh.callTo("240.240.0.9", 9080).port()).isEqualTo(5);
    assertThat(mesh.get("/").port()).isEqualTo(1);
  }

  @Test
  void exchangeKeepsTheSnapshotItWasBegunWith() {
    MeshTest mesh =
        new MeshTest(
            Config.http(route().retries(2).backoff(java.time.Duration.ofMillis(1)))
                .cluster(cluster("reviews", 1)));
    MeshTest.Call call = mesh.get("/");
    mesh.engine.publish(Config.http(route().to("v2")).cluster(cluster("v2", 2)).build());
    call.answers(503);
    mesh.advance(java.time.Duration.ofSeconds(1));
    assertThat(call.sent).hasSize(2);
    assertThat(call.port()).isEqualTo(1);
    call.answers(200).end();
    assertThat(mesh.get("/").port()).isEqualTo(2);
  }

  @Test
  void wholeDecisionsComeFromOneSnapshotWhilePushesGoOn() {
    Config one = Config.http(route().named("r1").to("v1")).cluster(cluster("v1", 1));
    Config two = Config.http(route().named("r2").to("v2")).cluster(cluster("v2", 2));
    MeshTest mesh = new MeshTest(one);
    for (int i = 0; i < 200; i++) {
      var exchange =
          mesh.engine.outbound(
              TestHead.get("reviews", "/"), "reviews", Config.PORT, MeshContext.NONE);
      mesh.engine.publish(i % 2 == 0 ? two.build() : one.build());
      MeshTest.Call call = mesh.new Call(exchange).start();
      String routeName = java.util.Objects.requireNonNull(exchange.facts().route).name();
      assertThat(routeName).isEqualTo("r" + call.port());
      call.answers(200).end();
    }
  }

  @Test
  void badRouteIsLeftOutWithItsReasonAndTheOthersApply() {
    MeshTest mesh = new MeshTest(new Config());
    var reasons =
        mesh.engine.publish(
            Config.http(
                    route().path(new PathMatch.Regex("(", false)).to("v1"), route().to("reviews"))
                .cluster(cluster("reviews", 1))
                .build());
    assertThat(reasons).hasSize(1);
    assertThat(reasons.get(0).toString())
        .startsWith("RouteConfiguration 9080 virtual_hosts[reviews:9080].routes[0]: not an RE2");
    assertThat(mesh.get("/").port()).isEqualTo(1);
  }

  @Test
  void unknownRetryConditionIsReported() {
    MeshTest mesh = new MeshTest(new Config());
    var reasons =
        mesh.engine.publish(
            Config.http(route().retries(1).on("5xx", "sometimes"))
                .cluster(cluster("reviews", 1))
                .build());
    assertThat(reasons).singleElement().satisfies(r -> assertThat(r.text()).contains("sometimes"));
  }

  private static WeightedCluster share(String cluster, int weight) {
    return new WeightedCluster(cluster, weight, HeaderOps.NONE, HeaderOps.NONE);
  }
}
