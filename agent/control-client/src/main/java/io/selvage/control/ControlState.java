package io.selvage.control;

import java.util.List;

/**
 * Where the client stands.
 *
 * @param connected the stream stands and was answered
 * @param controller the address it is (or was last) connected to; empty before
 * @param source where the configuration in force came from
 * @param configuredAtNanos when it was published, on the JVM's clock; 0 = never
 * @param nacks resources that are refused now
 * @param warnings fields that were left out
 */
public record ControlState(
    boolean connected,
    String controller,
    Source source,
    long configuredAtNanos,
    List<String> nacks,
    List<String> warnings) {
  /** Where configuration can come from. */
  public enum Source {
    NONE,
    SNAPSHOT,
    CONTROLLER
  }

  public ControlState {
    nacks = List.copyOf(nacks);
    warnings = List.copyOf(warnings);
  }
}
