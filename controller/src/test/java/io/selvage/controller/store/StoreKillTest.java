package io.selvage.controller.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ResourceKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills a writing process at random moments: nothing acknowledged is lost, nothing is damaged. */
class StoreKillTest {
  private static final int KILLS = Integer.getInteger("selvage.test.kills", 20);

  @TempDir Path temporary;

  private final Map<String, String> acknowledged = new HashMap<>();
  private final Random random = new Random(20261120);
  private long lastRevision;

  @Test
  void killedAtRandomLosesNothingAcknowledged() throws Exception {
    Path folder = temporary.resolve("store");
    int writes = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      writes += writeAndKill(folder, kill);
      try (EmbeddedStore store = EmbeddedStore.open(folder)) {
        // at most the one write in flight may be there without having been acknowledged
        assertThat(store.revision()).isBetween(lastRevision, lastRevision + 1);
        boolean oneMore = store.revision() > lastRevision;
        int differing = differing(store);
        assertThat(differing).as("after kill %d", kill).isLessThanOrEqualTo(oneMore ? 1 : 0);
        remember(store);
      }
    }
    assertThat(writes).isGreaterThan(KILLS);
  }

  @Test
  void aDiskThatTakesNoMoreLosesNothingAcknowledged() throws Exception {
    Path shell = Path.of("/bin/bash");
    assumeTrue(Files.isExecutable(shell), "no bash to set a limit of file size");
    Path folder = temporary.resolve("store");
    List<String> limited = new ArrayList<>(List.of(shell.toString(), "-c"));
    // in KiB; the writer ends by the refusal of its first write beyond
    limited.addAll(List.of("ulimit -f 96 && exec \"$@\"", "limited"));
    limited.addAll(command(folder, 7));
    int writes = readAcknowledged(new ProcessBuilder(limited).start(), Integer.MAX_VALUE);
    assertThat(writes).isGreaterThan(10);
    try (EmbeddedStore store = EmbeddedStore.open(folder)) {
      assertThat(store.revision()).isEqualTo(lastRevision);
      assertThat(differing(store)).isZero();
    }
  }

  private static List<String> command(Path folder, int seed) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xshare:auto",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        StoreWriter.class.getName(),
        folder.toString(),
        Integer.toString(seed));
  }

  private int writeAndKill(Path folder, int seed) throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(command(folder, seed))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return readAcknowledged(child, 1 + random.nextInt(120));
  }

  private int readAcknowledged(Process child, int killAfter)
      throws IOException, InterruptedException {
    int writes = 0;
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = lines.readLine()) != null) {
        String[] words = line.split(" ");
        if (words[0].equals("ack") && words.length == 4) {
          acknowledged.put(words[2], words[3]);
          lastRevision = Long.parseLong(words[1]);
          writes++;
        }
        if (writes == killAfter) {
          // the handle leaves the pipe open: lines already printed are read and counted too
          child.toHandle().destroyForcibly();
        }
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    return writes;
  }

  private int differing(EmbeddedStore store) {
    int differing = 0;
    for (int i = 0; i < 40; i++) {
      String name = "r" + i;
      if (!acknowledged.getOrDefault(name, "-").equals(stored(store, name))) {
        differing++;
      }
    }
    return differing;
  }

  private void remember(EmbeddedStore store) {
    lastRevision = store.revision();
    for (int i = 0; i < 40; i++) {
      acknowledged.put("r" + i, stored(store, "r" + i));
    }
  }

  private static String stored(EmbeddedStore store, String name) {
    return store
        .get(new ResourceKey(Kinds.DESTINATION_RULE, "shop", name))
        .map(r -> Integer.toString(r.spec().path("host").asText().hashCode()))
        .orElse("-");
  }
}
