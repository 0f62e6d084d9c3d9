package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.YamlDocuments;
import io.selvage.controller.store.EmbeddedStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a data plane would get from files, without a running controller: pure, in memory.
 *
 * <p>Its signature names only types of the JDK, so that another class path (a data plane's own
 * parser) can be held against it.
 */
public final class Preview {
  private Preview() {}

  /**
   * Translates.
   *
   * @param yaml the users' documents; a document without namespace is in {@code default}
   * @param nodes data planes that are connected, each as the JSON of an xDS node; all ready
   * @param caller index in {@code nodes} of the one that asks
   * @param rootsPem the mesh's roots
   * @return type URL → name → serialised resource
   * @throws IllegalArgumentException where YAML, kind or node cannot be read; the message says
   *     which
   */
  public static Map<String, Map<String, byte[]>> of(
      String yaml, List<String> nodes, int caller, String trustDomain, String rootsPem) {
    Translated made = translate(yaml, nodes, caller, trustDomain, rootsPem);
    Map<String, Map<String, byte[]>> all = new LinkedHashMap<>();
    made.config()
        .byType()
        .forEach(
            (type, resources) -> {
              Map<String, byte[]> byName = new LinkedHashMap<>();
              resources.all().forEach(r -> byName.put(r.name(), r.any().toByteArray()));
              all.put(type, byName);
            });
    return all;
  }

  /**
   * What the statuses of the documents would say once {@code caller} is served.
   *
   * @return {@code Kind namespace/name} → {@code field: text} for everything that is not, or not
   *     exactly, done; in order
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Map<String, List<String>> problems(
      String yaml, List<String> nodes, int caller, String trustDomain, String rootsPem) {
    Map<String, List<String>> all = new LinkedHashMap<>();
    translate(yaml, nodes, caller, trustDomain, rootsPem)
        .translator()
        .problems()
        .read()
        .forEach(
            (key, problems) ->
                all.put(
                    key.kind().kind() + " " + key.namespace() + "/" + key.name(),
                    problems.stream().map(p -> p.field() + ": " + p.text()).toList()));
    return all;
  }

  private record Translated(Translator translator, AgentConfig config) {}

  private static Translated translate(
      String yaml, List<String> nodes, int caller, String trustDomain, String rootsPem) {
    TrustBundle trust = new TrustBundle(trustDomain, Pem.certificates(rootsPem));
    List<RegisteredWorkload> workloads = new ArrayList<>();
    for (String json : nodes) {
      workloads.add(new RegisteredWorkload(node(json), true));
    }
    EmbeddedStore store = EmbeddedStore.inMemory();
    fill(store, yaml);
    Map<String, String> vips = new LinkedHashMap<>();
    MeshView view =
        new MeshView(
            MeshSettings.defaults(trust.trustDomain()),
            store.snapshot(),
            workloads,
            host -> vips.computeIfAbsent(host, h -> "240.240.0." + (vips.size() + 1)));
    Translator translator = Translator.first(view, trust);
    return new Translated(translator, translator.configFor(workloads.get(caller).node()));
  }

  private static WorkloadNode node(String json) {
    try {
      Node.Builder node = Node.newBuilder();
      JsonFormat.parser().merge(json, node);
      String[] parts = node.getId().split("~", -1);
      String namespace = parts.length == 4 ? parts[2].substring(parts[2].lastIndexOf('.') + 1) : "";
      return WorkloadNode.parse(node.build(), namespace, "default");
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("not a node: " + e.getMessage(), e);
    }
  }

  private static void fill(EmbeddedStore store, String yaml) {
    try {
      for (JsonNode document : YamlDocuments.parse(yaml)) {
        Optional<Kind> kind =
            Kinds.byApiVersion(
                document.path("apiVersion").asText(), document.path("kind").asText());
        if (kind.isEmpty() || !(document instanceof ObjectNode object)) {
          throw new IllegalArgumentException(
              "no such kind: " + document.path("apiVersion") + " " + document.path("kind"));
        }
        ObjectNode metadata = object.withObjectProperty("metadata");
        if (kind.get().namespaced() && !metadata.hasNonNull("namespace")) {
          metadata.put("namespace", "default");
        }
        store.create(kind.get(), object);
      }
    } catch (YamlDocuments.MalformedException e) {
      throw new IllegalArgumentException("not YAML: " + e.getMessage(), e);
    }
  }
}
