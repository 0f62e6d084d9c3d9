package io.selvage.smoke;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Where things are in a checkout: the jars that are shipped, the samples, the launcher. */
public final class Checkout {
  private static final Set<Integer> GIVEN = new HashSet<>();

  private Checkout() {}

  /**
   * The root of the repository: system property {@code selvage.root}, or the nearest folder above
   * with the launcher in it.
   */
  public static Path root() {
    String set = System.getProperty("selvage.root");
    Path at = Path.of(set == null ? "" : set).toAbsolutePath();
    while (at != null && !Files.exists(at.resolve("agent-bootstrap/pom.xml"))) {
      at = at.getParent();
    }
    if (at == null) {
      throw new IllegalStateException("no checkout around " + Path.of("").toAbsolutePath());
    }
    return at;
  }

  public static Path agentJar() {
    return built(root().resolve("agent/dist/target/selvage-agent.jar"));
  }

  public static Path controllerJar() {
    return built(root().resolve("controller/target/selvage-controller.jar"));
  }

  public static Path app(String name) {
    return built(root().resolve("smoke-tests/apps/" + name + "/target/" + name + ".jar"));
  }

  public static Path launcher() {
    return root().resolve("bin/selvage");
  }

  /** Published data beside the checkout; null when it is not there. */
  public static Path sharedData() {
    String set = System.getenv("SELVAGE_SHARED");
    Path data =
        (set == null ? root().resolve("../shared") : Path.of(set)).resolve("data").normalize();
    return Files.isDirectory(data) ? data : null;
  }

  private static Path built(Path jar) {
    if (!Files.exists(jar)) {
      throw new IllegalStateException(jar + " is not built; run ./verify or mvn package first");
    }
    return jar;
  }

  /** A TCP port of loopback that is free now and was not given out before. */
  public static synchronized int freePort() {
    for (int i = 0; i < 100; i++) {
      try (ServerSocket s = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        if (GIVEN.add(s.getLocalPort())) {
          return s.getLocalPort();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new IllegalStateException("no free port");
  }
}
