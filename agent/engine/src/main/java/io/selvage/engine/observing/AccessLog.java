package io.selvage.engine.observing;

/**
 * Takes one record for each exchange that has ended. Called on whatever thread ended it; must not
 * block and must not throw.
 */
@FunctionalInterface
public interface AccessLog {
  void record(AccessRecord line);

  /** Writes nothing. */
  AccessLog NONE = line -> {};
}
