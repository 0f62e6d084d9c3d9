package io.selvage.engine.model;

import java.util.List;

/**
 * Headers to add, overwrite and remove, in Envoy's order: removals first, then additions as listed.
 */
public record HeaderOps(List<HeaderOp> ops, List<String> remove) {
  /** No change. */
  public static final HeaderOps NONE = new HeaderOps(List.of(), List.of());

  public HeaderOps {
    ops = List.copyOf(ops);
    remove = List.copyOf(remove);
  }

  public boolean isEmpty() {
    return ops.isEmpty() && remove.isEmpty();
  }

  /** What is done with a value (Envoy {@code HeaderValueOption.HeaderAppendAction}). */
  public enum Action {
    /** A further value. */
    APPEND,
    /** Only where there is none. */
    ADD_IF_ABSENT,
    /** In place of what is there. */
    OVERWRITE,
    /** Only in place of something. */
    OVERWRITE_IF_EXISTS
  }

  /**
   * One header.
   *
   * @param value in Envoy's format: {@code %REQ(x)%} and its like are substituted, a plain percent
   *     sign is written twice
   * @param keepEmpty whether an empty value is a header too; else it is none
   */
  public record HeaderOp(String name, String value, Action action, boolean keepEmpty) {
    /**
     * @param append adds a further value; else the value replaces what is there
     */
    public HeaderOp(String name, String value, boolean append) {
      this(name, value, append ? Action.APPEND : Action.OVERWRITE, false);
    }
  }
}
