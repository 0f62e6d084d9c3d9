package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.store.StoreException;
import java.util.List;
import java.util.stream.Collectors;

/** A refusal that becomes a Kubernetes {@code Status} answer. */
final class ApiFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String reason;
  private final transient ObjectNode details;

  ApiFailure(int code, String reason, String message) {
    this(code, reason, message, JsonNodeFactory.instance.objectNode());
  }

  ApiFailure(int code, String reason, String message, ObjectNode details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  int code() {
    return code;
  }

  static ApiFailure badRequest(String message) {
    return new ApiFailure(400, "BadRequest", message);
  }

  static ApiFailure notFoundRoute() {
    return new ApiFailure(404, "NotFound", "the server could not find the requested resource");
  }

  static ApiFailure notFound(Kind kind, String name) {
    String message = kind.qualifiedPlural() + " \"" + name + "\" not found";
    return new ApiFailure(404, "NotFound", message, details(kind, name));
  }

  static ApiFailure methodNotAllowed() {
    return new ApiFailure(
        405, "MethodNotAllowed", "the server does not allow this method on the requested resource");
  }

  static ApiFailure unsupportedMediaType(String found, List<String> supported) {
    return new ApiFailure(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format ("
            + found
            + ") - accepted media types"
            + " include: "
            + String.join(", ", supported));
  }

  static ApiFailure of(StoreException e, Kind kind, String name) {
    return switch (e.reason()) {
      case NOT_FOUND -> notFound(kind, name);
      case ALREADY_EXISTS -> new ApiFailure(409, "AlreadyExists", message(e), details(kind, name));
      case CONFLICT -> new ApiFailure(409, "Conflict", message(e), details(kind, name));
      case GONE -> new ApiFailure(410, "Expired", message(e));
      case UNAVAILABLE, DAMAGED ->
          new ApiFailure(503, "ServiceUnavailable", "[" + e.code() + "] " + message(e));
    };
  }

  /** 422 with one cause per violation; each message ends in its code. */
  static ApiFailure invalid(Kind kind, String name, List<Violation> violations) {
    ObjectNode details = details(kind, name).put("kind", kind.kind());
    ArrayNode causes = details.putArray("causes");
    for (Violation v : violations) {
      causes
          .addObject()
          .put("reason", v.cause().reason())
          .put("message", v.cause().words() + ": " + v.message() + " [" + v.code() + "]")
          .put("field", v.field());
    }
    String all =
        violations.stream()
            .map(v -> v.text() + " [" + v.code() + "]")
            .collect(Collectors.joining(", "));
    String fixes =
        violations.stream()
            .map(v -> ViolationCode.fixOf(v.code()))
            .distinct()
            .filter(fix -> !fix.isEmpty())
            .map(fix -> " " + fix)
            .collect(Collectors.joining());
    String type = kind.group().isEmpty() ? kind.kind() : kind.kind() + "." + kind.group();
    String message =
        type
            + " \""
            + name
            + "\" is invalid: "
            + (violations.size() == 1 ? all : "[" + all + "]")
            + "."
            + fixes;
    return new ApiFailure(422, "Invalid", message, details);
  }

  static ObjectNode details(Kind kind, String name) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", name)
        .put("group", kind.group())
        .put("kind", kind.plural());
  }

  ObjectNode toStatus() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    status.put("status", "Failure").put("message", message(this)).put("reason", reason);
    if (!details.isEmpty()) {
      status.set("details", details);
    }
    status.put("code", code);
    return status;
  }

  private static String message(Throwable e) {
    return String.valueOf(e.getMessage());
  }
}
