package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.access.Area;
import io.selvage.controller.access.User;
import io.selvage.controller.resource.Kinds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code kubectl auth can-i} and {@code kubectl auth whoami}. */
final class Reviews {
  private static final Set<String> READS = Set.of("get", "list", "watch");

  private Reviews() {}

  static Reply whoAmI(Call call) {
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("kind", "SelfSubjectReview").put("apiVersion", "authentication.k8s.io/v1");
    review.putObject("metadata");
    ObjectNode user = review.putObject("status").putObject("userInfo");
    user.put("username", call.user().name());
    groups(call).forEach(user.putArray("groups")::add);
    return Reply.created(review);
  }

  static Reply canI(Call call) throws IOException {
    ObjectNode review =
        call.contentType().equals(KubeProtobuf.MEDIA_TYPE)
            ? KubeProtobuf.accessReview(call.body())
            : call.jsonObject();
    JsonNode attributes = review.path("spec").path("resourceAttributes");
    String verb = attributes.path("verb").asText("");
    String group = attributes.path("group").asText("");
    String namespace = attributes.path("namespace").asText("");
    boolean allowed =
        attributes.isMissingNode() || may(call.user(), verb, group, attributes, namespace);
    review.put("kind", "SelfSubjectAccessReview").put("apiVersion", "authorization.k8s.io/v1");
    ObjectNode status = review.putObject("status").put("allowed", allowed);
    status.put("reason", call.user().roles());
    return Reply.created(review);
  }

  private static boolean may(
      User user, String verb, String group, JsonNode attributes, String namespace) {
    Area area =
        Kinds.byPlural(group, attributes.path("resource").asText(""))
            .map(kind -> Area.of(kind, namespace))
            .orElse(group.equals("security.istio.io") ? Area.SECURITY_POLICY : Area.CONFIGURATION);
    return user.may(area, !READS.contains(verb), namespace);
  }

  static Reply rules(Call call) throws IOException {
    String namespace = call.jsonObject().at("/spec/namespace").asText("");
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("kind", "SelfSubjectRulesReview").put("apiVersion", "authorization.k8s.io/v1");
    review.putObject("metadata");
    review.putObject("spec");
    ObjectNode status = review.putObject("status").put("incomplete", false);
    status.putArray("nonResourceRules");
    var rules = status.putArray("resourceRules");
    for (String group : List.of("", "networking.istio.io", "security.istio.io")) {
      ObjectNode rule = rules.addObject();
      rule.putArray("apiGroups").add(group);
      rule.putArray("resources").add("*");
      Area area = group.equals("security.istio.io") ? Area.SECURITY_POLICY : Area.CONFIGURATION;
      var verbs = rule.putArray("verbs");
      for (String verb : List.of("get", "list", "watch", "create", "update", "patch", "delete")) {
        if (call.user().may(area, !READS.contains(verb), namespace)) {
          verbs.add(verb);
        }
      }
    }
    return Reply.created(review);
  }

  private static List<String> groups(Call call) {
    List<String> groups = new ArrayList<>();
    call.user().grants().forEach(g -> groups.add("selvage:" + g.role().text()));
    groups.add("system:authenticated");
    return groups.stream().distinct().toList();
  }
}
