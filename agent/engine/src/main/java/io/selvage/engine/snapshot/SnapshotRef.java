package io.selvage.engine.snapshot;

import io.selvage.engine.model.MeshConfig;

/** The snapshot in force: one volatile write publishes, one volatile read a request. */
public final class SnapshotRef {
  private final StateTable states = new StateTable();
  private final Picker.Factory pickers;
  private volatile MeshSnapshot current;

  public SnapshotRef(Picker.Factory pickers) {
    this.pickers = pickers;
    current = new MeshSnapshot(MeshConfig.EMPTY, states, pickers);
  }

  public MeshSnapshot current() {
    return current;
  }

  /** Compiles and publishes; one at a time. */
  public synchronized MeshSnapshot publish(MeshConfig config) {
    MeshSnapshot next = new MeshSnapshot(config, states, pickers);
    current = next;
    return next;
  }
}
