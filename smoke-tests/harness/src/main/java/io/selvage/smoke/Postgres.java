package io.selvage.smoke;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real PostgreSQL of the machine on loopback, with a hot standby of it if wanted; data in a
 * temporary folder. Runs as {@code postgres} where the tests run as root.
 */
public final class Postgres implements AutoCloseable {
  private static final List<String> HOMES =
      List.of(
          "/usr/lib/postgresql/17/bin",
          "/usr/lib/postgresql/16/bin",
          "/usr/lib/postgresql/15/bin",
          "/usr/bin");

  private final Path home;
  private final Path folder;
  private final int port = Checkout.freePort();

  private Postgres(Path home) {
    this.home = home;
    try {
      folder = Files.createTempDirectory("selvage-orders-db");
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path home() {
    for (String home : HOMES) {
      if (Files.isExecutable(Path.of(home, "initdb"))
          && Files.isExecutable(Path.of(home, "pg_basebackup"))) {
        return Path.of(home);
      }
    }
    return null;
  }

  /** Whether PostgreSQL is installed (Debian: postgresql). */
  public static boolean isInstalled() {
    return home() != null;
  }

  /** A new, empty server. */
  public static Postgres start() {
    Postgres server = new Postgres(home());
    server.run("initdb", "-D", server.data(), "-U", "postgres", "-A", "trust", "--no-sync");
    server.up();
    return server;
  }

  /** A hot standby that follows this server. */
  public Postgres standby() {
    Postgres standby = new Postgres(home);
    standby.run(
        "pg_basebackup",
        "-h",
        "127.0.0.1",
        "-p",
        "" + port,
        "-U",
        "postgres",
        "-D",
        standby.data(),
        "-R",
        "-X",
        "stream",
        "-c",
        "fast");
    standby.up();
    return standby;
  }

  private void up() {
    String options =
        "-p "
            + port
            + " -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
            + " -c max_connections=40";
    String log = folder.resolve("log").toString();
    run("pg_ctl", "-D", data(), "-w", "-t", "60", "-l", log, "-o", options, "start");
  }

  public int port() {
    return port;
  }

  /** Runs one statement as the superuser; its rows as psql prints them. */
  public String sql(String statement) {
    return run("psql", "-h", "127.0.0.1", "-p", "" + port, "-U", "postgres", "-Atc", statement)
        .strip();
  }

  /** Ends it as a crash does. */
  public void crash() {
    run("pg_ctl", "-D", data(), "-m", "immediate", "-w", "stop");
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private String run(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.add(home.resolve(program).toString());
    command.addAll(List.of(arguments));
    return Cli.run(Map.of(), null, Duration.ofSeconds(90), command).orFail(program).out();
  }

  @Override
  public void close() {
    Cli.run(Map.of(), null, Duration.ofSeconds(30), stop());
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> stop() {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.addAll(
        List.of(home.resolve("pg_ctl").toString(), "-D", data(), "-m", "immediate", "-w", "stop"));
    return command;
  }
}
