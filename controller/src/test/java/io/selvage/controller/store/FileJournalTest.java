package io.selvage.controller.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {
  @TempDir Path temporary;

  private static ObjectNode rule(String name, String host) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("apiVersion", "networking.istio.io/v1").put("kind", "DestinationRule");
    json.putObject("metadata").put("name", name).put("namespace", "shop");
    json.putObject("spec").put("host", host);
    return json;
  }

  private Path folder() {
    return temporary.resolve("store");
  }

  private Path only(String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .filter(p -> p.getFileName().toString().startsWith(prefix))
          .reduce(
              (a, b) -> {
                throw new AssertionError("two " + prefix + ": " + a + " " + b);
              })
          .orElseThrow();
    }
  }

  private void write(int count) {
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      for (int i = 0; i < count; i++) {
        store.create(Kinds.DESTINATION_RULE, rule("r" + i, "h" + i));
      }
    }
  }

  private static String reasonOf(Path folder) {
    try (EmbeddedStore store = EmbeddedStore.open(folder)) {
      return "opened " + store.revision();
    } catch (StoreException e) {
      return e.code();
    }
  }

  @Test
  void everythingIsThereAfterReopening() {
    Resource updated;
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      Resource a = store.create(Kinds.DESTINATION_RULE, rule("a", "1"));
      Resource b = store.create(Kinds.DESTINATION_RULE, rule("b", "1"));
      updated = store.update(Kinds.DESTINATION_RULE, rule("a", "2"), a.resourceVersion());
      store.delete(b.key(), 0);
    }
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      assertThat(store.revision()).isEqualTo(4);
      assertThat(store.list(Kinds.DESTINATION_RULE))
          .singleElement()
          .satisfies(
              r -> {
                assertThat(r.json().toString()).isEqualTo(updated.json().toString());
                assertThat(r.resourceVersion()).isEqualTo(3);
              });
      assertThat(store.update(Kinds.DESTINATION_RULE, rule("a", "2"), 0).resourceVersion())
          .as("an equal document read back from disk writes nothing")
          .isEqualTo(3);
    }
  }

  @Test
  void aTornTailIsDroppedAtEveryLength() throws IOException {
    write(3);
    Path journal = only("journal-");
    byte[] whole = Files.readAllBytes(journal);
    int second =
        Frames.decode(whole).payloads().stream().limit(2).mapToInt(p -> p.length + 12).sum();
    for (int length = second; length < whole.length; length += 7) {
      Files.write(journal, Arrays.copyOf(whole, length));
      assertThat(reasonOf(folder())).isEqualTo("opened 2");
    }
  }

  @Test
  void zeroesAfterTheEndAreATornTail() throws IOException {
    write(2);
    Path journal = only("journal-");
    byte[] whole = Files.readAllBytes(journal);
    Files.write(journal, Arrays.copyOf(whole, whole.length + 4096));
    assertThat(reasonOf(folder())).isEqualTo("opened 2");
  }

  @Test
  void aFlippedBitBeforeOtherRecordsIsRefused() throws IOException {
    write(3);
    Path journal = only("journal-");
    byte[] whole = Files.readAllBytes(journal);
    int first = Frames.decode(whole).payloads().get(0).length + 12;
    for (int at = 0; at < first; at += 11) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      Files.write(journal, damaged);
      assertThat(reasonOf(folder())).as("byte %d", at).isEqualTo("SELV-7014");
    }
  }

  @Test
  void aDamagedOrLoneSnapshotIsRefused() throws IOException {
    write(1);
    Path snapshot = only("snapshot-");
    byte[] whole = Files.readAllBytes(snapshot);
    byte[] damaged = whole.clone();
    damaged[whole.length - 1] ^= 1;
    Files.write(snapshot, damaged);
    assertThat(reasonOf(folder())).isEqualTo("SELV-7014");
    Files.write(snapshot, whole);
    assertThat(reasonOf(folder())).isEqualTo("opened 1");
    Files.delete(snapshot);
    assertThat(reasonOf(folder())).isEqualTo("SELV-7014");
  }

  @Test
  void aGrownJournalIsFoldedIntoASnapshot() throws IOException {
    String large = "x".repeat(200_000);
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      store.create(Kinds.DESTINATION_RULE, rule("a", large));
      for (int i = 0; i < 60; i++) {
        store.update(Kinds.DESTINATION_RULE, rule("a", large + i), 0);
      }
      assertThat(Files.size(only("journal-"))).isLessThan(5 << 20);
      assertThat(only("snapshot-").getFileName()).isNotEqualTo(Path.of("snapshot-1"));
    }
    assertThat(reasonOf(folder())).isEqualTo("opened 61");
  }

  @Test
  void oneProcessHoldsTheFolderAndItIsPrivate() throws IOException {
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      assertThat(store.revision()).isZero();
      assertThat(reasonOf(folder())).isEqualTo("SELV-7012");
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())))
        .isEqualTo("rwx------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(only("journal-"))))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(folder(), PosixFilePermissions.fromString("rwxr-x---"));
    assertThat(reasonOf(folder())).isEqualTo("SELV-7011");
    assertThat(reasonOf(Files.writeString(temporary.resolve("file"), ""))).isEqualTo("SELV-7010");
  }

  @Test
  void aFailedWriteRefusesKeepsReadsAndHealsWithoutRestart() throws IOException {
    DataFolder data = DataFolder.open(folder());
    FileJournal.Opened opened = FileJournal.open(data);
    try (EmbeddedStore store =
        new EmbeddedStore(opened.journal(), opened.state(), java.time.Clock.systemUTC(), 10)) {
      store.create(Kinds.DESTINATION_RULE, rule("a", "1"));
      Path obstacle = Files.createDirectories(folder().resolve("snapshot.tmp/x"));
      // closes the file under the write, as an I/O error would
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> store.create(Kinds.DESTINATION_RULE, rule("b", "1")))
          .isInstanceOfSatisfying(
              StoreException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNAVAILABLE));
      assertThat(Thread.interrupted()).isTrue();
      assertThatThrownBy(() -> store.create(Kinds.DESTINATION_RULE, rule("b", "1")))
          .hasMessageContaining("nothing was changed");
      assertThat(store.list(Kinds.DESTINATION_RULE)).hasSize(1);
      Files.delete(obstacle);
      Files.delete(folder().resolve("snapshot.tmp"));
      store.create(Kinds.DESTINATION_RULE, rule("c", "1"));
      store.create(Kinds.DESTINATION_RULE, rule("d", "1"));
    }
    try (EmbeddedStore store = EmbeddedStore.open(folder())) {
      assertThat(store.list(Kinds.DESTINATION_RULE))
          .extracting(Resource::name)
          .containsExactly("a", "c", "d");
    }
  }
}
