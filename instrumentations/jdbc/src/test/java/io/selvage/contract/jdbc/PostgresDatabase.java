package io.selvage.contract.jdbc;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A private PostgreSQL cluster in a temporary folder, run as {@code postgres} where the tests run
 * as root.
 */
final class PostgresDatabase implements Database {
  private static final List<String> HOMES =
      List.of(
          "/usr/lib/postgresql/17/bin",
          "/usr/lib/postgresql/16/bin",
          "/usr/lib/postgresql/15/bin",
          "/usr/bin");

  private final Path home;
  private final Path folder;
  private final int port;

  private PostgresDatabase(Path home) throws IOException, InterruptedException {
    this.home = home;
    this.folder =
        Files.createTempDirectory(
            "selvage-postgres",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxrwxrwx")));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    run("initdb", "-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
    run(
        "pg_ctl",
        "-D",
        data(),
        "-w",
        "-t",
        "60",
        "-l",
        folder.resolve("log").toString(),
        "-o",
        "-p " + port + " -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off",
        "start");
  }

  /** Null when PostgreSQL is not installed. */
  static @Nullable PostgresDatabase start() throws IOException, InterruptedException {
    for (String home : HOMES) {
      if (Files.isExecutable(Path.of(home, "initdb"))
          && Files.isExecutable(Path.of(home, "pg_ctl"))) {
        return new PostgresDatabase(Path.of(home));
      }
    }
    return null;
  }

  private String data() {
    return folder.resolve("data").toString();
  }

  private void run(String program, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    if ("root".equals(System.getProperty("user.name"))) {
      command.addAll(List.of("runuser", "-u", "postgres", "--"));
    }
    command.add(home.resolve(program).toString());
    command.addAll(List.of(arguments));
    Path output = Files.createTempFile("selvage-postgres", ".out");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean over = process.waitFor(90, TimeUnit.SECONDS);
    String said = Files.readString(output);
    Files.delete(output);
    if (!over || process.exitValue() != 0) {
      throw new IOException(program + " has failed: " + said);
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public String url(String host, int asked) {
    return "jdbc:postgresql://" + host + ":" + asked + "/postgres?sslmode=disable";
  }

  @Override
  public String user() {
    return "postgres";
  }

  @Override
  public String system() {
    return "postgresql";
  }

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public String slow() {
    return "SELECT pg_sleep(20)";
  }

  @Override
  public void cutConnections() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url("127.0.0.1", port), user(), "");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    run("pg_ctl", "-D", data(), "-m", "immediate", "-w", "stop");
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
