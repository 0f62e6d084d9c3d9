package io.selvage.contract.jdbc;

import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** H2, two servers. */
class H2DatabasePolicyContractTest extends DatabasePolicyContract {
  private static H2Database primary;
  private static H2Database replica;

  @BeforeAll
  static void start(@TempDir Path folder) throws SQLException {
    primary = new H2Database(folder.resolve("a"), "shop");
    replica = new H2Database(folder.resolve("b"), "shop");
  }

  @AfterAll
  static void stop() {
    primary.close();
    replica.close();
  }

  @Override
  Database primary() {
    return primary;
  }

  @Override
  Database replica() {
    return replica;
  }
}
