package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.access.Area;
import io.selvage.controller.access.User;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * All ways into the API and the one gate that leads to them; the caller is authenticated already.
 */
final class Routes {
  private static final List<String> METHODS = List.of("GET", "POST", "PUT", "PATCH", "DELETE");

  private final Reads reads;
  private final Writes writes;
  private final Watches watches;
  private final OwnRoutes own;
  private final List<Route> table;

  Routes(Store store, Watches watches, OwnRoutes own) {
    this.reads = new Reads(store);
    this.writes = new Writes(store);
    this.watches = watches;
    this.own = own;
    List<Route> all = new ArrayList<>();
    general(all);
    reviews(all);
    all.addAll(new MeshWays(own).routes());
    for (String root : List.of("api/*", "apis/*/*")) {
      for (String method : METHODS) {
        all.add(new Route(method, root + "/**", Routes::rights, this::resource));
      }
    }
    this.table = List.copyOf(all);
  }

  private void general(List<Route> all) {
    get(all, "version", call -> Reply.ok(kubernetesVersion()));
    for (String health : List.of("healthz", "livez", "readyz")) {
      get(all, health, c -> Reply.ok(JsonNodeFactory.instance.objectNode().put("status", "ok")));
    }
    for (String path : List.of("api", "api/*", "apis", "apis/*", "apis/*/*")) {
      get(all, path, Routes::discovery);
    }
    get(all, "openapi/v2", c -> Reply.bytes(OpenApi.EMPTY_V2_TYPE, OpenApi.EMPTY_V2));
    get(all, "openapi/v3", c -> Reply.ok(OpenApi.index()));
    get(
        all,
        "openapi/v3/**",
        c -> Reply.ok(OpenApi.document(String.join("/", c.path().subList(2, c.path().size())))));
  }

  private static void reviews(List<Route> all) {
    String authorization = "apis/authorization.k8s.io/v1/";
    review(all, "apis/authentication.k8s.io/v1/selfsubjectreviews", Reviews::whoAmI);
    review(all, authorization + "selfsubjectaccessreviews", Reviews::canI);
    review(all, authorization + "selfsubjectrulesreviews", Reviews::rules);
  }

  private static void get(List<Route> all, String pattern, Route.Handler handler) {
    all.add(new Route("GET", pattern, Needs.LOGIN, handler));
  }

  private static void review(List<Route> all, String pattern, Route.Handler handler) {
    all.add(new Route("POST", pattern, Needs.LOGIN, handler));
  }

  /** Every way in. */
  List<Route> table() {
    return table;
  }

  /** The answer; null if it was streamed. */
  @Nullable Reply route(Call call) throws IOException {
    boolean known = false;
    for (Route route : table) {
      if (route.fits(call.path())) {
        known = true;
        if (route.method().equals(call.method())) {
          for (Needs.Right right : route.needs().of(call)) {
            require(call.user(), right);
          }
          return route.handler().answer(call);
        }
      }
    }
    throw known ? ApiFailure.methodNotAllowed() : ApiFailure.notFoundRoute();
  }

  private static void require(User user, Needs.Right right) {
    if (!user.may(right.area(), right.write(), right.namespace())) {
      throw new ApiFailure(
          403,
          "Forbidden",
          right.what()
              + " is forbidden: User \""
              + user.name()
              + "\" cannot "
              + right.verb()
              + " it "
              + (right.namespace().isEmpty()
                  ? "at the cluster scope"
                  : "in the namespace \"" + right.namespace() + "\"")
              + " [SELV-7022]");
    }
  }

  private static Reply discovery(Call call) {
    List<String> path = call.path();
    boolean core = path.get(0).equals("api");
    if (path.size() == 1) {
      if (Discovery.aggregatedWanted(call.header("Accept"))) {
        return Reply.ok(Discovery.aggregated(core)).withContentType(Discovery.AGGREGATED_TYPE);
      }
      return Reply.ok(core ? Discovery.coreVersions() : Discovery.groupList());
    }
    if (core) {
      return Reply.ok(Discovery.resources("", path.get(1)));
    }
    return Reply.ok(
        path.size() == 2
            ? Discovery.group(path.get(1))
            : Discovery.resources(path.get(1), path.get(2)));
  }

  private @Nullable Reply resource(Call call) throws IOException {
    Target target = target(call);
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

  private static Target target(Call call) {
    return Target.parse(call.path()).orElseThrow(ApiFailure::notFoundRoute);
  }

  private static List<Needs.Right> rights(Call call) {
    Target target = target(call);
    String verb =
        switch (call.method()) {
          case "GET" -> call.flag("watch") ? "watch" : target.name().isEmpty() ? "list" : "get";
          case "POST" -> "create";
          case "PUT" -> "update";
          default -> call.method().toLowerCase(Locale.ROOT);
        };
    boolean write = !call.method().equals("GET");
    String what =
        target.kind().qualifiedPlural()
            + (target.name().isEmpty() ? "" : " \"" + target.name() + "\"");
    if (target.kind() == Kinds.NAMESPACE) {
      return namespace(target, verb, what, write);
    }
    Area area = Area.of(target.kind(), target.namespace());
    return List.of(new Needs.Right(verb, what, area, write, target.namespace()));
  }

  /** A namespace may be read by those inside; with it goes all that it holds, secrets too. */
  private static List<Needs.Right> namespace(
      Target target, String verb, String what, boolean write) {
    if (!write) {
      return List.of(new Needs.Right(verb, what, Area.CONFIGURATION, false, target.name()));
    }
    List<Needs.Right> all = new ArrayList<>();
    all.add(new Needs.Right(verb, what, Area.CONFIGURATION, true, ""));
    if (verb.equals("delete")) {
      all.add(new Needs.Right(verb, what, Area.SECURITY_POLICY, true, ""));
      all.add(new Needs.Right(verb, what, Area.SECRETS, true, ""));
    }
    return all;
  }

  private ObjectNode kubernetesVersion() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    String version = own.version().path("version").asText("");
    // clients take the features of an API server from these numbers
    body.put("major", "1").put("minor", "32").put("gitVersion", "v1.32.0+selvage-" + version);
    body.put("platform", "java/" + Runtime.version().feature());
    return body;
  }
}
