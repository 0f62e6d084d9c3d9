package io.selvage.controller.resource.validate;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.Resource;
import java.util.Locale;
import java.util.Set;

/** What a Gateway must mean; after Istio's {@code ValidateGateway}. */
final class GatewayRules {
  private static final Set<String> PROTOCOLS =
      Set.of(
          "HTTP",
          "HTTPS",
          "GRPC",
          "GRPC-WEB",
          "HTTP2",
          "HTTP_PROXY",
          "MONGO",
          "REDIS",
          "MYSQL",
          "TCP",
          "TLS");

  private final Findings findings;

  GatewayRules(Findings findings) {
    this.findings = findings;
  }

  void check(Resource gateway) {
    JsonNode servers = gateway.spec().path("servers");
    if (servers.isEmpty()) {
      findings.required("spec.servers", "gateway must have at least one server");
    }
    for (int i = 0; i < servers.size(); i++) {
      server("spec.servers[" + i + "]", servers.get(i));
    }
  }

  private void server(String field, JsonNode server) {
    JsonNode port = server.path("port");
    findings.port(field + ".port.number", port.path("number").asInt());
    String protocol = port.path("protocol").asText("").toUpperCase(Locale.ROOT);
    if (!PROTOCOLS.contains(protocol)) {
      findings.invalid(
          field + ".port.protocol",
          "\"" + port.path("protocol").asText("") + "\" is not a supported protocol");
    }
    boolean encrypted = protocol.equals("HTTPS") || protocol.equals("TLS");
    if (encrypted && !server.hasNonNull("tls")) {
      findings.required(field + ".tls", "server must have TLS settings for HTTPS/TLS protocols");
    }
    JsonNode hosts = server.path("hosts");
    if (hosts.isEmpty()) {
      findings.required(field + ".hosts", "server config must contain at least one host");
    }
    for (int i = 0; i < hosts.size(); i++) {
      String host = hosts.get(i).asText();
      int slash = host.indexOf('/');
      findings.host(field + ".hosts[" + i + "]", host.substring(slash + 1), true);
    }
  }
}
