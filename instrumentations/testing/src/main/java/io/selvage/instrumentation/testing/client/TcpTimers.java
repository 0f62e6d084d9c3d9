package io.selvage.instrumentation.testing.client;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;

/** What the system says of the timers of established TCP connections (Linux). */
public final class TcpTimers {
  /** Ticks of {@code /proc/net/tcp} in a second, whatever the kernel's own are. */
  private static final int USER_HZ = 100;

  private TcpTimers() {}

  /**
   * Seconds until the next keepalive probe of each connection to a port that has one; a system that
   * does not tell skips the test.
   */
  public static List<Long> keepaliveTo(int port) {
    List<Long> seconds = new ArrayList<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      Path file = Path.of(table);
      Assumptions.assumeTrue(Files.isReadable(file), "the system does not tell of TCP timers");
      try {
        for (String line : Files.readAllLines(file)) {
          add(line.strip().split("\\s+"), port, seconds);
        }
      } catch (IOException gone) {
        throw new IllegalStateException(gone);
      }
    }
    return seconds;
  }

  /** Columns: sl, local, remote, state (01 = established), queues, timer:when (02 = keepalive). */
  private static void add(String[] columns, int port, List<Long> seconds) {
    String remote = String.format(Locale.ROOT, ":%04X", port);
    if (columns.length > 5
        && columns[2].endsWith(remote)
        && columns[3].equals("01")
        && columns[5].startsWith("02:")) {
      seconds.add(Long.parseLong(columns[5].substring(3), 16) / USER_HZ);
    }
  }
}
