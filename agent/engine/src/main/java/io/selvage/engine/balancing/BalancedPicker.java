package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.Picker;
import org.jspecify.annotations.Nullable;

/** The picker of every cluster: host sets as health is now, made anew when it has changed. */
public final class BalancedPicker implements Picker {
  private final CompiledCluster cluster;
  private volatile @Nullable HostSets sets;

  public BalancedPicker(CompiledCluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public @Nullable Host pick(long hash, int round, Randomness random) {
    HostSets current = sets;
    if (current == null || current.version() != cluster.state().healthVersion()) {
      current = new HostSets(cluster);
      sets = current;
    }
    return current.pick(hash, round, random);
  }
}
