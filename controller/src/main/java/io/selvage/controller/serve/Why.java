package io.selvage.controller.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * Explains a call without sending it: the outbound half by the caller's agent, the inbound half by
 * the callee's (contract, section 3).
 */
public final class Why {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final ControlPlane plane;
  private final String trustDomain;

  Why(ControlPlane plane, String trustDomain) {
    this.plane = plane;
    this.trustDomain = trustDomain;
  }

  /** A call in thought; {@code from} and {@code to} are {@code service} or {@code service.ns}. */
  public record Call(
      String from, String to, int port, String method, String path, Map<String, String> headers) {}

  /**
   * Asks both agents.
   *
   * @return {@code {caller: answer, callee: answer}}; {@code callee} is absent where the call
   *     leaves the mesh or the caller's half refuses it, or holds {@code error} where nobody
   *     answers
   */
  public CompletableFuture<ObjectNode> explain(Call call) {
    Predicate<WorkloadNode> isCaller = named(call.from());
    WorkloadNode caller =
        plane.agents().stream()
            .map(AgentStatus::node)
            .filter(isCaller)
            .filter(WorkloadNode::isAgent)
            .findFirst()
            .orElse(null);
    ObjectNode question = JSON.createObjectNode();
    question.put("kind", "explain");
    question.put("authority", call.to() + (call.port() == 0 ? "" : ":" + call.port()));
    common(question, call, call.port());
    return plane.ask(isCaller, question).thenCompose(answer -> withCallee(call, caller, answer));
  }

  private static void common(ObjectNode question, Call call, int port) {
    question.put("port", port);
    question.put("method", call.method());
    question.put("path", call.path());
    ObjectNode headers = question.putObject("headers");
    call.headers().forEach(headers::put);
  }

  private CompletableFuture<ObjectNode> withCallee(
      Call call, @org.jspecify.annotations.Nullable WorkloadNode caller, ObjectNode outbound) {
    ObjectNode both = JSON.createObjectNode();
    both.set("caller", outbound);
    WorkloadNode callee = callee(call, outbound);
    if (callee == null || caller == null || outbound.hasNonNull("rejection")) {
      return CompletableFuture.completedFuture(both);
    }
    ObjectNode question = JSON.createObjectNode();
    question.put("kind", "explain-inbound");
    question.put(
        "principal",
        "spiffe://" + trustDomain + "/ns/" + caller.namespace() + "/sa/" + caller.serviceAccount());
    common(question, call, target(callee, call.port()));
    return plane
        .ask(node -> node.instance().equals(callee.instance()), question)
        .handle(
            (answer, thrown) -> {
              if (answer != null) {
                both.set("callee", answer);
              } else {
                both.putObject("callee").put("error", String.valueOf(thrown));
              }
              return both;
            });
  }

  /** The workload at the first endpoint that the caller named, else one of the service. */
  private @org.jspecify.annotations.Nullable WorkloadNode callee(Call call, ObjectNode outbound) {
    String endpoint = outbound.path("endpoints").path(0).asText("");
    for (AgentStatus agent : plane.agents()) {
      for (ServicePort port : agent.node().ports()) {
        if (agent.node().isAgent()
            && endpoint.equals(agent.node().address() + ":" + port.target())) {
          return agent.node();
        }
      }
    }
    return plane.agents().stream()
        .map(AgentStatus::node)
        .filter(WorkloadNode::isAgent)
        .filter(named(call.to()))
        .findFirst()
        .orElse(null);
  }

  private static int target(WorkloadNode node, int number) {
    return node.ports().stream()
        .filter(p -> p.number() == number)
        .map(ServicePort::target)
        .findFirst()
        .orElse(number);
  }

  private static Predicate<WorkloadNode> named(String name) {
    String[] parts = name.split("\\.", 3);
    return node ->
        node.service().equals(parts[0]) && (parts.length == 1 || node.namespace().equals(parts[1]));
  }
}
