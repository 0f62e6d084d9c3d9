package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.extension.PortPolicy.Mode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever breaks on the way to a decision, nothing is allowed: wherever the port is STRICT or has
 * rules.
 */
public interface FailClosedPromises extends ServerWorld {
  /** What is thrown. */
  List<Supplier<Throwable>> FAULTS =
      List.of(
          () -> new IllegalStateException("injected"),
          () -> new NullPointerException("injected"),
          () -> new StackOverflowError("injected"),
          () -> new OutOfMemoryError("injected"),
          () -> new NoClassDefFoundError("injected"));

  /** Silence is no permission, but must not take long either. */
  Duration PATIENCE = Duration.ofMillis(1_500);

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void noFaultAllowsARequest(Entry entry) throws Exception {
    needs(entry);
    mesh().guarded(true);
    List<String> allowed = new ArrayList<>();
    Set<String> unanswered = new TreeSet<>();
    int injected = 0;
    for (Mode mode : List.of(Mode.PERMISSIVE, Mode.STRICT)) {
      mesh().mode(mode);
      for (Faults.Point point : Faults.Point.values()) {
        for (Supplier<Throwable> fault : FAULTS) {
          mesh().faults().inject(point, fault);
          int before = SampleLogic.runs();
          ask(entry, "/hello", mode + " " + point + " " + fault.get(), unanswered);
          int hits = mesh().faults().thrown();
          injected += hits;
          // a server that has no such moment has nothing to fail at it
          if (hits > 0 && SampleLogic.runs() != before) {
            allowed.add(mode + " " + point + " " + fault.get());
          }
        }
      }
    }
    mesh().faults().none();
    System.out.printf(
        "fail closed: %s %s: %d faults injected, %d allowed, left without an answer: %s%n",
        seam(), entry, injected, allowed.size(), unanswered);
    assertThat(allowed).as("requests that a fault let through").isEmpty();
    assertThat(injected).isGreaterThan(entry.tls() ? 60 : 30);
  }

  private void ask(Entry entry, String path, String what, Set<String> unanswered) {
    try (Wire wire = open(entry)) {
      wire.patience(PATIENCE);
      wire.send(Ask.get(path));
    } catch (java.net.SocketTimeoutException silent) {
      unanswered.add(what);
    } catch (IOException | RuntimeException closed) {
      return; // the connection was closed: not allowed either
    }
  }
}
