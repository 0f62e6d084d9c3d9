package io.selvage.controller.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.controller.translate.Mesh;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryTest {
  @TempDir Path folder;
  private final AtomicLong now = new AtomicLong();
  private final WorkloadNode node = Mesh.node("reviews", "default", "v1", 9080, 19080, "http");

  private Registry open() {
    return Registry.open(
        folder.resolve("workloads.json"), Duration.ofSeconds(10), Duration.ofSeconds(30), now::get);
  }

  private void pass(int seconds) {
    now.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void aCleanCloseRemovesAtOnceABrokenStreamAfterTheGrace() {
    Registry registry = open();
    AtomicInteger changes = new AtomicInteger();
    registry.onChange(changes::incrementAndGet);
    registry.opened("a", node);
    assertThat(registry.workloads()).hasSize(1);
    registry.closed("a", true);
    assertThat(registry.workloads()).isEmpty();

    registry.opened("b", node);
    registry.closed("b", false);
    pass(9);
    registry.tick();
    assertThat(registry.workloads()).hasSize(1);
    pass(1);
    registry.tick();
    assertThat(registry.workloads()).isEmpty();
    assertThat(changes).hasValue(4);
  }

  @Test
  void aNewStreamOfTheSameWorkloadEndsTheGrace() {
    Registry registry = open();
    registry.opened("a", node);
    registry.closed("a", false);
    registry.opened("b", node);
    pass(60);
    registry.tick();
    assertThat(registry.workloads()).hasSize(1);
    registry.opened("c", node);
    registry.closed("b", true);
    assertThat(registry.workloads()).hasSize(1);
    registry.closed("c", true);
    assertThat(registry.workloads()).isEmpty();
  }

  @Test
  void readinessIsReported() {
    Registry registry = open();
    registry.opened("a", node);
    registry.reported("a", false);
    assertThat(registry.workloads().get(0).ready()).isFalse();
    registry.reported("unknown", false);
    registry.reported("a", true);
    assertThat(registry.workloads().get(0).ready()).isTrue();
  }

  @Test
  void aNodeWithoutServiceRegistersNothing() {
    Registry registry = open();
    registry.opened("a", Mesh.node("", "default", "", 0, 0, "http"));
    assertThat(registry.workloads()).isEmpty();
    registry.closed("a", true);
  }

  @Test
  void knownWorkloadsOutliveARestartForAWhile() {
    Registry registry = open();
    registry.opened("a", node);
    registry.tick();
    Registry next = open();
    assertThat(next.workloads())
        .singleElement()
        .satisfies(w -> assertThat(w.node()).isEqualTo(node));
    pass(29);
    next.tick();
    assertThat(next.workloads()).hasSize(1);
    pass(1);
    next.tick();
    assertThat(next.workloads()).isEmpty();
  }

  @Test
  void aDamagedFileIsNoReasonToStop() throws Exception {
    Files.writeString(folder.resolve("workloads.json"), "[{\"id\":");
    assertThat(open().workloads()).isEmpty();
  }

  @Test
  void addressesAreDistinctStableAndInRange() {
    Path file = folder.resolve("addresses.json");
    VirtualAddresses addresses = VirtualAddresses.open(file);
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 3_000; i++) {
      String address = addresses.of("s" + i + ".default.svc.cluster.local");
      assertThat(address).matches("240\\.240\\.\\d{1,3}\\.\\d{1,3}");
      all.add(address);
    }
    assertThat(all).hasSize(3_000).doesNotContain("240.240.0.0", "240.240.255.255");
    addresses.save();
    VirtualAddresses again = VirtualAddresses.open(file);
    for (int i = 2_999; i >= 0; i--) {
      String host = "s" + i + ".default.svc.cluster.local";
      assertThat(again.of(host)).isEqualTo(addresses.of(host));
    }
  }
}
