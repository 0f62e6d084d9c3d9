package io.selvage.instrumentation.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DatabaseUrlTest {
  @ParameterizedTest
  @CsvSource({
    "jdbc:postgresql://db:5433/shop?user=u&password=secret, postgresql, db, 5433, shop",
    "jdbc:postgresql://db/shop, postgresql, db, 5432, shop",
    "'jdbc:postgresql://one:1,two:2/shop', postgresql, one, 1, shop",
    "jdbc:postgresql:shop, postgresql, localhost, 5432, shop",
    "jdbc:postgresql://[::1]:5433/shop, postgresql, ::1, 5433, shop",
    "jdbc:mysql://user:secret@db:3307/shop, mysql, db, 3307, shop",
    "jdbc:h2:tcp://db:9092/~/shop;USER=sa, h2database, db, 9092, shop",
    "jdbc:h2:tcp://db/mem:shop, h2database, db, 9092, shop",
    "jdbc:h2:mem:shop;DB_CLOSE_DELAY=-1, h2database, '', 0, shop",
    "jdbc:h2:file:/var/lib/shop, h2database, '', 0, shop",
    "jdbc:sqlserver://db:1433;databaseName=shop, microsoft.sql_server, db, 1433, ''",
    "nonsense, other_sql, '', 0, ''",
    "jdbc:, other_sql, '', 0, ''"
  })
  void readsUrls(String url, String system, String host, int port, String database) {
    assertThat(DatabaseUrl.parse(url)).isEqualTo(new DatabaseUrl(system, host, port, database));
  }

  @Test
  void neverShowsAPassword() {
    assertThat(DatabaseUrl.parse("jdbc:mysql://user:secret@db:3307/shop").toString())
        .doesNotContain("secret");
  }
}
