package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** A whole answer; JSON but for one route. */
@SuppressWarnings("ArrayRecordComponent") // never compared, never shared
record Reply(int code, byte[] body, String contentType, List<String> warnings) {
  private static final String JSON = "application/json";
  private static final int MAX_WARNINGS = 20;
  private static final int MAX_WARNING_CHARACTERS = 300;
  private static final int COMPRESS_FROM_BYTES = 32 << 10;

  private static Reply json(int code, JsonNode body) {
    return new Reply(code, body.toString().getBytes(StandardCharsets.UTF_8), JSON, List.of());
  }

  static Reply bytes(String type, byte[] body) {
    return new Reply(200, body, type, List.of());
  }

  static Reply ok(JsonNode body) {
    return json(200, body);
  }

  static Reply created(JsonNode body) {
    return json(201, body);
  }

  static Reply failure(ApiFailure failure) {
    return json(failure.code(), failure.toStatus());
  }

  Reply withContentType(String type) {
    return new Reply(code, body, type, warnings);
  }

  Reply withWarnings(List<String> texts) {
    return new Reply(code, body, contentType, texts);
  }

  /** Field names come from the caller: nothing but printable ASCII goes into a header. */
  private static String headerText(String warning) {
    String printable = warning.replaceAll("[^\\x20-\\x7e]", "?");
    String bounded = printable.substring(0, Math.min(printable.length(), MAX_WARNING_CHARACTERS));
    return bounded.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  void send(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set("Cache-Control", "no-cache, private");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    warnings.stream()
        .limit(MAX_WARNINGS)
        .forEach(
            w -> exchange.getResponseHeaders().add("Warning", "299 - \"" + headerText(w) + "\""));
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    if (body.length > COMPRESS_FROM_BYTES && accepted != null && accepted.contains("gzip")) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      exchange.sendResponseHeaders(code, 0);
      try (OutputStream out = new GZIPOutputStream(exchange.getResponseBody())) {
        out.write(body);
      }
    } else {
      exchange.sendResponseHeaders(code, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }
}
