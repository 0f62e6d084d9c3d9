package io.selvage.controller.serve;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.registry.WorkloadNode;
import java.time.Instant;
import java.util.List;

/**
 * One connected data plane.
 *
 * @param state {@code SYNCED}, {@code STALE} (something sent is not answered) or {@code NACK}
 * @param report the agent's last report as JSON; empty object for proxies and before the first
 */
public record AgentStatus(
    WorkloadNode node,
    String spiffeId,
    String state,
    Instant connected,
    List<Verdicts.Rejected> rejected,
    ObjectNode report) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The form of {@code GET /selvage/v1/agents}. */
  public ObjectNode toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("id", node.id());
    json.put("instance", node.instance());
    json.put("namespace", node.namespace());
    json.put("service", node.service());
    json.put("workload", node.workload());
    json.put("version", node.version());
    json.put("serviceAccount", node.serviceAccount());
    json.put("spiffeId", spiffeId);
    json.put("address", node.address());
    json.put("agent", node.agentVersion());
    json.put("jvm", node.jvm());
    json.put("kind", node.isAgent() ? "agent" : node.proxyless() ? "grpc" : "envoy");
    json.put("state", state);
    json.put("connected", connected.toString());
    ArrayNode nacks = json.putArray("nacks");
    for (Verdicts.Rejected each : rejected) {
      ObjectNode nack = nacks.addObject();
      nack.put("type", each.typeUrl());
      nack.put("name", each.name());
      nack.put("version", each.version());
      nack.put("message", each.message());
    }
    json.set("report", report);
    return json;
  }
}
