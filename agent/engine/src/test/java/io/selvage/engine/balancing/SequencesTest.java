package io.selvage.engine.balancing;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Randomness;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Turns by weight, and the numbers that C++ would draw and hash. */
class SequencesTest {
  private static final Randomness ZERO = () -> 0;

  private static List<Integer> picks(Edf edf, double[] weights, int count) {
    List<Integer> picks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      picks.add(edf.pick(e -> weights[e]));
    }
    return picks;
  }

  @Test
  void earliestDeadlineIsFirstAndTiesAreFirstInFirstOut() {
    double[] weights = {1, 2, 5};
    Edf edf = new Edf(3, i -> weights[i], 0);
    assertThat(picks(edf, weights, 8)).containsExactly(2, 2, 1, 2, 2, 0, 1, 2);
  }

  @Test
  void aWeightThatChangedCountsFromTheNextTurn() {
    double[] weights = {1, 1};
    Edf edf = new Edf(2, i -> weights[i], 0);
    assertThat(picks(edf, weights, 4)).containsExactly(0, 1, 0, 1);
    weights[0] = 3;
    assertThat(picks(edf, weights, 40).stream().filter(i -> i == 0).count()).isBetween(28L, 31L);
  }

  @ParameterizedTest
  @CsvSource({"1 1", "1 2 5", "10 20 70", "7 7 7 1", "128 64 1", "999983 2", "0.5 0.25 0.1"})
  void aScheduleGivesEveryWeightItsTurns(String text) {
    double[] weights = List.of(text.split(" ")).stream().mapToDouble(Double::parseDouble).toArray();
    SplittableRandom random = new SplittableRandom(5);
    Schedule schedule = new Schedule(weights, random::nextLong);
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    int rounds = 20_000;
    int[] seen = new int[weights.length];
    for (int i = 0; i < rounds; i++) {
      seen[schedule.next()]++;
    }
    for (int i = 0; i < weights.length; i++) {
      assertThat((double) seen[i])
          .isBetween(rounds * weights[i] / sum - 2, rounds * weights[i] / sum + 2);
    }
  }

  @Test
  void threadsShareOneOrder() throws InterruptedException {
    Schedule schedule = new Schedule(new double[] {1, 3}, ZERO);
    ConcurrentLinkedQueue<Integer> seen = new ConcurrentLinkedQueue<>();
    Runnable work =
        () -> {
          for (int i = 0; i < 10_000; i++) {
            seen.add(schedule.next());
          }
        };
    List<Thread> threads = List.of(new Thread(work), new Thread(work), new Thread(work));
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(seen.stream().filter(i -> i == 0).count()).isEqualTo(7_500);
  }

  @Test
  void mersenneTwisterIsTheStandards() {
    Mt19937 random = new Mt19937(5489);
    long last = 0;
    for (int i = 0; i < 10_000; i++) {
      last = random.next();
    }
    // ISO C++ [rand.predef]: the 10000th number of a default mt19937
    assertThat(last).isEqualTo(4_123_659_995L);
  }

  @ParameterizedTest
  @CsvSource({
    "'', 6142509188972423790",
    "a, 4993892634952068459",
    "foo, 9631199822919835226",
    "bar, 11474628671133349555",
    "hello world, 5577293430985752569",
    "127.0.0.1:80_0, 17613279263364193813"
  })
  void murmurIsTheLibrarys(String text, String hash) {
    assertThat(MurmurHash2.of(text.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Long.parseUnsignedLong(hash));
  }
}
