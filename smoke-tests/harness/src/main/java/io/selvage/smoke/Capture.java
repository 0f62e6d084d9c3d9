package io.selvage.smoke;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** All bytes on loopback to and from some ports, by tcpdump; needs root. */
public final class Capture implements AutoCloseable {
  private final Child tcpdump;
  private final Path file;

  private Capture(Child tcpdump, Path file) {
    this.tcpdump = tcpdump;
    this.file = file;
  }

  /** Starts and waits until it captures. */
  public static Capture ofPorts(Path folder, List<Integer> ports) {
    String filter = String.join(" or ", ports.stream().map(p -> "tcp port " + p).toList());
    Path file = folder.resolve("capture-" + System.nanoTime() + ".pcap");
    Child child =
        Child.start(
            "tcpdump-" + System.nanoTime(),
            folder,
            Map.of(),
            List.of(
                "tcpdump",
                "-i",
                "lo",
                "-U",
                // else the kernel hands packets over once a second, and those of the last one are
                // lost
                "--immediate-mode",
                "-s",
                "0",
                "-B",
                "65536",
                "-Z",
                "root",
                "-w",
                file.toString(),
                filter));
    child.awaitLog("listening on", Duration.ofSeconds(10));
    return new Capture(child, file);
  }

  /** Stops capturing and returns the bytes as Latin-1. */
  public String stop() {
    Waiting.pause(Duration.ofMillis(500));
    tcpdump.close();
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    tcpdump.close();
  }
}
