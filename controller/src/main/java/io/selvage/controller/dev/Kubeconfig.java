package io.selvage.controller.dev;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.store.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

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
}
