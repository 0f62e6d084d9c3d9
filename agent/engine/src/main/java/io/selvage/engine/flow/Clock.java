package io.selvage.engine.flow;

/** Time for the engine; monotonic, in nanoseconds, as {@link System#nanoTime}. */
@FunctionalInterface
public interface Clock {
  long nanos();

  /** The JVM's. */
  Clock SYSTEM = System::nanoTime;
}
