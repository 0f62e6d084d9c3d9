package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.access.Area;
import io.selvage.controller.access.User;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ways below {@code /selvage/v1}. */
final class MeshWays {
  private static final Duration LONGEST_TOKEN = Duration.ofDays(7);
  private static final String ROOT = "selvage/v1/";

  private final OwnRoutes own;

  MeshWays(OwnRoutes own) {
    this.own = own;
  }

  List<Route> routes() {
    List<Route> all = new ArrayList<>(general());
    for (String subject : List.of("revocations", "rotation", "federation", "bundle")) {
      all.add(
          new Route(
              "GET",
              ROOT + "identity/" + subject,
              Needs.everywhere("get", subject, Area.TRUST, false),
              call -> identity(own.identity(subject))));
    }
    for (String subject : List.of("revocations", "rotation", "federation", "crl")) {
      all.add(
          new Route(
              "POST",
              ROOT + "identity/" + subject,
              Needs.everywhere("change", subject, Area.TRUST, true),
              call -> change(call, subject)));
    }
    return all;
  }

  private static Reply identity(@Nullable JsonNode answer) {
    if (answer == null) {
      throw ApiFailure.notFoundRoute();
    }
    return Reply.ok(answer);
  }

  private Reply change(Call call, String subject) throws IOException {
    try {
      return identity(own.changeIdentity(subject, call.jsonObject(), call.user().name()));
    } catch (OwnRoutes.UnanswerableException refused) {
      throw new ApiFailure(409, "Conflict", String.valueOf(refused.getMessage()));
    }
  }

  private List<Route> general() {
    return List.of(
        new Route("GET", ROOT + "version", Needs.LOGIN, call -> Reply.ok(own.version())),
        // whom it shows is decided agent by agent
        new Route("GET", ROOT + "agents", Needs.LOGIN, this::agents),
        new Route(
            "POST",
            ROOT + "tokens",
            Needs.byBody("create", "join tokens", Area.JOIN_TOKENS, true, "namespace", "default"),
            this::token),
        new Route("POST", ROOT + "why", call -> List.of(explains(call)), this::why));
  }

  private Reply agents(Call call) {
    User user = call.user();
    return Reply.ok(own.agents(namespace -> user.may(Area.MESH, false, namespace)));
  }

  /** Both sides tell how they decide, each only to those who may look at it. */
  private static Needs.Right explains(Call call) throws IOException {
    String from = namespaceOf(call.jsonObject().path("from").asText(""));
    return new Needs.Right("explain", "calls", Area.MESH, false, from);
  }

  /** Of {@code ns/name} or {@code name.ns…}; empty where none is named. */
  private static String namespaceOf(String workload) {
    int slash = workload.indexOf('/');
    if (slash >= 0) {
      return workload.substring(0, slash);
    }
    String[] labels = workload.split("[.]", 3);
    return labels.length < 2 ? "" : labels[1];
  }

  private Reply why(Call call) throws IOException {
    try {
      JsonNode answer = own.why(call.jsonObject());
      String to = namespaceOf(call.jsonObject().path("to").asText(""));
      if (answer instanceof ObjectNode both && !call.user().may(Area.MESH, false, to)) {
        both.remove("inbound");
      }
      return Reply.ok(answer);
    } catch (OwnRoutes.UnanswerableException e) {
      String why = "[" + e.code() + "] " + e.getMessage();
      throw new ApiFailure(404, "NotFound", why);
    }
  }

  private Reply token(Call call) throws IOException {
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
}
