package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** A JSON answer. */
record Reply(int code, JsonNode body, String contentType, List<String> warnings) {
  private static final String JSON = "application/json";
  private static final int COMPRESS_FROM_BYTES = 32 << 10;

  static Reply ok(JsonNode body) {
    return new Reply(200, body, JSON, List.of());
  }

  static Reply created(JsonNode body) {
    return new Reply(201, body, JSON, List.of());
  }

  static Reply failure(ApiFailure failure) {
    return new Reply(failure.code(), failure.toStatus(), JSON, List.of());
  }

  Reply withContentType(String type) {
    return new Reply(code, body, type, warnings);
  }

  Reply withWarnings(List<String> texts) {
    return new Reply(code, body, contentType, texts);
  }

  void send(HttpExchange exchange) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", contentType);
    exchange.getResponseHeaders().set("Cache-Control", "no-cache, private");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    for (String warning : warnings) {
      String text = warning.replace("\\", "\\\\").replace("\"", "\\\"");
      exchange.getResponseHeaders().add("Warning", "299 - \"" + text + "\"");
    }
    String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
    if (bytes.length > COMPRESS_FROM_BYTES && accepted != null && accepted.contains("gzip")) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      exchange.sendResponseHeaders(code, 0);
      try (OutputStream out = new GZIPOutputStream(exchange.getResponseBody())) {
        out.write(bytes);
      }
    } else {
      exchange.sendResponseHeaders(code, bytes.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }
}
