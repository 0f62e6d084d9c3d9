package io.selvage.controller.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import java.util.List;

/** What the server serves, in the old form (one call per group version) and the aggregated one. */
final class Discovery {
  /** Clients take the aggregated form only under this very type. */
  static final String AGGREGATED_TYPE =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static final List<String> VERBS =
      List.of("create", "delete", "get", "list", "patch", "update", "watch");
  private static final List<String> STATUS_VERBS = List.of("get", "patch", "update");
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** One kind that is only created, never stored. */
  private record Review(String group, String plural, String kind) {}

  private static final List<Review> REVIEWS =
      List.of(
          new Review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
          new Review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
          new Review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview"));

  private Discovery() {}

  static boolean aggregatedWanted(String accept) {
    return accept.contains("as=APIGroupDiscoveryList") && accept.contains("v=v2");
  }

  static ObjectNode aggregated(boolean core) {
    ObjectNode list = JSON.objectNode();
    list.put("kind", "APIGroupDiscoveryList").put("apiVersion", "apidiscovery.k8s.io/v2");
    list.putObject("metadata");
    ArrayNode items = list.putArray("items");
    for (String group : groups(core)) {
      ObjectNode item = items.addObject();
      ObjectNode metadata = item.putObject("metadata");
      if (!group.isEmpty()) {
        metadata.put("name", group);
      }
      metadata.putNull("creationTimestamp");
      ArrayNode versions = item.putArray("versions");
      for (String version : versions(group)) {
        ObjectNode one = versions.addObject().put("version", version);
        aggregatedResources(one.putArray("resources"), group, version);
        one.put("freshness", "Current");
      }
    }
    return list;
  }

  private static void aggregatedResources(ArrayNode to, String group, String version) {
    for (Kind kind : kinds(group, version)) {
      ObjectNode resource = to.addObject();
      resource.put("resource", kind.plural());
      gvk(resource.putObject("responseKind"), kind.group(), version, kind.kind());
      resource.put("scope", kind.namespaced() ? "Namespaced" : "Cluster");
      resource.put("singularResource", kind.singular());
      texts(resource.putArray("verbs"), VERBS);
      texts(resource.putArray("shortNames"), kind.shortNames());
      categories(resource, kind);
      ObjectNode status = resource.putArray("subresources").addObject();
      status.put("subresource", "status");
      gvk(status.putObject("responseKind"), kind.group(), version, kind.kind());
      texts(status.putArray("verbs"), STATUS_VERBS);
    }
    for (Review review : reviews(group)) {
      ObjectNode resource = to.addObject();
      resource.put("resource", review.plural());
      gvk(resource.putObject("responseKind"), group, version, review.kind());
      resource.put("scope", "Cluster").put("singularResource", lower(review.kind()));
      texts(resource.putArray("verbs"), List.of("create"));
    }
  }

  static ObjectNode coreVersions() {
    ObjectNode versions = JSON.objectNode().put("kind", "APIVersions");
    versions.putArray("versions").add("v1");
    versions.putArray("serverAddressByClientCIDRs");
    return versions;
  }

  static ObjectNode groupList() {
    ObjectNode list = JSON.objectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
    ArrayNode all = list.putArray("groups");
    groups(false).forEach(g -> all.add(group(g)));
    return list;
  }

  static ObjectNode group(String name) {
    if (!groups(false).contains(name)) {
      throw ApiFailure.notFoundRoute();
    }
    ObjectNode group = JSON.objectNode().put("kind", "APIGroup").put("apiVersion", "v1");
    group.put("name", name);
    ArrayNode versions = group.putArray("versions");
    versions(name)
        .forEach(v -> versions.addObject().put("groupVersion", name + "/" + v).put("version", v));
    group.set("preferredVersion", versions.get(0).deepCopy());
    return group;
  }

  static ObjectNode resources(String group, String version) {
    if (!versions(group).contains(version)) {
      throw ApiFailure.notFoundRoute();
    }
    ObjectNode list = JSON.objectNode().put("kind", "APIResourceList").put("apiVersion", "v1");
    list.put("groupVersion", group.isEmpty() ? version : group + "/" + version);
    ArrayNode all = list.putArray("resources");
    for (Kind kind : kinds(group, version)) {
      ObjectNode one = all.addObject().put("name", kind.plural());
      one.put("singularName", kind.singular()).put("namespaced", kind.namespaced());
      one.put("kind", kind.kind());
      texts(one.putArray("verbs"), VERBS);
      texts(one.putArray("shortNames"), kind.shortNames());
      categories(one, kind);
      ObjectNode status = all.addObject().put("name", kind.plural() + "/status");
      status.put("singularName", "").put("namespaced", kind.namespaced()).put("kind", kind.kind());
      texts(status.putArray("verbs"), STATUS_VERBS);
    }
    for (Review review : reviews(group)) {
      ObjectNode one = all.addObject().put("name", review.plural());
      one.put("singularName", lower(review.kind())).put("namespaced", false);
      one.put("kind", review.kind());
      texts(one.putArray("verbs"), List.of("create"));
    }
    return list;
  }

  private static void categories(ObjectNode to, Kind kind) {
    if (kind.group().startsWith("gateway.networking.")) {
      texts(to.putArray("categories"), List.of("gateway-api"));
    }
    if (kind.group().endsWith(".istio.io")) {
      texts(to.putArray("categories"), List.of("istio-io", kind.group().replace('.', '-')));
    }
  }

  /** All group versions with their path below {@code /openapi/v3}. */
  static List<String> openApiPaths() {
    java.util.ArrayList<String> paths = new java.util.ArrayList<>();
    paths.add("api/v1");
    for (String group : groups(false)) {
      if (reviews(group).isEmpty()) {
        versions(group).forEach(v -> paths.add("apis/" + group + "/" + v));
      }
    }
    return paths;
  }

  static List<Kind> kinds(String group, String version) {
    return Kinds.all().stream()
        .filter(k -> k.group().equals(group) && k.versions().contains(version))
        .toList();
  }

  private static List<Review> reviews(String group) {
    return REVIEWS.stream().filter(r -> r.group().equals(group)).toList();
  }

  private static List<String> groups(boolean core) {
    if (core) {
      return List.of("");
    }
    return java.util.stream.Stream.concat(
            Kinds.all().stream().map(Kind::group).filter(g -> !g.isEmpty()),
            REVIEWS.stream().map(Review::group))
        .distinct()
        .toList();
  }

  private static List<String> versions(String group) {
    if (!reviews(group).isEmpty()) {
      return List.of("v1");
    }
    return Kinds.all().stream()
        .filter(k -> k.group().equals(group))
        .flatMap(k -> k.versions().stream())
        .distinct()
        .toList();
  }

  private static void gvk(ObjectNode to, String group, String version, String kind) {
    to.put("group", group).put("version", version).put("kind", kind);
  }

  private static void texts(ArrayNode to, List<String> texts) {
    texts.forEach(to::add);
  }

  private static String lower(String text) {
    return text.toLowerCase(java.util.Locale.ROOT);
  }
}
