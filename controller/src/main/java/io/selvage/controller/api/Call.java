package io.selvage.controller.api;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import io.selvage.controller.access.User;
import io.selvage.controller.audit.AuditLog;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One request: decoded path and query, bounded body. Used by the thread that serves it. */
final class Call {
  /** As Kubernetes' limit for one object. */
  static final int MAX_BODY_BYTES = 3 << 20;

  private static final int MAX_ARRAY = 10_000;

  static final ObjectMapper JSON =
      new ObjectMapper(
          new JsonFactoryBuilder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(100)
                      .maxStringLength(2 << 20)
                      .maxNumberLength(100)
                      .maxNameLength(1024)
                      .build())
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .build());

  private final HttpExchange exchange;
  private final List<String> path;
  private final Map<String, String> query = new LinkedHashMap<>();
  private final User user;
  private byte @Nullable [] whole;
  private String bodyHash = "";
  private String before = "";

  Call(HttpExchange exchange, User user) {
    this.exchange = exchange;
    this.user = user;
    this.path = segments(exchange.getRequestURI().getRawPath());
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&")) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        query.putIfAbsent(name, equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
  }

  User user() {
    return user;
  }

  String method() {
    return exchange.getRequestMethod();
  }

  /** Decoded segments; none is empty, {@code .} or {@code ..}. */
  List<String> path() {
    return path;
  }

  String query(String name) {
    return query.getOrDefault(name, "");
  }

  boolean flag(String name) {
    String value = query.get(name);
    return value != null && (value.equals("true") || value.equals("1") || value.isEmpty());
  }

  String header(String name) {
    String value = exchange.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  HttpExchange exchange() {
    return exchange;
  }

  /** Media type without parameters, in lower case. */
  String contentType() {
    String type = header("Content-Type");
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon))
        .trim()
        .toLowerCase(java.util.Locale.ROOT);
  }

  byte[] body() throws IOException {
    if (whole != null) {
      return whole;
    }
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY_BYTES + 1);
    if (body.length > MAX_BODY_BYTES) {
      throw new ApiFailure(
          413, "RequestEntityTooLarge", "Request entity too large: limit is " + MAX_BODY_BYTES);
    }
    bodyHash = body.length == 0 ? "" : AuditLog.sha256(body);
    whole = body;
    return body;
  }

  /** SHA-256 of the body that was read; empty if none was. */
  String bodyHash() {
    return bodyHash;
  }

  /** Notes the object that is about to be changed. */
  void changes(Resource live) {
    before = AuditLog.sha256(live.json().toString().getBytes(StandardCharsets.UTF_8));
  }

  /** SHA-256 of the object before the change; empty if there was none. */
  String before() {
    return before;
  }

  /** The body as JSON, or as YAML where the media type says so. */
  JsonNode json() throws IOException {
    byte[] body = body();
    JsonNode node;
    if (contentType().endsWith("yaml")) {
      node = yaml(new String(body, StandardCharsets.UTF_8));
    } else {
      try {
        node = JSON.readTree(body);
      } catch (JsonProcessingException e) {
        throw ApiFailure.badRequest(
            "the body of the request is no acceptable JSON: " + e.getOriginalMessage());
      }
    }
    limitArrays(node);
    return node;
  }

  ObjectNode jsonObject() throws IOException {
    if (json() instanceof ObjectNode object) {
      return object;
    }
    throw ApiFailure.badRequest("the body of the request must be an object");
  }

  private static JsonNode yaml(String text) {
    try {
      List<JsonNode> documents = YamlDocuments.parse(text);
      if (documents.size() != 1) {
        throw ApiFailure.badRequest("the body must hold one document");
      }
      return documents.get(0);
    } catch (YamlDocuments.MalformedException e) {
      throw ApiFailure.badRequest("error decoding YAML: " + e.getMessage());
    }
  }

  private static void limitArrays(JsonNode node) {
    if (node.isArray() && node.size() > MAX_ARRAY) {
      throw ApiFailure.badRequest("an array has more than " + MAX_ARRAY + " items");
    }
    node.forEach(Call::limitArrays);
  }

  private static List<String> segments(String rawPath) {
    List<String> segments = new ArrayList<>();
    for (String raw : rawPath.split("/")) {
      String segment = decode(raw);
      boolean odd = segment.equals(".") || segment.equals("..") || segment.contains("/");
      if (odd || segment.indexOf('\0') >= 0) {
        throw ApiFailure.badRequest("the path is malformed");
      }
      if (!segment.isEmpty()) {
        segments.add(segment);
      }
    }
    return List.copyOf(segments);
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ApiFailure.badRequest("the address is malformed");
    }
  }
}
