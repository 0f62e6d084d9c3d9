package io.selvage.controller.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EmbeddedStoreTest {
  private final EmbeddedStore store = EmbeddedStore.inMemory(3);

  private static ObjectNode rule(String name, String host) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("apiVersion", "networking.istio.io/v1").put("kind", "DestinationRule");
    json.putObject("metadata").put("name", name).put("namespace", "shop");
    json.putObject("spec").put("host", host);
    return json;
  }

  @Test
  void createStampsWhatTheServerOwns() {
    Resource made = store.create(Kinds.DESTINATION_RULE, rule("a", "a").put("status", "x"));
    assertThat(made.uid()).isNotEmpty();
    assertThat(made.generation()).isEqualTo(1);
    assertThat(made.resourceVersion()).isEqualTo(1);
    assertThat(made.json().has("status")).isFalse();
    assertThat(made.json().at("/metadata/resourceVersion").asText()).isEqualTo("1");
    assertThatThrownBy(() -> store.create(Kinds.DESTINATION_RULE, rule("a", "a")))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.ALREADY_EXISTS))
        .hasMessage("destinationrules.networking.istio.io \"a\" already exists");
  }

  @Test
  void aStaleWriteIsAConflict() {
    Resource first = store.create(Kinds.DESTINATION_RULE, rule("a", "a"));
    Resource second = store.update(Kinds.DESTINATION_RULE, rule("a", "b"), first.resourceVersion());
    assertThat(second.generation()).isEqualTo(2);
    assertThatThrownBy(
            () -> store.update(Kinds.DESTINATION_RULE, rule("a", "c"), first.resourceVersion()))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.CONFLICT));
    assertThat(store.get(first.key()).orElseThrow().spec().path("host").asText()).isEqualTo("b");
  }

  @Test
  void anEqualDocumentWritesNothing() {
    Resource first = store.create(Kinds.DESTINATION_RULE, rule("a", "a"));
    assertThat(store.update(Kinds.DESTINATION_RULE, rule("a", "a"), 0)).isSameAs(first);
    assertThat(store.revision()).isEqualTo(1);
  }

  @Test
  void statusHasItsOwnWriteAndKeepsTheGeneration() {
    Resource first = store.create(Kinds.DESTINATION_RULE, rule("a", "a"));
    ObjectNode status = new ObjectMapper().createObjectNode().put("observedGeneration", 1);
    Resource second = store.updateStatus(first.key(), status, 0);
    assertThat(second.generation()).isEqualTo(1);
    assertThat(second.resourceVersion()).isEqualTo(2);
    Resource third = store.update(Kinds.DESTINATION_RULE, rule("a", "b"), 0);
    assertThat(third.json().path("status")).isEqualTo(status);
  }

  @Test
  void aWatchResumesFromARevisionInOrder() {
    store.create(Kinds.DESTINATION_RULE, rule("a", "a"));
    store.create(Kinds.DESTINATION_RULE, rule("b", "b"));
    List<Long> seen = new CopyOnWriteArrayList<>();
    store.watch(1, e -> seen.add(e.revision()));
    Resource c = store.create(Kinds.DESTINATION_RULE, rule("c", "c"));
    store.delete(c.key(), 0);
    await().untilAsserted(() -> assertThat(seen).containsExactly(2L, 3L, 4L));
  }

  @Test
  void aWatchFromBeforeTheHistoryIsGone() {
    for (int i = 0; i < 5; i++) {
      store.create(Kinds.DESTINATION_RULE, rule("r" + i, "h"));
    }
    for (long gone : new long[] {1, 6}) {
      assertThatThrownBy(() -> store.watch(gone, e -> {}))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.GONE));
    }
    store.watch(2, e -> {}).close();
  }

  @Test
  void optimisticWritersLoseNoUpdate() throws Exception {
    ObjectNode start = rule("counter", "0");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Long> revisions = new CopyOnWriteArrayList<>();
    EmbeddedStore large = EmbeddedStore.inMemory(1_000);
    large.create(Kinds.DESTINATION_RULE, start);
    large.watch(1, e -> revisions.add(e.revision()));
    try {
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        done.add(threads.submit(() -> increment(large, 50)));
      }
      for (Future<?> each : done) {
        each.get(30, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    Resource last = large.list(Kinds.DESTINATION_RULE).iterator().next();
    assertThat(last.spec().path("host").asText()).isEqualTo("200");
    await().untilAsserted(() -> assertThat(revisions).hasSize(200).isSorted());
  }

  private static void increment(EmbeddedStore store, int times) {
    int done = 0;
    while (done < times) {
      Resource current = store.list(Kinds.DESTINATION_RULE).iterator().next();
      int value = Integer.parseInt(current.spec().path("host").asText());
      try {
        ObjectNode next = rule("counter", Integer.toString(value + 1));
        store.update(Kinds.DESTINATION_RULE, next, current.resourceVersion());
        done++;
      } catch (StoreException e) {
        assertThat(e.reason()).isEqualTo(Reason.CONFLICT);
      }
    }
  }
}
