package io.selvage.control;

/** Stable codes of control stream and configuration ({@code SELV-3xxx}). */
final class ControlCodes {
  /** The controller cannot be reached or ended the stream. */
  static final String LOST = "SELV-3001";

  /** The stream stands (again). */
  static final String CONNECTED = "SELV-3002";

  /** Resources were refused. */
  static final String REFUSED = "SELV-3003";

  /** Parts of resources are not supported and were left out. */
  static final String LEFT_OUT = "SELV-3004";

  /** The controller refuses this agent. */
  static final String DENIED = "SELV-3005";

  /** The snapshot is damaged and refused. */
  static final String SNAPSHOT_REFUSED = "SELV-3010";

  /** The snapshot cannot be written. */
  static final String SNAPSHOT_UNWRITABLE = "SELV-3011";

  /** Configuration came from the snapshot. */
  static final String FROM_SNAPSHOT = "SELV-3012";

  private ControlCodes() {}
}
