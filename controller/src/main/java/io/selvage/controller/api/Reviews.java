package io.selvage.controller.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** {@code kubectl auth can-i} and {@code kubectl auth whoami}. */
final class Reviews {
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
    boolean allowed = call.user().may(verb, group);
    review.put("kind", "SelfSubjectAccessReview").put("apiVersion", "authorization.k8s.io/v1");
    ObjectNode status = review.putObject("status").put("allowed", allowed);
    status.put("reason", "role " + role(call));
    return Reply.created(review);
  }

  static Reply rules(Call call) {
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
      var verbs = rule.putArray("verbs");
      for (String verb : List.of("get", "list", "watch", "create", "update", "patch", "delete")) {
        if (call.user().may(verb, group)) {
          verbs.add(verb);
        }
      }
    }
    return Reply.created(review);
  }

  private static List<String> groups(Call call) {
    return List.of("selvage:" + role(call), "system:authenticated");
  }

  private static String role(Call call) {
    return call.user().role().name().toLowerCase(Locale.ROOT);
  }
}
