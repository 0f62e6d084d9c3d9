package io.selvage.controller.dev;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.api.PrivateFiles;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * A kubeconfig of one cluster and one user, written as JSON, which is YAML too.
 *
 * @param server URL of the API
 * @param rootPem certificates that the server's chain must end in
 * @param token bearer token
 */
public record Kubeconfig(String server, String rootPem, String token) {
  private static final String NAME = "selvage";

  /** Writes the file with mode 0600. */
  public void write(Path file) throws IOException {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("apiVersion", "v1").put("kind", "Config").put("current-context", NAME);
    ObjectNode cluster = config.putArray("clusters").addObject().put("name", NAME);
    String root = Base64.getEncoder().encodeToString(rootPem.getBytes(StandardCharsets.UTF_8));
    cluster.putObject("cluster").put("server", server).put("certificate-authority-data", root);
    ObjectNode context = config.putArray("contexts").addObject().put("name", NAME);
    context.putObject("context").put("cluster", NAME).put("user", NAME).put("namespace", "default");
    ObjectNode user = config.putArray("users").addObject().put("name", NAME);
    user.putObject("user").put("token", token);
    PrivateFiles.write(file, config.toPrettyString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads the current context of a kubeconfig that holds its certificate and token inline.
   *
   * @throws IOException if the file cannot be read or lacks something; the message says what
   */
  public static Kubeconfig read(Path file) throws IOException {
    JsonNode config;
    try {
      List<JsonNode> documents = YamlDocuments.parse(Files.readString(file));
      config = documents.isEmpty() ? JsonNodeFactory.instance.objectNode() : documents.get(0);
    } catch (YamlDocuments.MalformedException e) {
      throw new IOException(file + " is malformed: " + e.getMessage(), e);
    }
    String current = config.path("current-context").asText("");
    JsonNode context = named(config, "contexts", current).path("context");
    JsonNode cluster =
        named(config, "clusters", context.path("cluster").asText("")).path("cluster");
    JsonNode user = named(config, "users", context.path("user").asText("")).path("user");
    String server = cluster.path("server").asText("");
    String root = cluster.path("certificate-authority-data").asText("");
    String token = user.path("token").asText("");
    if (server.isEmpty() || root.isEmpty() || token.isEmpty()) {
      throw new IOException(
          file
              + " lacks server, certificate-authority-data or token in context \""
              + current
              + "\"");
    }
    try {
      byte[] pem = Base64.getDecoder().decode(root);
      return new Kubeconfig(server, new String(pem, StandardCharsets.UTF_8), token);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + ": certificate-authority-data is no base64", e);
    }
  }

  private static JsonNode named(JsonNode config, String list, String name) {
    for (JsonNode item : config.path(list)) {
      if (item.path("name").asText("").equals(name)) {
        return item;
      }
    }
    return JsonNodeFactory.instance.objectNode();
  }
}
