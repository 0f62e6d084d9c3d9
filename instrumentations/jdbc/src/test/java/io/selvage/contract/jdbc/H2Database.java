package io.selvage.contract.jdbc;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import org.h2.tools.Server;

/** H2 as a server on loopback, or embedded. */
final class H2Database implements Database {
  private final String name;
  private final String folder;
  private Server server;

  H2Database(boolean remote) throws SQLException {
    this(remote, "t" + UUID.randomUUID().toString().replace("-", ""), "");
  }

  /** A server with content of its own under a name that others may have too. */
  H2Database(Path folder, String name) throws SQLException {
    this(true, name, folder.toString());
  }

  private H2Database(boolean remote, String name, String folder) throws SQLException {
    this.name = name;
    this.folder = folder;
    server = remote ? server(0) : null;
  }

  private Server server(int port) throws SQLException {
    String number = String.valueOf(port);
    return folder.isEmpty()
        ? Server.createTcpServer("-tcpPort", number, "-ifNotExists").start()
        : Server.createTcpServer("-tcpPort", number, "-ifNotExists", "-baseDir", folder).start();
  }

  @Override
  public int port() {
    return server == null ? 0 : server.getPort();
  }

  @Override
  public String url(String host, int port) {
    String where =
        server == null
            ? "jdbc:h2:mem:" + name
            : "jdbc:h2:tcp://" + host + ":" + port + (folder.isEmpty() ? "/mem:" : "/./") + name;
    return where + ";DB_CLOSE_DELAY=-1";
  }

  @Override
  public String user() {
    return "sa";
  }

  @Override
  public String system() {
    return "h2database";
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String slow() {
    return "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 2000000000) WHERE X > 5";
  }

  @Override
  public void cutConnections() throws SQLException {
    int port = port();
    server.stop();
    server = server(port);
  }

  @Override
  public void close() {
    if (server != null) {
      server.stop();
    }
  }
}
