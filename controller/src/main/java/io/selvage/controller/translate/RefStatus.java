package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Resource;
import java.util.List;

/**
 * What became of a route or policy of the Gateway API at each object that it refers to.
 *
 * @param list field of the status: {@code parents} of a route, {@code ancestors} of a policy
 */
public record RefStatus(Resource resource, String list, List<Entry> entries) {

  /** Field of an entry that holds the reference. */
  public String refField() {
    return list.equals("parents") ? "parentRef" : "ancestorRef";
  }

  /** One object that is referred to; {@code ref} is never to be modified. */
  public record Entry(ObjectNode ref, List<Condition> conditions) {}

  /** One condition, without times. */
  public record Condition(String type, boolean status, String reason, String message) {}
}
