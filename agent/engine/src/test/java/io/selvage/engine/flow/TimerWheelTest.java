package io.selvage.engine.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimerWheelTest {
  private static final long MS = TimerWheel.TICK_NANOS;
  private final List<Long> earlier = new ArrayList<>();
  private final TimerWheel wheel = new TimerWheel(0, earlier::add);
  private final List<String> ran = new ArrayList<>();

  @Test
  void runsWhatIsDueAndNothingEarly() {
    wheel.schedule(5 * MS, () -> ran.add("a"));
    assertThat(wheel.advance(5 * MS - 1)).isEqualTo(5 * MS);
    assertThat(ran).isEmpty();
    assertThat(wheel.advance(5 * MS)).isEqualTo(Long.MAX_VALUE);
    assertThat(ran).containsExactly("a");
  }

  @Test
  void runsInOrderOverSeveralRounds() {
    wheel.schedule(5_000 * MS, () -> ran.add("far"));
    wheel.schedule(900 * MS, () -> ran.add("near"));
    wheel.schedule(1_500 * MS, () -> ran.add("second round"));
    wheel.advance(10_000 * MS);
    assertThat(ran).containsExactly("near", "second round", "far");
    assertThat(wheel.size()).isZero();
  }

  @Test
  void cancelledTasksDoNotRun() {
    Timer.Scheduled a = wheel.schedule(5 * MS, () -> ran.add("a"));
    wheel.schedule(5 * MS, () -> ran.add("b"));
    a.cancel();
    a.cancel();
    assertThat(wheel.size()).isOne();
    wheel.advance(10 * MS);
    a.cancel();
    assertThat(ran).containsExactly("b");
  }

  @Test
  void saysWhenItMustBeWokenEarlier() {
    wheel.schedule(100 * MS, () -> {});
    wheel.schedule(200 * MS, () -> {});
    wheel.schedule(50 * MS, () -> {});
    assertThat(earlier).containsExactly(100 * MS, 50 * MS);
    assertThat(wheel.advance(10 * MS)).isEqualTo(50 * MS);
  }

  @Test
  void pastMomentsRunAtTheNextTick() {
    wheel.advance(100 * MS);
    wheel.schedule(1, () -> ran.add("late"));
    assertThat(wheel.advance(100 * MS)).isEqualTo(101 * MS);
    wheel.advance(101 * MS);
    assertThat(ran).containsExactly("late");
  }

  @Test
  void tasksMayScheduleTasks() {
    wheel.schedule(MS, () -> wheel.schedule(3 * MS, () -> ran.add("inner")));
    assertThat(wheel.advance(2 * MS)).isEqualTo(3 * MS);
    wheel.advance(3 * MS);
    assertThat(ran).containsExactly("inner");
  }

  @Test
  void randomScriptsAreNeverEarlyAndAtMostATickLate() {
    SplittableRandom random = new SplittableRandom(1);
    long now = 0;
    Map<Integer, Long> due = new HashMap<>();
    Map<Integer, Timer.Scheduled> handles = new HashMap<>();
    long[] at = {0};
    for (int i = 0; i < 20_000; i++) {
      int id = i;
      long moment = now + random.nextLong(4_000 * MS);
      due.put(id, moment);
      handles.put(
          id,
          wheel.schedule(
              moment,
              () -> {
                Long expected = due.remove(id);
                assertThat(expected).isNotNull();
                assertThat(at[0]).isGreaterThanOrEqualTo(expected);
              }));
      if (random.nextInt(4) == 0) {
        int gone = random.nextInt(i + 1);
        if (due.remove(gone) != null) {
          handles.get(gone).cancel();
        }
      }
      if (random.nextInt(3) == 0) {
        now += random.nextLong(30 * MS);
        at[0] = now;
        wheel.advance(now);
        long limit = now - MS;
        assertThat(due.values()).allSatisfy(left -> assertThat(left).isGreaterThan(limit));
      }
      if (due.size() > 200) {
        now += 4_100 * MS;
        at[0] = now;
        wheel.advance(now);
        assertThat(due).isEmpty();
        assertThat(wheel.size()).isZero();
      }
    }
  }
}
