package io.selvage.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackoffTest {
  @Test
  void growsWithFullJitterAndStaysShortForTenMinutes() {
    Backoff most = new Backoff(() -> 1.0);
    Duration waited = Duration.ZERO;
    Duration last = Duration.ZERO;
    assertThat(most.next()).isBetween(Duration.ofMillis(1000), Duration.ofMillis(1100));
    assertThat(most.next()).isBetween(Duration.ofMillis(1600), Duration.ofMillis(1700));
    while (waited.compareTo(Duration.ofMinutes(9)) < 0) {
      last = most.next();
      waited = waited.plus(last);
      assertThat(last).isLessThan(Duration.ofSeconds(9));
    }
    for (int i = 0; i < 60; i++) {
      last = most.next();
    }
    assertThat(last).isBetween(Duration.ofSeconds(120), Duration.ofSeconds(121));
    most.reset();
    assertThat(most.next()).isLessThan(Duration.ofMillis(1100));
    assertThat(new Backoff(() -> 0.0).next()).isLessThan(Duration.ofMillis(100));
  }

  @Test
  void addressesAreReadWithAndWithoutPort() {
    assertThat(ControlAddress.parse("127.0.0.1:15012, controller ,[::1]:7,[fe80::1]"))
        .containsExactly(
            new ControlAddress("127.0.0.1", 15012),
            new ControlAddress("controller", 15012),
            new ControlAddress("::1", 7),
            new ControlAddress("fe80::1", 15012));
    for (String bad : List.of("", ":1", "x:", "x:0", "x:99999", "x:y")) {
      assertThat(ControlAddress.parse(bad)).as(bad).isEmpty();
    }
  }
}
