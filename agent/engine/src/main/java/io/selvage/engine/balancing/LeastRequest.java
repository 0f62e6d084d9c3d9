package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.snapshot.Host;

/**
 * The least loaded of a few hosts drawn at random (power of two choices). With unequal weights
 * hosts are drawn by weight and load is counted per weight.
 */
final class LeastRequest implements Algorithm {
  private final Host[] hosts;
  private final int choices;
  private final int[] upTo;
  private final boolean equal;

  LeastRequest(Host[] hosts, int choices) {
    this.hosts = hosts;
    this.choices = Math.max(2, choices);
    upTo = new int[hosts.length];
    int sum = 0;
    boolean same = true;
    for (int i = 0; i < hosts.length; i++) {
      sum += hosts[i].weight();
      upTo[i] = sum;
      same &= hosts[i].weight() == hosts[0].weight();
    }
    equal = same;
  }

  @Override
  public Host pick(long hash, int round, Randomness random) {
    Host best = draw(random);
    for (int i = 1; i < choices; i++) {
      Host other = draw(random);
      long left = (long) other.state().inFlight() * best.weight();
      if (left < (long) best.state().inFlight() * other.weight()) {
        best = other;
      }
    }
    return best;
  }

  private Host draw(Randomness random) {
    if (equal) {
      return hosts[random.below(hosts.length)];
    }
    int at = random.below(upTo[upTo.length - 1]);
    int low = 0;
    int high = upTo.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at < upTo[middle]) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return hosts[low];
  }
}
