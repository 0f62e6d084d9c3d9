package io.selvage.differential;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Counts agreements and disagreements of all scenario classes, and closes the run with one line.
 *
 * <p>Each scenario class is {@code @ExtendWith(Differential.class)}. A disagreement is printed with
 * its seed and written to a file as soon as it is found; the test that found it fails at its end
 * ({@link Scenario#close}).
 */
final class Differential implements BeforeAllCallback {
  private static final int SHOWN = 20;
  private static final Map<String, long[]> COUNTS = new TreeMap<>();

  /** Everything ({@code ./verify --differential}), or the fixed subset of ordinary builds. */
  static final boolean FULL = Boolean.getBoolean("differential.full");

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(Differential.class))
        .getOrComputeIfAbsent(Summary.class, key -> new Summary());
  }

  /** How many of something: all in the full run, else the first few. */
  static int count(int full, int subset) {
    return FULL ? full : subset;
  }

  static Scenario scenario(String name, long seed) {
    System.out.println("differential: " + name + ", seed " + seed);
    return new Scenario(name, seed);
  }

  /** One class of scenarios with its seed; fails when closed if anything disagreed. */
  static final class Scenario implements AutoCloseable {
    private final String name;
    private final long seed;
    private final List<String> disagreements = new ArrayList<>();
    private long agreed;
    private long disagreed;

    private Scenario(String name, long seed) {
      this.name = name;
      this.seed = seed;
    }

    /** Both sides are the same. */
    void agreed() {
      agreed++;
    }

    /** Compares two decisions of one call; true = they are the same. */
    boolean compare(String configuration, Call call, Decision envoy, Decision engine) {
      return judge(configuration, call.toString(), envoy.differences(engine));
    }

    /**
     * Takes the result of a comparison.
     *
     * @param differences in words; empty = both sides are the same
     */
    boolean judge(String configuration, String call, List<String> differences) {
      if (differences.isEmpty()) {
        agreed++;
        return true;
      }
      disagreed++;
      String report =
          "%s, seed %d: %s%n  %s%n%s%n"
              .formatted(name, seed, call, String.join("\n  ", differences), configuration);
      String title = configuration.split("\n")[0];
      keep(title, configuration);
      append(call + "\t" + String.join(" | ", differences) + "\t" + title);
      if (disagreements.size() < SHOWN) {
        disagreements.add(report);
        System.out.println("differential: DISAGREED " + report);
        write(report);
      }
      return false;
    }

    /** A configuration on which the sides disagree, by its first line. */
    private static void keep(String title, String configuration) {
      Path file = out().resolve("on").resolve(title.replaceAll("\\W+", "-") + ".txt");
      try {
        Files.createDirectories(file.getParent());
        Files.writeString(file, configuration);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** All of them, one a line, for whoever counts kinds. */
    private void append(String line) {
      Path file = out().resolve(name.replaceAll("\\W+", "-") + ".tsv");
      try {
        Files.createDirectories(out());
        Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void write(String report) {
      Path file = out().resolve(name.replaceAll("\\W+", "-") + "-" + disagreed + ".txt");
      try {
        Files.createDirectories(out());
        Files.writeString(file, report);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      synchronized (COUNTS) {
        long[] counts = COUNTS.computeIfAbsent(name, n -> new long[2]);
        counts[0] += agreed;
        counts[1] += disagreed;
      }
      System.out.printf("differential: %s: %d agreed, %d disagreed%n", name, agreed, disagreed);
      if (disagreed > 0) {
        throw new AssertionError(
            disagreed + " disagreements, the first of them:\n" + String.join("\n", disagreements));
      }
    }
  }

  static Path out() {
    return Path.of(System.getProperty("differential.out", "target/differential"));
  }

  /** Closed by JUnit after the last class. */
  private static final class Summary
      implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    @Override
    public void close() throws IOException {
      long agreed = 0;
      long disagreed = 0;
      synchronized (COUNTS) {
        for (long[] counts : COUNTS.values()) {
          agreed += counts[0];
          disagreed += counts[1];
        }
      }
      String line = "differential: " + agreed + " agreed, " + disagreed + " disagreed";
      System.out.println(line);
      Files.createDirectories(out());
      Files.writeString(out().resolve("summary.txt"), line + "\n");
    }
  }
}
