package io.selvage.engine.observing;

/**
 * Takes records of what was done in databases. Called on the thread that ended a statement; must
 * not block and must not throw.
 */
@FunctionalInterface
public interface AuditSink {
  void record(AuditRecord line);

  /** Writes nothing. */
  AuditSink NONE = line -> {};
}
