package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code selvage.io} DatabasePolicy. Its sections travel as they are written: the schema and {@code
 * validate} have seen to their form, and agents read them.
 *
 * @param targets services that are databases
 * @param addresses places as JDBC URLs name them, of databases that the mesh does not know
 * @param selector labels of the workloads that keep to it; empty = all
 * @param sections what is to be done, by name
 * @param places every other host and port that it names, by field path
 * @param breaker what of the breaker depends on more than one field
 */
public record DatabasePolicy(
    Resource source,
    List<TargetRef> targets,
    List<Place> addresses,
    List<String> databases,
    Map<String, String> selector,
    Map<String, ObjectNode> sections,
    Map<String, Place> places,
    List<Caller> callers,
    Window breaker) {
  private static final List<String> SECTIONS =
      List.of("readOnly", "connect", "statements", "circuitBreaker", "bulkhead", "audit");

  /** A host and a port. */
  public record Place(String host, int port) {
    static Place parse(Fields f) {
      return new Place(f.text("host"), f.number("port"));
    }
  }

  /** What of a caller's limits depends on more than one field. */
  public record Caller(List<String> principals, boolean rate, boolean burst, boolean limits) {
    static Caller parse(Fields f) {
      return new Caller(
          f.texts("principals"),
          f.has("statementsPerSecond"),
          f.has("burst"),
          f.has("statementsPerSecond") || f.has("maxConcurrentStatements") || f.has("writes"));
    }
  }

  /** Sizes of a breaker's window; 0 = absent. */
  public record Window(int size, int minimum) {
    static Window parse(Fields f) {
      return new Window(
          f.has("slidingWindowSize") ? f.number("slidingWindowSize") : 100,
          f.has("minimumNumberOfCalls") ? f.number("minimumNumberOfCalls") : 0);
    }
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<DatabasePolicy> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    Map<String, ObjectNode> sections = new LinkedHashMap<>();
    for (String name : SECTIONS) {
      if (f.raw(name) instanceof ObjectNode object) {
        sections.put(name, object);
      }
    }
    Map<String, Place> places = new LinkedHashMap<>();
    List<Place> replicas = f.object("readOnly").list("replicas", Place::parse);
    for (int i = 0; i < replicas.size(); i++) {
      places.put("spec.readOnly.replicas[" + i + "]", replicas.get(i));
    }
    List<Place> failover = f.object("connect").list("failover", Place::parse);
    for (int i = 0; i < failover.size(); i++) {
      places.put("spec.connect.failover[" + i + "]", failover.get(i));
    }
    DatabasePolicy value =
        new DatabasePolicy(
            resource,
            f.list("targetRefs", TargetRef::parse),
            f.list("addresses", Place::parse),
            f.texts("databases"),
            f.object("selector").textMap("matchLabels"),
            Map.copyOf(sections),
            places,
            f.list("callers", Caller::parse),
            Window.parse(f.object("circuitBreaker")));
    return Checked.of(value, violations);
  }
}
