package io.selvage.engine.model;

import java.util.List;

/**
 * A rule that puts requests into a traffic lane where they enter the mesh.
 *
 * @param lane name of the lane
 * @param any one of these must match; empty = every request
 * @param fraction 0.0 to 1.0 of the requests that match
 */
public record LaneEntry(String lane, List<RouteMatch> any, double fraction) {
  public LaneEntry {
    any = List.copyOf(any);
  }
}
