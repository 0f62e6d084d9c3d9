package io.selvage.controller.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("audit.log");
    for (int run = 0; run < 2; run++) {
      append(3);
    }
  }

  private void append(int count) throws IOException {
    try (AuditLog log = AuditLog.open(file, Clock.systemUTC())) {
      for (int i = 0; i < count; i++) {
        log.append(
            new AuditLog.Entry("id" + i, "127.0.0.1", "admin", "POST /x" + i, 201, "a", "b", "c"));
      }
    }
  }

  @Test
  void theChainGoesOnAcrossRestarts() throws IOException {
    AuditLog.Verdict verdict = AuditLog.verify(file);
    assertThat(verdict.entries()).isEqualTo(6);
    assertThat(verdict.brokenAt()).isZero();
    assertThat(Files.readString(file)).contains("\"seq\":6");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aChangedRemovedOrInsertedLineIsFound() throws IOException {
    List<String> good = Files.readAllLines(file);
    List<String> changed = new ArrayList<>(good);
    changed.set(2, good.get(2).replace("admin", "nobody"));
    assertThat(brokenAt(changed)).isEqualTo(3);
    List<String> removed = new ArrayList<>(good);
    removed.remove(3);
    assertThat(brokenAt(removed)).isEqualTo(4);
    List<String> inserted = new ArrayList<>(good);
    inserted.add(1, good.get(4));
    assertThat(brokenAt(inserted)).isEqualTo(2);
    List<String> garbage = new ArrayList<>(good);
    garbage.set(5, "{");
    assertThat(brokenAt(garbage)).isEqualTo(6);
  }

  @Test
  void aBreakStaysVisibleAfterFurtherLines() throws IOException {
    List<String> changed = new ArrayList<>(Files.readAllLines(file));
    changed.set(2, changed.get(2).replace("admin", "nobody"));
    Files.write(file, changed);
    append(2);
    assertThat(AuditLog.verify(file).brokenAt()).isEqualTo(3);
    assertThat(AuditLog.verify(file).entries()).isEqualTo(8);
  }

  @Test
  void halfALineOfAKilledProcessIsDropped() throws IOException {
    Files.writeString(file, "{\"seq\":7,\"ti", StandardOpenOption.APPEND);
    append(1);
    assertThat(AuditLog.verify(file)).extracting(v -> v.brokenAt()).isEqualTo(0L);
    assertThat(AuditLog.verify(file).entries()).isEqualTo(7);
  }

  private long brokenAt(List<String> lines) throws IOException {
    return AuditLog.verify(Files.write(folder.resolve("copy"), lines)).brokenAt();
  }
}
