package io.selvage.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
  @TempDir Path temp;

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private final AgentLog log =
      new AgentLog(
          new PrintStream(lines, true, StandardCharsets.UTF_8),
          AgentLog.Level.INFO,
          System::nanoTime);

  private File open(String controller, Path folder) {
    Map<String, String> properties = new HashMap<>(Map.of("selvage.data-dir", folder.toString()));
    if (controller != null) {
      properties.put("selvage.controller", controller);
    }
    Settings settings = Settings.of(properties, Map.of(), null);
    return DataFolder.of(settings, WorkloadFacts.of(settings, "127.0.0.1", new ArrayList<>()), log);
  }

  @Test
  void isMadeForTheOwnerAlone() throws Exception {
    File folder = open("127.0.0.1:1", temp.resolve("a/b"));
    assertThat(folder).isDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.toPath())))
        .isEqualTo("rwx------");
    assertThat(lines.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void isNotMadeWhereThereIsNoMesh() {
    assertThat(open(null, temp.resolve("none"))).isNull();
    assertThat(temp.resolve("none")).doesNotExist();
  }

  @Test
  void whatCannotBeUsedIsOneLineThatSaysWhatToDo() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));
    assertThat(open("127.0.0.1:1", file.resolve("below"))).isNull();
    assertThat(lines.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("WARN [SELV-1031] (Settings selvage.data-dir)")
        .contains("Fix:");
  }
}
