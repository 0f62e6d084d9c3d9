package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import org.jspecify.annotations.Nullable;

/** Chooses an endpoint of one cluster. Any thread. */
public interface Picker {
  /**
   * Chooses.
   *
   * @param hash what consistent hashing goes by; ignored by other algorithms
   * @param round 0 for the first choice of an attempt, counting up when the choice is to be avoided
   * @return null when no endpoint can be used
   */
  @Nullable Host pick(long hash, int round, Randomness random);

  /** Does beforehand, off the request path, what the first choice would have to do. */
  void prepare();

  /** Makes the picker of a compiled cluster. */
  interface Factory {
    Picker of(CompiledCluster cluster);
  }
}
