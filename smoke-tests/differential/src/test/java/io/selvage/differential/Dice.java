package io.selvage.differential;

import java.util.List;
import java.util.SplittableRandom;

/** Choices from a seed. */
final class Dice {
  private final SplittableRandom random;

  Dice(long seed) {
    random = new SplittableRandom(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** True in so many of a hundred. */
  boolean percent(int share) {
    return random.nextInt(100) < share;
  }

  String of(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  <T> T of(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
