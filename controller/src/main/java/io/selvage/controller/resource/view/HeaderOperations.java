package io.selvage.controller.resource.view;

import java.util.List;
import java.util.Map;

/** Istio's {@code Headers}: operations on request and response; both without any if absent. */
public record HeaderOperations(Operations request, Operations response) {
  /** Applied in the order set, add, remove, as Envoy's route does. */
  public record Operations(Map<String, String> set, Map<String, String> add, List<String> remove) {
    static Operations parse(Fields f) {
      return new Operations(f.textMap("set"), f.textMap("add"), f.texts("remove"));
    }

    public boolean isEmpty() {
      return set.isEmpty() && add.isEmpty() && remove.isEmpty();
    }
  }

  static HeaderOperations parse(Fields f) {
    return new HeaderOperations(
        Operations.parse(f.object("request")), Operations.parse(f.object("response")));
  }

  public boolean isEmpty() {
    return request.isEmpty() && response.isEmpty();
  }
}
