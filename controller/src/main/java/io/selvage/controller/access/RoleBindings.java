package io.selvage.controller.access;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Which roles people and groups of an identity provider have: a JSON list of {@code {user|group,
 * role, namespaces}} that nobody else may write. Thread-safe.
 */
final class RoleBindings {
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Binding(boolean group, String subject, Grant grant) {}

  private final KeptFile<List<Binding>> bindings;

  RoleBindings(Path file) {
    bindings =
        new KeptFile<>(
            "role bindings",
            file,
            "rw-r--r--",
            RoleBindings::parse,
            "a JSON list of {user or group, role: viewer|operator|security|admin, namespaces},"
                + " writable by its owner alone");
  }

  private static List<Binding> parse(byte[] content) throws IOException {
    JsonNode list = JSON.readTree(content);
    if (!list.isArray()) {
      throw new IllegalArgumentException("it is no list");
    }
    List<Binding> all = new ArrayList<>();
    for (JsonNode entry : list) {
      ApiTokens.onlyFields(entry, Set.of("user", "group", "role", "namespaces"));
      String user = entry.path("user").asText("");
      String group = entry.path("group").asText("");
      if (user.isEmpty() == group.isEmpty()) {
        throw new IllegalArgumentException("an entry needs either user or group");
      }
      Grant grant =
          new Grant(
              Role.of(entry.path("role").asText("")),
              ApiTokens.namespaces(entry.get("namespaces")));
      all.add(new Binding(user.isEmpty(), user + group, grant));
    }
    return List.copyOf(all);
  }

  /** All that the user has by name and by groups. */
  List<Grant> of(String user, Set<String> groups) {
    List<Grant> grants = new ArrayList<>();
    for (Binding binding : bindings.current()) {
      if (binding.group() ? groups.contains(binding.subject()) : binding.subject().equals(user)) {
        grants.add(binding.grant());
      }
    }
    return grants;
  }
}
