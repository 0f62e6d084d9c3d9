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

  /**
   * One header.
   *
   * @param append adds a further value (Envoy {@code APPEND_IF_EXISTS_OR_ADD}); else the value
   *     replaces what is there
   */
  public record HeaderOp(String name, String value, boolean append) {}
}
