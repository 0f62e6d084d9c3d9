package io.selvage.controller.api;

import io.selvage.controller.access.Area;
import java.io.IOException;
import java.util.List;

/** What a caller needs for one request: the right, worked out from the request itself. */
interface Needs {
  /** Nothing but being somebody: what every client asks before anything else. */
  Needs LOGIN = call -> List.of();

  /**
   * One right.
   *
   * @param verb for the message, as Kubernetes names it
   * @param what for the message
   * @param namespace empty = all, or none
   */
  record Right(String verb, String what, Area area, boolean write, String namespace) {}

  /** All of them are needed. */
  List<Right> of(Call call) throws IOException;

  /** The right to read or write something of an area in a namespace that the body names. */
  static Needs byBody(
      String verb, String what, Area area, boolean write, String field, String absent) {
    return call -> {
      String namespace = call.jsonObject().path(field).asText(absent);
      return List.of(new Right(verb, what, area, write, namespace));
    };
  }

  /** The right to something that concerns the whole mesh. */
  static Needs everywhere(String verb, String what, Area area, boolean write) {
    return call -> List.of(new Right(verb, what, area, write, ""));
  }
}
