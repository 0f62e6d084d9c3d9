package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.selvage.control.ControlThreads;
import io.selvage.engine.snapshot.PortMode;
import io.selvage.extension.PortPolicy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReadinessTest {
  private final Ports ports =
      new Ports(port -> PortMode.STRICT, port -> false, PortPolicy.Mode.PERMISSIVE);

  private static WorkloadFacts declaring(int... targets) {
    StringBuilder text = new StringBuilder();
    for (int target : targets) {
      text.append(text.isEmpty() ? "" : ",").append("9080:").append(target);
    }
    Settings settings =
        Settings.of(
            Map.of("selvage.service", "reviews", "selvage.ports", text.toString()), Map.of(), null);
    return WorkloadFacts.of(settings, "127.0.0.1", new ArrayList<>());
  }

  @Test
  void waitsForEachDeclaredPortThatASeamTellsOf() {
    Readiness readiness = new Readiness(ports, declaring(7001, 7002), Readiness.Unprotected.WARN);
    assertThat(readiness.isReady()).isFalse();
    ports.listening(7001, "netty");
    assertThat(readiness.isReady()).isFalse();
    ports.listening(7002, "tomcat");
    assertThat(readiness.isReady()).isTrue();
    readiness.drain();
    assertThat(readiness.isReady()).isFalse();
  }

  @Test
  void aWorkloadWithoutPortsIsReady() {
    assertThat(new Readiness(ports, declaring(), Readiness.Unprotected.WARN).isReady()).isTrue();
  }

  @Test
  void findsPortsThatNoSeamKnows() throws Exception {
    int free;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = taken.getLocalPort();
    }
    AtomicInteger changes = new AtomicInteger();
    try (ControlThreads threads = new ControlThreads()) {
      Readiness readiness = new Readiness(ports, declaring(free), Readiness.Unprotected.WARN);
      readiness.watch(threads.control(), threads.transport(), changes::incrementAndGet);
      assertThat(readiness.isReady()).isFalse();
      try (ServerSocket open = new ServerSocket(free, 1, InetAddress.getLoopbackAddress())) {
        await().until(readiness::isReady);
        await().until(() -> changes.get() == 1);
      }
    }
  }

  @Test
  void aHoleMakesItUnreadyOnlyWhereThatIsWanted() {
    Readiness warns = new Readiness(ports, declaring(7001), Readiness.Unprotected.WARN);
    Readiness refuses = new Readiness(ports, declaring(7001), Readiness.Unprotected.REFUSE);
    ports.listening(7001, "netty");
    ports.probed(7001, "it answers plaintext");
    assertThat(warns.isReady()).isTrue();
    assertThat(refuses.isReady()).isFalse();
    ports.probed(7001, null);
    assertThat(refuses.isReady()).isTrue();
  }
}
