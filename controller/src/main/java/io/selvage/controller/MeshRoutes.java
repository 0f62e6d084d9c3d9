package io.selvage.controller;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.api.OwnRoutes;
import io.selvage.controller.ca.CodedException;
import io.selvage.controller.ca.JoinTokens;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.serve.AgentStatus;
import io.selvage.controller.serve.ControlPlane;
import io.selvage.controller.serve.Why;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Answers the API's own routes from the control plane. */
final class MeshRoutes implements OwnRoutes {
  private static final long PATIENCE_SECONDS = 15;

  private final ControlPlane plane;
  private final IdentityRoutes identities;
  private final Supplier<ObjectNode> version;

  MeshRoutes(ControlPlane plane, Supplier<ObjectNode> version) {
    this.plane = plane;
    this.identities = new IdentityRoutes(plane.identities());
    this.version = version;
  }

  @Override
  public JsonNode version() {
    return version.get();
  }

  @Override
  public IssuedToken createToken(
      String namespace, String serviceAccount, int uses, Duration lifetime) {
    JoinTokens.Created created = plane.createToken(namespace, serviceAccount, uses, lifetime);
    return new IssuedToken(created.token(), created.expires());
  }

  @Override
  public @Nullable JsonNode identity(String subject) {
    return identities.read(subject);
  }

  @Override
  public @Nullable JsonNode changeIdentity(String subject, ObjectNode body, String user)
      throws UnanswerableException {
    try {
      return identities.change(subject, body, user);
    } catch (CodedException refused) {
      throw new UnanswerableException(refused.code(), String.valueOf(refused.getMessage()));
    }
  }

  @Override
  public JsonNode agents(Predicate<String> visible) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode all = answer.putArray("agents");
    for (AgentStatus agent : plane.agents()) {
      if (!visible.test(agent.node().namespace())) {
        continue;
      }
      ObjectNode json = agent.toJson();
      // what the agent reported stands beside what the controller knows, which wins
      if (json.remove("report") instanceof ObjectNode report) {
        report
            .properties()
            .forEach(
                e -> {
                  if (e.getKey().equals("nacks")) {
                    e.getValue().forEach(json.withArray("/nacks")::add);
                  } else {
                    json.putIfAbsent(e.getKey(), e.getValue());
                  }
                });
      }
      all.add(json);
    }
    return answer;
  }

  @Override
  public JsonNode why(ObjectNode question) throws UnanswerableException {
    Why.Call call = call(question);
    try {
      ObjectNode both = plane.why().explain(call).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      ObjectNode answer = JsonNodeFactory.instance.objectNode();
      answer.set("outbound", both.path("caller"));
      if (both.has("callee")) {
        answer.set("inbound", both.get("callee"));
      }
      return answer;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw unanswered(call, String.valueOf(cause.getMessage()));
    } catch (TimeoutException e) {
      throw unanswered(call, "no answer within " + PATIENCE_SECONDS + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unanswered(call, "interrupted");
    }
  }

  private static UnanswerableException unanswered(Why.Call call, String why) {
    return new UnanswerableException(
        "SELV-7031",
        "nobody could say how a call from "
            + call.from()
            + " to "
            + call.to()
            + " goes: "
            + why
            + ". Fix: 'selvage status' lists the agents that are connected");
  }

  private Why.Call call(ObjectNode question) throws UnanswerableException {
    Map<String, String> headers = new LinkedHashMap<>();
    question
        .path("headers")
        .properties()
        .forEach(e -> headers.put(e.getKey().toLowerCase(Locale.ROOT), e.getValue().asText()));
    String from = dotted(question.path("from").asText(""));
    String to = dotted(question.path("to").asText(""));
    if (from.isEmpty() || to.isEmpty()) {
      throw new UnanswerableException("SELV-7032", "from and to must be given");
    }
    int port = question.path("port").asInt(0);
    return new Why.Call(
        from,
        to,
        port == 0 ? firstPort(to) : port,
        question.path("method").asText("GET"),
        question.path("path").asText("/"),
        headers);
  }

  /** {@code ns/name} is written {@code name.ns} in host names. */
  private static String dotted(String name) {
    int slash = name.indexOf('/');
    return slash < 0 ? name : name.substring(slash + 1) + "." + name.substring(0, slash);
  }

  private int firstPort(String to) {
    String service = to.split("\\.", 2)[0];
    for (AgentStatus agent : plane.agents()) {
      WorkloadNode node = agent.node();
      List<ServicePort> ports = node.ports();
      if (node.service().equals(service) && !ports.isEmpty()) {
        return ports.get(0).number();
      }
    }
    return 80;
  }
}
