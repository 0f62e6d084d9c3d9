package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.WeightedCluster;
import java.util.List;

/** Clusters by weight, with the weights summed up. */
public final class Split {
  private final List<WeightedCluster> shares;
  private final int[] upTo;
  private final int total;

  public Split(List<WeightedCluster> shares) {
    this.shares = shares;
    upTo = new int[shares.size()];
    int sum = 0;
    for (int i = 0; i < upTo.length; i++) {
      sum += Math.max(0, shares.get(i).weight());
      upTo[i] = sum;
    }
    total = sum;
  }

  /**
   * Index of the share that a number stands for; -1 when no share has any weight.
   *
   * @param number taken as unsigned
   */
  public int choose(long number) {
    if (total == 0) {
      return -1;
    }
    long at = Long.remainderUnsigned(number, total);
    int i = 0;
    while (at >= upTo[i]) {
      i++;
    }
    return i;
  }

  /** Index of the share that a request gets; -1 when no share has any weight. */
  public int choose(Randomness random) {
    if (total == 0) {
      return -1;
    }
    if (upTo.length == 1) {
      return 0;
    }
    int at = random.below(total);
    for (int i = 0; i < upTo.length; i++) {
      if (at < upTo[i]) {
        return i;
      }
    }
    return -1;
  }

  public List<WeightedCluster> shares() {
    return shares;
  }
}
