package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code selvage.io} TrafficLane; its name is the lane's.
 *
 * @param selector labels of the workloads in it
 */
public record TrafficLane(Resource source, Map<String, String> selector, List<Entry> entries) {
  /**
   * Where requests get into the lane.
   *
   * @param selector labels of the workloads where they enter; empty = all of the namespace
   * @param json percentage and matches as written
   * @param matches for validation
   */
  public record Entry(Map<String, String> selector, ObjectNode json, List<Match> matches) {
    static Entry parse(Fields f) {
      return new Entry(
          f.object("selector").textMap("matchLabels"), f.node(), f.list("match", Match::parse));
    }
  }

  /** Tests of one request. */
  public record Match(
      @Nullable StringMatch uri,
      Map<String, StringMatch> headers,
      Map<String, StringMatch> cookies,
      Map<String, StringMatch> queryParams) {
    static Match parse(Fields f) {
      return new Match(
          f.message("uri", StringMatch::parse),
          f.map("headers", StringMatch::parse),
          f.map("cookies", StringMatch::parse),
          f.map("queryParams", StringMatch::parse));
    }
  }

  /** Name of the lane. */
  public String lane() {
    return source.name();
  }

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<TrafficLane> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    TrafficLane value =
        new TrafficLane(
            resource, f.object("selector").textMap("matchLabels"), f.list("entries", Entry::parse));
    return Checked.of(value, violations);
  }
}
