package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** From path and method to what answers; the caller is authenticated already. */
final class Routes {
  private static final Duration LONGEST_TOKEN = Duration.ofDays(7);

  private final Reads reads;
  private final Writes writes;
  private final Watches watches;
  private final OwnRoutes own;

  Routes(Store store, Watches watches, OwnRoutes own) {
    this.reads = new Reads(store);
    this.writes = new Writes(store);
    this.watches = watches;
    this.own = own;
  }

  /** The answer; null if it was streamed. */
  @Nullable Reply route(Call call) throws IOException {
    List<String> path = call.path();
    String first = path.isEmpty() ? "" : path.get(0);
    switch (first) {
      case "api", "apis":
        return path.size() <= (first.equals("api") ? 2 : 3) ? discovery(call) : resource(call);
      case "openapi":
        return openApi(call);
      case "selvage":
        return own(call);
      case "version":
        return read(call, kubernetesVersion());
      case "healthz", "livez", "readyz":
        return read(call, JsonNodeFactory.instance.objectNode().put("status", "ok"));
      default:
        throw ApiFailure.notFoundRoute();
    }
  }

  private static Reply read(Call call, JsonNode body) {
    requireMethod(call, "GET");
    return Reply.ok(body);
  }

  private static Reply discovery(Call call) {
    List<String> path = call.path();
    boolean core = path.get(0).equals("api");
    if (path.size() == 1) {
      if (Discovery.aggregatedWanted(call.header("Accept"))) {
        return read(call, Discovery.aggregated(core)).withContentType(Discovery.AGGREGATED_TYPE);
      }
      return read(call, core ? Discovery.coreVersions() : Discovery.groupList());
    }
    if (core) {
      return read(call, Discovery.resources("", path.get(1)));
    }
    return read(
        call,
        path.size() == 2
            ? Discovery.group(path.get(1))
            : Discovery.resources(path.get(1), path.get(2)));
  }

  private static Reply openApi(Call call) {
    List<String> path = call.path();
    if (path.size() == 2 && path.get(1).equals("v2")) {
      requireMethod(call, "GET");
      return Reply.bytes(OpenApi.EMPTY_V2_TYPE, OpenApi.EMPTY_V2);
    }
    if (path.size() < 2 || !path.get(1).equals("v3")) {
      throw ApiFailure.notFoundRoute();
    }
    return read(
        call,
        path.size() == 2
            ? OpenApi.index()
            : OpenApi.document(String.join("/", path.subList(2, path.size()))));
  }

  private @Nullable Reply resource(Call call) throws IOException {
    Optional<Reply> review = review(call);
    if (review.isPresent()) {
      return review.get();
    }
    Target target = Target.parse(call.path()).orElseThrow(ApiFailure::notFoundRoute);
    authorize(call, target);
    boolean collection = target.name().isEmpty();
    switch (call.method()) {
      case "GET":
        if (call.flag("watch")) {
          watches.serve(call, target);
          return null;
        }
        return collection ? reads.list(call, target) : reads.get(call, target);
      case "POST":
        return collection && located(target) ? writes.create(call, target) : refuseMethod();
      case "PUT":
        return collection ? refuseMethod() : writes.replace(call, target);
      case "PATCH":
        return collection ? refuseMethod() : writes.patch(call, target);
      case "DELETE":
        boolean whole = !collection && target.subresource().isEmpty();
        return whole ? writes.delete(call, target) : refuseMethod();
      default:
        return refuseMethod();
    }
  }

  private static boolean located(Target target) {
    return !target.kind().namespaced() || !target.namespace().isEmpty();
  }

  private static Reply refuseMethod() {
    throw ApiFailure.methodNotAllowed();
  }

  private static Optional<Reply> review(Call call) throws IOException {
    String path = String.join("/", call.path());
    switch (path) {
      case "apis/authentication.k8s.io/v1/selfsubjectreviews":
        requireMethod(call, "POST");
        return Optional.of(Reviews.whoAmI(call));
      case "apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
        requireMethod(call, "POST");
        return Optional.of(Reviews.canI(call));
      case "apis/authorization.k8s.io/v1/selfsubjectrulesreviews":
        requireMethod(call, "POST");
        return Optional.of(Reviews.rules(call));
      default:
        return Optional.empty();
    }
  }

  private static void authorize(Call call, Target target) {
    String verb =
        switch (call.method()) {
          case "GET" -> call.flag("watch") ? "watch" : target.name().isEmpty() ? "list" : "get";
          case "POST" -> "create";
          case "PUT" -> "update";
          default -> call.method().toLowerCase(Locale.ROOT);
        };
    if (!call.user().may(verb, target.kind().group())) {
      String name = target.name().isEmpty() ? "" : " \"" + target.name() + "\"";
      throw new ApiFailure(
          403,
          "Forbidden",
          target.kind().qualifiedPlural()
              + name
              + " is forbidden: User \""
              + call.user().name()
              + "\" cannot "
              + verb
              + " resource \""
              + target.kind().plural()
              + "\" in API group \""
              + target.kind().group()
              + "\" [SELV-7022]",
          ApiFailure.details(target.kind(), target.name()));
    }
  }

  private Reply own(Call call) throws IOException {
    String path = String.join("/", call.path());
    switch (path) {
      case "selvage/v1/version":
        return read(call, own.version());
      case "selvage/v1/agents":
        return read(call, own.agents());
      case "selvage/v1/tokens":
        requireMethod(call, "POST");
        return token(call);
      case "selvage/v1/why":
        requireMethod(call, "POST");
        try {
          return Reply.ok(own.why(call.jsonObject()));
        } catch (OwnRoutes.UnanswerableException e) {
          String why = "[" + e.code() + "] " + e.getMessage();
          throw new ApiFailure(404, "NotFound", why);
        }
      default:
        throw ApiFailure.notFoundRoute();
    }
  }

  private Reply token(Call call) throws IOException {
    if (!call.user().may("create", "")) {
      throw new ApiFailure(
          403,
          "Forbidden",
          "[SELV-7022] User \"" + call.user().name() + "\" cannot create join tokens");
    }
    ObjectNode body = call.jsonObject();
    int uses = body.path("uses").asInt(1);
    Duration lifetime = Duration.ofSeconds(body.path("ttlSeconds").asLong(600));
    String namespace = body.path("namespace").asText("default");
    String account = body.path("serviceAccount").asText("default");
    for (String name : List.of(namespace, account)) {
      if (!name.matches("[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")) {
        throw ApiFailure.badRequest("[SELV-7030] \"" + name + "\" is no namespace or account");
      }
    }
    boolean bounded = uses >= 1 && uses <= 10_000 && lifetime.compareTo(LONGEST_TOKEN) <= 0;
    if (!bounded || lifetime.toSeconds() < 1) {
      throw ApiFailure.badRequest(
          "[SELV-7030] uses must be 1 to 10000 and ttlSeconds 1 to " + LONGEST_TOKEN.toSeconds());
    }
    OwnRoutes.IssuedToken token = own.createToken(namespace, account, uses, lifetime);
    ObjectNode reply = JsonNodeFactory.instance.objectNode();
    return Reply.created(
        reply.put("token", token.token()).put("expires", token.expires().toString()));
  }

  private ObjectNode kubernetesVersion() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    String version = own.version().path("version").asText("");
    // clients take the features of an API server from these numbers
    body.put("major", "1").put("minor", "32").put("gitVersion", "v1.32.0+selvage-" + version);
    body.put("platform", "java/" + Runtime.version().feature());
    return body;
  }

  private static void requireMethod(Call call, String method) {
    if (!call.method().equals(method)) {
      throw ApiFailure.methodNotAllowed();
    }
  }
}
