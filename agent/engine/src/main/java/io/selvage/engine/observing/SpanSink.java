package io.selvage.engine.observing;

/**
 * Takes each sampled span when it has ended. Called on whatever thread ended it; must not block and
 * must not throw.
 */
@FunctionalInterface
public interface SpanSink {
  void ended(SpanRecord span);

  /** Drops all. */
  SpanSink NONE = span -> {};
}
