package io.selvage.smoke.demo;

import static io.selvage.smoke.demo.Claim.that;

import io.selvage.smoke.Bookinfo;
import io.selvage.smoke.DevMesh;
import io.selvage.smoke.Load;
import io.selvage.smoke.Waiting;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;

/** Certificates of 60 s under steady load, in a mesh of their own. */
final class RotationClaim {
  private RotationClaim() {}

  static String rotates(World ignored) {
    try (DevMesh mesh = DevMesh.up("rotation")) {
      mesh.workloadEnv().put("SELVAGE_CERTIFICATE_LIFETIME", "60s");
      mesh.apply(World.STRICT);
      Bookinfo bookinfo = new Bookinfo(mesh);
      bookinfo.start("details", "productpage");
      Waiting.until(
          "the first answer",
          Duration.ofSeconds(30),
          () -> Load.get(bookinfo.url("/api/v1/products/0")).statusCode() == 200);
      Set<String> serials = new TreeSet<>();
      Set<String> keys = new TreeSet<>();
      AtomicBoolean stop = new AtomicBoolean();
      Thread watch = new Thread(() -> watch(mesh, serials, keys, stop), "watch");
      watch.setDaemon(true);
      watch.start();
      Load.Answers answers =
          Load.run(bookinfo.url("/api/v1/products/0"), 24_000, 16, 100, r -> "" + r.statusCode());
      stop.set(true);
      join(watch);
      that(answers.of("200") == 24_000, answers.byLabel().toString());
      synchronized (serials) {
        that(serials.size() - 2 >= 6, "only certificates " + serials);
        that(
            keys.size() == serials.size(),
            serials.size() + " certificates but " + keys.size() + " keys");
        return "24000 requests, 0 failures, "
            + (serials.size() - 2)
            + " rotations on two sides, each with a key of its own";
      }
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void watch(
      DevMesh mesh, Set<String> serials, Set<String> keys, AtomicBoolean stop) {
    while (!stop.get()) {
      mesh.status()
          .path("agents")
          .forEach(
              agent -> {
                synchronized (serials) {
                  serials.add(agent.at("/certificate/serial").asText());
                  keys.add(agent.at("/certificate/keyHash").asText());
                }
              });
      Waiting.pause(Duration.ofSeconds(3));
    }
  }
}
