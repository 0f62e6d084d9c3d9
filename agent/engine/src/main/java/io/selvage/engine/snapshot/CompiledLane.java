package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.RouteTest;
import io.selvage.engine.model.LaneEntry;
import java.util.List;

/** A {@link LaneEntry} with its matchers ready. */
public final class CompiledLane {
  private final LaneEntry entry;
  private final List<RouteTest> any;

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  CompiledLane(LaneEntry entry) {
    this.entry = entry;
    this.any = entry.any().stream().map(RouteTest::of).toList();
  }

  public String name() {
    return entry.lane();
  }

  /** Whether a request goes into the lane; chance decides for a share. */
  public boolean takes(RequestHead head, Randomness random) {
    boolean matches = any.isEmpty();
    for (int i = 0; i < any.size() && !matches; i++) {
      matches = any.get(i).test(head, head.pathOnly(), random);
    }
    return matches && random.hits(entry.fraction());
  }
}
