package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.Host;

/**
 * One after the other, by weight, without a lock: a counter runs through the hosts again and again
 * and skips a host in as many rounds as its weight is short of the greatest (static stride
 * scheduling, gRFC A58).
 */
final class RoundRobin implements Algorithm {
  private static final int SCALE = 0xffff;

  private final Host[] hosts;
  private final int[] weights;
  private final boolean equal;
  private final ClusterState state;

  RoundRobin(Host[] hosts, ClusterState state) {
    this.hosts = hosts;
    this.state = state;
    weights = new int[hosts.length];
    int greatest = 1;
    boolean same = true;
    for (Host host : hosts) {
      greatest = Math.max(greatest, host.weight());
      same &= host.weight() == hosts[0].weight();
    }
    for (int i = 0; i < hosts.length; i++) {
      weights[i] = Math.max(1, (int) Math.round((double) SCALE * hosts[i].weight() / greatest));
    }
    equal = same;
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    if (equal) {
      return hosts[state.nextTurn() % hosts.length];
    }
    for (; ; ) {
      int turn = state.nextTurn();
      int index = turn % hosts.length;
      long generation = turn / hosts.length;
      long weight = weights[index];
      // hosts are half a stride apart, so that they do not all skip in the same round
      long offset = (long) SCALE / 2 * index;
      if ((weight * generation + offset) % SCALE >= SCALE - weight) {
        return hosts[index];
      }
    }
  }
}
