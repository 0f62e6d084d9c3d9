package io.selvage.engine.stack;

import static io.selvage.engine.stack.Config.cluster;
import static io.selvage.engine.stack.Config.route;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.TraceContext;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.observing.AccessRecord;
import io.selvage.engine.observing.Series;
import io.selvage.engine.observing.SpanRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trace context, spans, metrics and access log. */
class ObservingTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";
  private static final String REVIEWS = "spiffe://cluster.local/ns/default/sa/reviews";

  private static MeshTest mesh() {
    UpstreamTls tls =
        new UpstreamTls(
            true,
            "outbound_.9080_._.reviews",
            List.of(new StringMatch.Exact(REVIEWS, false)),
            List.of(),
            null,
            null,
            null,
            false);
    return new MeshTest(
        Config.http(route().named("main"))
            .cluster(cluster("reviews", 1).tlsByMode(Map.of("istio", tls))));
  }

  private static String traceparent(MeshTest.Call call) {
    return Objects.requireNonNull(call.head().header("traceparent"));
  }

  @Test
  void startsATraceWhenThereIsNone() {
    MeshTest mesh = mesh();
    MeshTest.Call call = mesh.get("/").answers(200).end();
    assertThat(traceparent(call)).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
    SpanRecord span = mesh.spans.get(0);
    assertThat(traceparent(call)).isEqualTo("00-" + span.traceId() + "-" + span.spanId() + "-01");
    assertThat(span.parentSpanId()).isEmpty();
  }

  @Test
  void goesOnWithTheCallersTrace() {
    MeshTest mesh = mesh();
    MeshContext context =
        MeshContext.NONE.withTrace(new TraceContext(TRACE, SPAN, true, "vendor=1"));
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/"), context).answers(200).end();
    assertThat(traceparent(call)).startsWith("00-" + TRACE + "-").doesNotContain(SPAN);
    assertThat(call.head().header("tracestate")).isEqualTo("vendor=1");
    assertThat(mesh.spans.get(0).parentSpanId()).isEqualTo(SPAN);
    assertThat(mesh.spans.get(0).kind()).isEqualTo(SpanRecord.Kind.CLIENT);
  }

  @Test
  void headerOfTheApplicationGoesBeforeTheThread() {
    MeshTest mesh = mesh();
    TestHead head =
        TestHead.get("reviews", "/").with("traceparent", "00-" + TRACE + "-" + SPAN + "-01");
    MeshContext other =
        MeshContext.NONE.withTrace(new TraceContext("f".repeat(32), "f".repeat(16), true, ""));
    MeshTest.Call call = mesh.call(head, other).answers(200).end();
    assertThat(traceparent(call)).contains(TRACE);
    assertThat(mesh.spans.get(0).parentSpanId()).isEqualTo(SPAN);
  }

  @Test
  void notSampledMeansHeaderOnly() {
    MeshTest mesh = mesh();
    MeshContext context = MeshContext.NONE.withTrace(new TraceContext(TRACE, SPAN, false, ""));
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/"), context).answers(200).end();
    assertThat(traceparent(call)).endsWith("-00");
    assertThat(mesh.spans).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
        "nonsense",
        ""
      })
  void unusableContextIsReplaced(String header) {
    MeshTest mesh = mesh();
    MeshTest.Call call =
        mesh.call(TestHead.get("reviews", "/").with("traceparent", header)).answers(200).end();
    assertThat(traceparent(call)).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01").doesNotContain(SPAN);
  }

  @Test
  void laterVersionsOfTheHeaderAreUnderstood() {
    MeshTest.Call call =
        mesh()
            .call(
                TestHead.get("reviews", "/")
                    .with("traceparent", "01-" + TRACE + "-" + SPAN + "-01-more"));
    assertThat(traceparent(call)).contains(TRACE);
  }

  @Test
  void b3GoesOnInB3AndW3c() {
    MeshTest.Call multi =
        mesh()
            .call(
                TestHead.get("reviews", "/")
                    .with("x-b3-traceid", TRACE)
                    .with("x-b3-spanid", SPAN)
                    .with("x-b3-sampled", "1"));
    String own = traceparent(multi).substring(36, 52);
    assertThat(multi.head().header("x-b3-traceid")).isEqualTo(TRACE);
    assertThat(multi.head().header("x-b3-spanid")).isEqualTo(own);
    MeshTest.Call single =
        mesh().call(TestHead.get("reviews", "/").with("b3", TRACE + "-" + SPAN + "-0"));
    assertThat(traceparent(single)).contains(TRACE).endsWith("-00");
    assertThat(single.head().header("b3")).startsWith(TRACE).endsWith("-0");
    MeshTest.Call shortId =
        mesh().call(TestHead.get("reviews", "/").with("b3", "8448eb211c80319c-" + SPAN + "-1"));
    assertThat(traceparent(shortId)).contains("00000000000000008448eb211c80319c");
  }

  @Test
  void oneTraceCrossesAServiceWithoutItsHelp() {
    MeshTest mesh = mesh();
    mesh.engine.publish(
        Config.http(route())
            .cluster(cluster("reviews", 1))
            .chain(Config.ChainBuilder.tls(8080))
            .build());
    MeshTest.Call in =
        mesh.serve(
            TestHead.get("productpage", "/")
                .with("traceparent", "00-" + TRACE + "-" + SPAN + "-01")
                .with("x-request-id", "rid-1"),
            MeshTest.mesh("spiffe://cluster.local/ns/default/sa/gateway", 8080));
    MeshContext inside = in.exchange.facts().context;
    MeshTest.Call out = mesh.call(TestHead.get("reviews", "/"), inside).answers(200).end();
    in.answers(200).end();
    SpanRecord client = mesh.spans.get(0);
    SpanRecord server = mesh.spans.get(1);
    assertThat(server.kind()).isEqualTo(SpanRecord.Kind.SERVER);
    assertThat(server.parentSpanId()).isEqualTo(SPAN);
    assertThat(client.parentSpanId()).isEqualTo(server.spanId());
    assertThat(client.traceId()).isEqualTo(TRACE);
    assertThat(out.head().header("x-request-id")).isEqualTo("rid-1");
    assertThat(in.head().header("traceparent")).contains(server.spanId());
  }

  @Test
  void requestIdIsMadeOnceAndKept() {
    MeshTest mesh = mesh();
    MeshTest.Call made = mesh.get("/");
    assertThat(made.head().header("x-request-id"))
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    MeshTest.Call kept = mesh.call(TestHead.get("reviews", "/").with("x-request-id", "mine"));
    assertThat(kept.head().header("x-request-id")).isEqualTo("mine");
    assertThat(mesh.callTo("example.org", 80).head().header("x-request-id")).isNull();
  }

  @Test
  void spanSaysWhatHappened() {
    MeshTest mesh = mesh();
    MeshTest.Call call = mesh.get("/reviews/1?secret=x");
    mesh.advance(Duration.ofMillis(30));
    call.answers(503).end();
    SpanRecord span = mesh.spans.get(0);
    assertThat(span.name()).isEqualTo("GET");
    assertThat(span.endEpochNanos() - span.startEpochNanos()).isEqualTo(30_000_000);
    assertThat(span.error()).isTrue();
    assertThat(span.attributes())
        .containsEntry("http.request.method", "GET")
        .containsEntry("http.response.status_code", 503L)
        .containsEntry("url.full", "http://reviews:9080/reviews/1")
        .containsEntry("server.address", "reviews")
        .containsEntry("server.port", 9080L)
        .containsEntry("network.peer.address", "10.0.0.1")
        .containsEntry("upstream_cluster", "reviews")
        .containsEntry("error.type", "503");
  }

  @Test
  void grpcSpanHasServiceMethodAndStatus() {
    MeshTest mesh = mesh();
    mesh.call(TestHead.grpc("reviews", "/shop.Reviews/Get")).answers(200).end(End.grpc(5));
    SpanRecord span = mesh.spans.get(0);
    assertThat(span.name()).isEqualTo("shop.Reviews/Get");
    assertThat(span.attributes())
        .containsEntry("rpc.system", "grpc")
        .containsEntry("rpc.service", "shop.Reviews")
        .containsEntry("rpc.method", "Get")
        .containsEntry("rpc.grpc.status_code", 5L)
        .containsEntry("error.type", "NOT_FOUND");
  }

  @Test
  void accessLogHasIstiosFields() {
    MeshTest mesh = mesh();
    MeshTest.Call call = mesh.call(TestHead.get("reviews:9080", "/x?y=1").with("user-agent", "me"));
    mesh.advance(Duration.ofMillis(12));
    call.answers(200);
    mesh.advance(Duration.ofMillis(3));
    call.end(new End(true, -1, 10, 2000));
    AccessRecord line = mesh.log.get(0);
    assertThat(line.inbound()).isFalse();
    assertThat(line.durationNanos()).isEqualTo(15_000_000);
    assertThat(line.method()).isEqualTo("GET");
    assertThat(line.path()).isEqualTo("/x?y=1");
    assertThat(line.authority()).isEqualTo("reviews:9080");
    assertThat(line.responseCode()).isEqualTo(200);
    assertThat(line.responseFlags()).isEqualTo("-");
    assertThat(line.requestBytes()).isEqualTo(10);
    assertThat(line.responseBytes()).isEqualTo(2000);
    assertThat(line.userAgent()).isEqualTo("me");
    assertThat(line.requestId()).isNotNull();
    assertThat(line.upstreamAddress()).isEqualTo("10.0.0.1:1");
    assertThat(line.upstreamCluster()).isEqualTo("reviews");
    assertThat(line.routeName()).isEqualTo("main");
    assertThat(line.requestedServerName()).isEqualTo("outbound_.9080_._.reviews");
    assertThat(line.peerPrincipal()).isEqualTo(REVIEWS);
    assertThat(line.localPrincipal()).isEqualTo("spiffe://cluster.local/ns/default/sa/productpage");
    assertThat(line.mutualTls()).isTrue();
    assertThat(line.attempts()).isOne();
    assertThat(line.traceId()).hasSize(32);
  }

  @Test
  void nothingIsWrittenBeforeTheEndAndThenOnce() {
    MeshTest mesh = mesh();
    MeshTest.Call call = mesh.get("/").answers(200);
    assertThat(mesh.log).isEmpty();
    assertThat(mesh.counted(200)).isZero();
    call.end().end();
    assertThat(mesh.log).hasSize(1);
    assertThat(mesh.spans).hasSize(1);
    assertThat(mesh.counted(200)).isOne();
  }

  @Test
  void sourceSeriesHasIstiosLabels() {
    MeshTest mesh = mesh();
    mesh.get("/").answers(200).end();
    Series series = mesh.engine.series().all().iterator().next();
    assertThat(series.labels())
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("reporter", "source"),
                Map.entry("source_workload", "productpage-v1"),
                Map.entry("source_workload_namespace", "default"),
                Map.entry("source_principal", "spiffe://cluster.local/ns/default/sa/productpage"),
                Map.entry("source_app", "productpage"),
                Map.entry("source_version", "v1"),
                Map.entry("source_canonical_service", "productpage"),
                Map.entry("source_canonical_revision", "v1"),
                Map.entry("source_cluster", "Kubernetes"),
                Map.entry("destination_workload", "reviews-v1"),
                Map.entry("destination_workload_namespace", "default"),
                Map.entry("destination_principal", REVIEWS),
                Map.entry("destination_app", "reviews"),
                Map.entry("destination_version", "v1"),
                Map.entry("destination_service", "reviews.default.svc.cluster.local"),
                Map.entry("destination_canonical_service", "reviews"),
                Map.entry("destination_canonical_revision", "v1"),
                Map.entry("destination_service_name", "reviews"),
                Map.entry("destination_service_namespace", "default"),
                Map.entry("destination_cluster", "Kubernetes"),
                Map.entry("request_protocol", "http"),
                Map.entry("response_code", "200"),
                Map.entry("grpc_response_status", ""),
                Map.entry("response_flags", "-"),
                Map.entry("connection_security_policy", "unknown")));
  }

  @Test
  void destinationSeriesKnowsItsCaller() {
    MeshTest mesh = new MeshTest(new Config().chain(Config.ChainBuilder.tls(8080)));
    mesh.serve(
            TestHead.grpc("reviews", "/s/m"),
            MeshTest.mesh("spiffe://cluster.local/ns/front/sa/web", 8080))
        .answers(200)
        .end(End.grpc(0));
    assertThat(mesh.engine.series().all().iterator().next().labels())
        .containsEntry("reporter", "destination")
        .containsEntry("source_principal", "spiffe://cluster.local/ns/front/sa/web")
        .containsEntry("source_workload_namespace", "front")
        .containsEntry("destination_workload", "productpage-v1")
        .containsEntry("connection_security_policy", "mutual_tls")
        .containsEntry("request_protocol", "grpc")
        .containsEntry("grpc_response_status", "0");
  }

  @Test
  void workloadsTellEachOtherWhoTheyAreOverMutualTls() {
    MeshTest caller = mesh();
    MeshTest.Call out = caller.get("/").answers(200).end();
    String said = Objects.requireNonNull(out.head().header("x-envoy-peer-metadata"));
    MeshTest callee =
        new MeshTest(
            new Config().chain(Config.ChainBuilder.tls(8080)).chain(Config.ChainBuilder.raw(8080)));
    String self = "spiffe://cluster.local/ns/default/sa/productpage";
    MeshTest.Call in =
        callee.serve(
            TestHead.get("reviews", "/").with("x-envoy-peer-metadata", said),
            MeshTest.mesh(self, 8080));
    assertThat(in.head().header("x-envoy-peer-metadata")).isNull();
    in.answers(200).end();
    assertThat(callee.engine.series().all().iterator().next().labels())
        .containsEntry("source_workload", "productpage-v1")
        .containsEntry("source_workload_namespace", "default")
        .containsEntry("source_canonical_service", "productpage")
        .containsEntry("source_canonical_revision", "v1")
        .containsEntry("source_cluster", "Kubernetes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"other namespace", "plaintext", "nonsense", "cut"})
  void whatACallerCannotProveIsNotBelieved(String how) {
    String said = Objects.requireNonNull(mesh().get("/").head().header("x-envoy-peer-metadata"));
    MeshTest callee =
        new MeshTest(
            new Config().chain(Config.ChainBuilder.tls(8080)).chain(Config.ChainBuilder.raw(8080)));
    String header =
        how.equals("nonsense") ? "%%%" : how.equals("cut") ? said.substring(0, 40) : said;
    String namespace = how.equals("other namespace") ? "evil" : "default";
    var peer =
        how.equals("plaintext")
            ? MeshTest.plain(8080)
            : MeshTest.mesh("spiffe://cluster.local/ns/" + namespace + "/sa/x", 8080);
    MeshTest.Call in =
        callee.serve(TestHead.get("reviews", "/").with("x-envoy-peer-metadata", header), peer);
    assertThat(in.head().header("x-envoy-peer-metadata")).isNull();
    in.answers(200).end();
    assertThat(callee.engine.series().all().iterator().next().labels())
        .containsEntry("source_workload", "unknown");
    assertThat(callee.engine.layerFailures()).isEmpty();
  }

  @Test
  void nobodyOutsideOfTheMeshLearnsWhoWeAre() {
    MeshTest plain = new MeshTest(Config.http(route()).cluster(cluster("reviews", 1)));
    assertThat(plain.get("/").head().header("x-envoy-peer-metadata")).isNull();
    assertThat(plain.callTo("example.org", 80).head().header("x-envoy-peer-metadata")).isNull();
  }

  @Test
  void seriesCountTimesAndSizes() {
    MeshTest mesh = mesh();
    MeshTest.Call call = mesh.get("/");
    mesh.advance(Duration.ofMillis(7));
    call.answers(200).end(new End(true, -1, 100, 3000));
    MeshTest.Call slow = mesh.get("/");
    mesh.advance(Duration.ofMillis(400));
    slow.answers(200).end();
    Series series = mesh.engine.series().all().iterator().next();
    assertThat(series.count()).isEqualTo(2);
    assertThat(series.durationSumMillis()).isEqualTo(407.0);
    assertThat(series.requestBytesSum()).isEqualTo(100);
    assertThat(series.responseBytesSum()).isEqualTo(3000);
    double[] bounds = Series.bounds();
    long[] durations = series.durationBuckets();
    for (int i = 0; i < bounds.length; i++) {
      long expected = bounds[i] == 10 || bounds[i] == 500 ? 1 : 0;
      assertThat(durations[i]).as("up to " + bounds[i] + " ms").isEqualTo(expected);
    }
    assertThat(series.responseBytesBuckets()[11]).isOne();
  }

  @Test
  void differentOutcomesAreDifferentSeries() {
    MeshTest mesh = mesh();
    mesh.get("/").answers(200).end();
    mesh.get("/").answers(404).end();
    mesh.get("/").fails(Failed.Kind.CONNECT);
    mesh.call(TestHead.get("nobody", "/"));
    assertThat(mesh.engine.series().all())
        .extracting(s -> s.labels().get("response_code") + s.labels().get("response_flags"))
        .containsExactlyInAnyOrder("200-", "404-", "503UF", "404NR");
  }

  @Test
  void unknownDestinationsShareASeries() {
    MeshTest mesh = mesh();
    for (int i = 0; i < 50; i++) {
      mesh.callTo("host" + i + ".example", 80).answers(200).end();
    }
    assertThat(mesh.engine.series().all())
        .singleElement()
        .satisfies(
            s ->
                assertThat(s.labels())
                    .containsEntry("destination_service_name", "PassthroughCluster"));
    assertThat(mesh.log).isEmpty();
  }

  @Test
  void seriesAreBounded() {
    MeshTest mesh = mesh();
    for (int i = 0; i < 2500; i++) {
      mesh.call(TestHead.get("nobody", "/")).end();
      mesh.engine.outbound(TestHead.get("x", "/"), "h" + i, Config.PORT, MeshContext.NONE).begin();
      mesh.get("/").answers(200 + i % 2).end();
    }
    for (int i = 0; i < 2500; i++) {
      var x = mesh.engine.outbound(TestHead.get("x", "/"), "h" + i, Config.PORT, MeshContext.NONE);
      x.begin();
      x.end(End.ABORTED);
    }
    assertThat(mesh.engine.series().all().size()).isLessThanOrEqualTo(2001);
    assertThat(mesh.engine.series().all())
        .anyMatch(s -> "true".equals(s.labels().get("otel_metric_overflow")) && s.count() > 100);
  }

  @Test
  void listenerMaySwitchTracingAndLogOff() {
    Config config = new Config().routes(route()).cluster(cluster("reviews", 1));
    config.listeners.add(
        new Listener(
            "l",
            "0.0.0.0",
            Config.PORT,
            new Listener.Http("9080", null, null, new Observability(false, 0, false))));
    MeshTest mesh = new MeshTest(config);
    MeshContext context = MeshContext.NONE.withTrace(new TraceContext(TRACE, SPAN, true, ""));
    MeshTest.Call call = mesh.call(TestHead.get("reviews", "/"), context).answers(200).end();
    assertThat(call.head().header("traceparent"))
        .as("the context travels on although no span is made")
        .isEqualTo("00-" + TRACE + "-" + SPAN + "-01");
    assertThat(mesh.spans).isEmpty();
    assertThat(mesh.log).isEmpty();
    assertThat(mesh.counted(200)).isOne();
  }

  @Test
  void explanationSendsCountsAndLogsNothing() {
    MeshTest mesh = mesh();
    Explanation why = mesh.engine.explain(TestHead.get("reviews", "/"), "reviews", 9080);
    assertThat(why.listener()).isEqualTo("0.0.0.0_9080");
    assertThat(why.virtualHost()).isEqualTo("reviews:9080");
    assertThat(why.route()).isEqualTo("main");
    assertThat(why.cluster()).isEqualTo("reviews");
    assertThat(why.chosen()).isEqualTo("10.0.0.1:1");
    assertThat(why.endpoints())
        .singleElement()
        .satisfies(e -> assertThat(e.state()).isEqualTo("HEALTHY"));
    assertThat(why.tls().mode()).isEqualTo("mesh");
    assertThat(why.tls().sans()).containsExactly(REVIEWS);
    assertThat(why.rejection()).isNull();
    assertThat(mesh.log).isEmpty();
    assertThat(mesh.spans).isEmpty();
    assertThat(mesh.engine.series().all()).isEmpty();
    assertThat(mesh.inFlight("reviews")).isZero();
    assertThat(mesh.state("reviews").requests).hasValue(0);
  }

  @Test
  void explanationNamesWhoRefusedAndWhatElseWouldBeDone() {
    MeshTest mesh =
        new MeshTest(
            Config.http(
                    route()
                        .retries(2)
                        .timeout(Duration.ofSeconds(3))
                        .delay(Duration.ofSeconds(7))
                        .mirror("copy", 0.5))
                .cluster(cluster("reviews")));
    Explanation why = mesh.engine.explain(TestHead.get("reviews", "/"), "reviews", 9080);
    assertThat(Objects.requireNonNull(why.rejection()).flag()).isEqualTo("UH");
    assertThat(why.rejectedBy()).isEqualTo("Balance");
    assertThat(String.join("; ", why.notes()))
        .contains("retries up to 2 times")
        .contains("delays 1.0 by PT7S")
        .contains("mirrors 0.5 to copy")
        .contains("times out after 3000 ms");
    Explanation unknown = mesh.engine.explain(TestHead.get("example.org", "/"), "example.org", 443);
    assertThat(unknown.notes()).anyMatch(n -> n.contains("left to the library"));
  }
}
