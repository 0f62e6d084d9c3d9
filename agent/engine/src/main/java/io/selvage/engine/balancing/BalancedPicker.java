package io.selvage.engine.balancing;

import io.selvage.engine.flow.Clock;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Node;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.Picker;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The picker of every cluster: host sets as health is now, made anew when it has changed.
 *
 * <p>One thread makes them; meanwhile the others go on with what they have, as an Envoy's workers
 * do until they are told.
 */
public final class BalancedPicker implements Picker {
  private final CompiledCluster cluster;
  private final Makings makings;
  private final AtomicBoolean making = new AtomicBoolean();
  private volatile @Nullable HostSets sets;

  private BalancedPicker(CompiledCluster cluster, Makings makings) {
    this.cluster = cluster;
    this.makings = makings;
  }

  /** Makes the pickers of an engine. */
  public static Picker.Factory factory(Clock clock, Randomness random, Node node) {
    Makings makings = new Makings(clock, random, node.locality());
    return cluster -> new BalancedPicker(cluster, makings);
  }

  @Override
  public void prepare() {
    sets = new HostSets(cluster, cluster.local(), makings);
  }

  @Override
  public @Nullable Host pick(long hash, int round, Randomness random) {
    HostSets current = sets;
    cluster.state().used();
    if (current == null) {
      current = new HostSets(cluster, cluster.local(), makings);
      sets = current;
    } else if (current.version() != HostSets.version(cluster, cluster.local())
        && making.compareAndSet(false, true)) {
      try {
        current = new HostSets(cluster, cluster.local(), makings);
        sets = current;
      } finally {
        making.set(false);
      }
    }
    return current.pick(hash, round, random);
  }
}
