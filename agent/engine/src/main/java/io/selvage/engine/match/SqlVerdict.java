package io.selvage.engine.match;

import java.util.List;

/**
 * What a statement may do to data, as far as its text tells.
 *
 * @param verb first word of the first statement, upper case; empty when there is none
 * @param tables as written, without quotes; at most eight, in order
 * @param reason why it counts as a write; empty otherwise
 */
public record SqlVerdict(Effect effect, String verb, List<String> tables, String reason) {
  /** From harmless to not. */
  public enum Effect {
    /** Changes nothing. */
    READ,
    /** Changes the session or ends a transaction, never data. */
    SESSION,
    /** Changes data, or nobody can tell. */
    WRITE
  }

  public SqlVerdict {
    tables = List.copyOf(tables);
  }

  /** Whether the statement must be taken for one that changes data. */
  public boolean writes() {
    return effect == Effect.WRITE;
  }
}
