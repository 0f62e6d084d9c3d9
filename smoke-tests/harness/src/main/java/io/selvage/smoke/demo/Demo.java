package io.selvage.smoke.demo;

import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs the samples in a mesh; with {@code --check} verifies what it claims and ends. */
public final class Demo {
  private Demo() {}

  /** Entry point of {@code ./demo}. */
  public static void main(String[] args) {
    List<String> given = Arrays.asList(args);
    int only = given.indexOf("--only");
    Set<Integer> numbers =
        only < 0
            ? Set.of()
            : Arrays.stream(given.get(only + 1).split(","))
                .map(Integer::valueOf)
                .collect(Collectors.toSet());
    boolean check = given.contains("--check") || only >= 0;
    System.exit(check ? check(numbers) : stay());
  }

  private static int check(Set<Integer> numbers) {
    List<String> rows = new ArrayList<>();
    int passed = 0;
    int failed = 0;
    long begun = System.nanoTime();
    System.out.println("starting controller and samples …");
    try (World world = World.start()) {
      System.out.printf(
          "up after %.1f s: %s%n",
          (System.nanoTime() - begun) / 1e9, world.bookinfo().url("/productpage"));
      for (Claim claim : Claims.all()) {
        if (!numbers.isEmpty() && !numbers.contains(claim.number())) {
          continue;
        }
        long start = System.nanoTime();
        String row;
        try {
          String figure = claim.check().look(world);
          passed++;
          row =
              String.format(
                  "ok    %2d  %-62s %s (%.1f s)",
                  claim.number(), claim.text(), figure, (System.nanoTime() - start) / 1e9);
        } catch (Exception | AssertionError e) {
          failed++;
          row =
              String.format(
                  "FAIL  %2d  %-62s %s",
                  claim.number(), claim.text(), e.getMessage() == null ? e : e.getMessage());
        }
        rows.add(row);
        System.out.println(row);
      }
      if (failed > 0) {
        keepLogs(world);
      }
    } catch (RuntimeException e) {
      failed++;
      System.out.println("FAIL      the demo does not start: " + e.getMessage());
    }
    System.out.println();
    System.out.println("demo: " + passed + " passed, " + failed + " failed");
    return failed == 0 && passed > 0 ? 0 : 1;
  }

  private static void keepLogs(World world) {
    System.out.println("logs: " + world.mesh().folder());
  }

  private static int stay() {
    System.out.println("starting controller and samples …");
    World world = World.start();
    Runtime.getRuntime().addShutdownHook(new Thread(world::close));
    world.mesh().apply(World.reviewsSplit("v1", "80", "v2", "10", "v3", "10"));
    Waiting.pause(Duration.ofSeconds(1));
    Load.Answers answers =
        Load.run(
            world.bookinfo().url("/api/v1/products/0/reviews"), 500, 8, Claims::reviewsVersion);
    System.out.println();
    System.out.println(
        "  page                 " + world.bookinfo().url("/productpage") + "   (add ?u=jason)");
    System.out.println("  kubectl              export KUBECONFIG=" + world.mesh().kubeconfig());
    System.out.println(
        "  agents               SELVAGE_DEV_DIR="
            + world.mesh().folder().resolve("controller")
            + " bin/selvage status");
    System.out.println(
        "  500 requests 80/10/10 "
            + answers.byLabel()
            + ", median "
            + Math.round(answers.medianMillis() * 10) / 10.0
            + " ms");
    System.out.println();
    System.out.println(world.mesh().selvage("status").out());
    System.out.println("Ctrl-C ends it; ./demo --check verifies every claim.");
    while (true) {
      Waiting.pause(Duration.ofMillis(200));
      try {
        Load.get(world.bookinfo().url("/productpage"));
      } catch (RuntimeException ending) {
        // Ctrl-C ends the samples before this thread
        Waiting.pause(Duration.ofSeconds(1));
      }
    }
  }
}
