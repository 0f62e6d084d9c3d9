package io.selvage.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.selvage.controller.resource.YamlDocuments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/**
 * The current context of a kubeconfig
 * (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/): server,
 * authority, bearer token, namespace.
 */
record Kubeconfig(String server, String caPem, String token, String namespace) {

  static Kubeconfig read(Path file) {
    try {
      List<JsonNode> documents = YamlDocuments.parse(Files.readString(file));
      JsonNode root = documents.isEmpty() ? null : documents.get(0);
      if (root == null) {
        throw new CliException("SELV-8013", "(" + file + ") is empty. Fix: name a kubeconfig.");
      }
      JsonNode context = named(root, "contexts", root.path("current-context").asText(), file);
      JsonNode cluster =
          named(root, "clusters", context.at("/context/cluster").asText(), file).path("cluster");
      JsonNode user = named(root, "users", context.at("/context/user").asText(), file).path("user");
      String ca = authority(cluster, file);
      String namespace = context.at("/context/namespace").asText("default");
      return new Kubeconfig(
          cluster.path("server").asText(), ca, user.path("token").asText(), namespace);
    } catch (IOException e) {
      throw new CliException(
          "SELV-8013",
          "(" + file + ") cannot be read; " + e + ". Fix: run 'selvage dev up' or name another.",
          e);
    } catch (YamlDocuments.MalformedException e) {
      throw new CliException(
          "SELV-8013",
          "(" + file + ") is not YAML; " + e.getMessage() + ". Fix: write it anew.",
          e);
    }
  }

  private static String authority(JsonNode cluster, Path file) throws IOException {
    if (cluster.hasNonNull("certificate-authority-data")) {
      return new String(
          Base64.getMimeDecoder().decode(cluster.path("certificate-authority-data").asText()),
          StandardCharsets.UTF_8);
    }
    if (cluster.hasNonNull("certificate-authority")) {
      return Files.readString(
          file.toAbsolutePath().resolveSibling(cluster.path("certificate-authority").asText()));
    }
    throw new CliException(
        "SELV-8014",
        "("
            + file
            + " clusters[].cluster) names no certificate authority. Fix: set"
            + " certificate-authority-data; the API is never spoken to without TLS.");
  }

  private static JsonNode named(JsonNode root, String list, String name, Path file) {
    for (JsonNode entry : root.path(list)) {
      if (entry.path("name").asText().equals(name)) {
        return entry;
      }
    }
    throw new CliException(
        "SELV-8013",
        "(" + file + " " + list + ") has no entry '" + name + "'. Fix: correct current-context.");
  }

  @Override
  public String toString() {
    return "Kubeconfig[" + server + "]";
  }
}
