package bookinfo.ratings;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.h2.tools.Server;

/** The database server of the sample: H2 over TCP with two ratings in it. */
final class Database {
  private Database() {}

  static void serve(int port) throws Exception {
    try (Connection c = DriverManager.getConnection("jdbc:h2:mem:ratings;DB_CLOSE_DELAY=-1", "sa", "");
        Statement s = c.createStatement()) {
      s.execute("create table if not exists ratings(reviewer varchar primary key, stars int)");
      s.execute("merge into ratings values('Reviewer1', 5), ('Reviewer2', 4)");
    }
    Server server = Server.createTcpServer("-tcpPort", Integer.toString(port), "-tcpAllowOthers").start();
    System.out.println("ratings-db listens on " + server.getPort());
    Thread.currentThread().join();
  }
}
