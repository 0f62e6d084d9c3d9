package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;

/** The snapshot in force: one volatile write publishes, one volatile read a request. */
public final class SnapshotRef {
  private final StateTable states;
  private final Picker.Factory pickers;
  private final Node self;
  private HostNames names = HostNames.NONE;
  private volatile MeshSnapshot current;

  public SnapshotRef(Picker.Factory pickers, Clock clock, Node self) {
    this.self = self;
    states = new StateTable(clock);
    this.pickers = pickers;
    current = new MeshSnapshot(MeshConfig.EMPTY, states, pickers, self, HostNames.NONE);
  }

  public MeshSnapshot current() {
    return current;
  }

  /** Compiles and publishes; one at a time. */
  public synchronized MeshSnapshot publish(MeshConfig config) {
    MeshSnapshot next = new MeshSnapshot(config, states, pickers, self, names);
    current = next;
    return next;
  }

  /** Compiles the configuration in force with other addresses for its names. */
  public synchronized void resolved(HostNames found) {
    if (!found.equals(names)) {
      names = found;
      publish(current.config());
    }
  }
}
