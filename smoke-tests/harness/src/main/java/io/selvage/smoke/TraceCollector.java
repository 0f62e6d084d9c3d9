package io.selvage.smoke;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/** Takes spans by OTLP over HTTP, as a collector would. */
public final class TraceCollector implements AutoCloseable {
  /** One span that arrived. Kind as OTLP's number: 2 server, 3 client. */
  public record Span(
      String service,
      String traceId,
      String spanId,
      String parentId,
      String name,
      int kind,
      Map<String, String> attributes) {}

  private final HttpServer server;
  private final List<Span> spans = new CopyOnWriteArrayList<>();

  public TraceCollector() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/v1/traces",
        exchange -> {
          try (InputStream in =
              "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                  ? new GZIPInputStream(exchange.getRequestBody())
                  : exchange.getRequestBody()) {
            take(ExportTraceServiceRequest.parseFrom(in));
          }
          exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.setExecutor(
        Executors.newFixedThreadPool(
            4,
            r -> {
              Thread t = new Thread(r, "collector");
              t.setDaemon(true);
              return t;
            }));
    server.start();
  }

  private void take(ExportTraceServiceRequest request) {
    request
        .getResourceSpansList()
        .forEach(
            rs -> {
              String service =
                  rs.getResource().getAttributesList().stream()
                      .filter(a -> a.getKey().equals("service.name"))
                      .map(a -> a.getValue().getStringValue())
                      .findFirst()
                      .orElse("");
              rs.getScopeSpansList()
                  .forEach(ss -> ss.getSpansList().forEach(s -> spans.add(span(service, s))));
            });
  }

  private static Span span(String service, io.opentelemetry.proto.trace.v1.Span s) {
    Map<String, String> attributes = new TreeMap<>();
    for (KeyValue a : s.getAttributesList()) {
      attributes.put(
          a.getKey(),
          a.getValue().hasStringValue()
              ? a.getValue().getStringValue()
              : a.getValue().hasIntValue()
                  ? Long.toString(a.getValue().getIntValue())
                  : a.getValue().toString());
    }
    HexFormat hex = HexFormat.of();
    return new Span(
        service,
        hex.formatHex(s.getTraceId().toByteArray()),
        hex.formatHex(s.getSpanId().toByteArray()),
        hex.formatHex(s.getParentSpanId().toByteArray()),
        s.getName(),
        s.getKindValue(),
        attributes);
  }

  /** {@code http://127.0.0.1:port}, for {@code OTEL_EXPORTER_OTLP_ENDPOINT}. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** All spans of a trace so far. */
  public List<Span> trace(String traceId) {
    return spans.stream().filter(s -> s.traceId().equals(traceId)).toList();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
