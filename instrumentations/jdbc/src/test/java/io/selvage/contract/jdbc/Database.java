package io.selvage.contract.jdbc;

/** A database of one test class. */
interface Database extends AutoCloseable {
  /** Where it listens on loopback; 0 = embedded. */
  int port();

  /** URL for a host and port as an application writes them. */
  String url(String host, int port);

  String user();

  String system();

  String name();

  /** A statement that would run for about 20 seconds. */
  String slow();

  /** Ends every connection of its clients, as a crash does. */
  void cutConnections() throws Exception;

  @Override
  void close() throws Exception;
}
