package io.selvage.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.selvage.engine.observing.SpanRecord;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpSpansTest {
  private HttpServer collector;
  private final BlockingQueue<ExportTraceServiceRequest> received = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> authorization = new LinkedBlockingQueue<>();

  @BeforeEach
  void listen() throws Exception {
    collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          authorization.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
          received.add(
              ExportTraceServiceRequest.parseFrom(new GZIPInputStream(exchange.getRequestBody())));
          exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private OtlpSettings settings() {
    return new OtlpSettings(
        "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces",
        Map.of("authorization", "Bearer t"),
        Duration.ofSeconds(5),
        true,
        Map.of("service.name", "reviews"));
  }

  private static SpanRecord span(String name, boolean error) {
    return new SpanRecord(
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00f067aa0ba902b7",
        "00f067aa0ba902b6",
        "",
        SpanRecord.Kind.CLIENT,
        name,
        1_700_000_000_000_000_000L,
        1_700_000_000_500_000_000L,
        error,
        error ? "timeout" : "",
        Map.of("http.request.method", "GET", "http.response.status_code", 200L));
  }

  @Test
  void sendsSpansWithIdsParentAttributesAndResource() throws Exception {
    try (OtlpSpans spans = new OtlpSpans(settings(), UnaryOperator.identity())) {
      spans.ended(span("GET", true));

      ExportTraceServiceRequest request = received.poll(20, TimeUnit.SECONDS);
      assertThat(request).isNotNull();
      assertThat(request.getResourceSpans(0).getResource().getAttributesList())
          .anySatisfy(
              a ->
                  assertThat(a.getKey() + "=" + a.getValue().getStringValue())
                      .isEqualTo("service.name=reviews"));
      Span span = request.getResourceSpans(0).getScopeSpans(0).getSpans(0);
      assertThat(HexFormat.of().formatHex(span.getTraceId().toByteArray()))
          .isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
      assertThat(HexFormat.of().formatHex(span.getParentSpanId().toByteArray()))
          .isEqualTo("00f067aa0ba902b6");
      assertThat(span.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
      assertThat(span.getStatus().getMessage()).isEqualTo("timeout");
      assertThat(span.getEndTimeUnixNano() - span.getStartTimeUnixNano()).isEqualTo(500_000_000L);
      assertThat(span.getAttributesList()).hasSize(2);
      assertThat(authorization.poll(1, TimeUnit.SECONDS)).isEqualTo("Bearer t");
    }
  }

  @Test
  void sendsWhatIsQueuedWhenItCloses() {
    OtlpSpans spans = new OtlpSpans(settings(), UnaryOperator.identity());
    for (int i = 0; i < 700; i++) {
      spans.ended(span("s" + i, false));
    }
    spans.close();

    int count =
        received.stream()
            .flatMap(r -> r.getResourceSpansList().stream())
            .flatMap(r -> r.getScopeSpansList().stream())
            .mapToInt(s -> s.getSpansCount())
            .sum();
    assertThat(count).isEqualTo(700);
    assertThat(spans.dropped()).isZero();
  }

  @Test
  void runsEveryThreadOfTheExporterUnmeshed() throws Exception {
    AtomicInteger wrapped = new AtomicInteger();
    try (OtlpSpans spans =
        new OtlpSpans(
            settings(),
            work ->
                () -> {
                  wrapped.incrementAndGet();
                  work.run();
                })) {
      spans.ended(span("s", false));
      assertThat(received.poll(20, TimeUnit.SECONDS)).isNotNull();
    }

    assertThat(wrapped.get()).isGreaterThanOrEqualTo(2);
  }

  @Test
  void countsSpansThatReachNobody() {
    collector.stop(0);
    OtlpSpans spans = new OtlpSpans(settings(), UnaryOperator.identity());
    spans.ended(span("s", false));
    spans.close();

    assertThat(spans.sent()).isZero();
  }

  @Test
  void endpointFollowsTheSpecification() {
    assertThat(OtlpSettings.tracesEndpoint(null, null)).isNull();
    assertThat(
            List.of(
                String.valueOf(OtlpSettings.tracesEndpoint(null, "http://c:4318")),
                String.valueOf(OtlpSettings.tracesEndpoint(null, "http://c:4318/")),
                String.valueOf(OtlpSettings.tracesEndpoint("http://t/x", "http://c:4318"))))
        .containsExactly("http://c:4318/v1/traces", "http://c:4318/v1/traces", "http://t/x");
  }

  @Test
  void neverShowsHeaderValues() {
    assertThat(settings().toString()).doesNotContain("Bearer");
  }
}
