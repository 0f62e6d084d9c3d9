package bookinfo.ratings;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The table of ratings behind a connection pool. */
final class Store {
  private final HikariDataSource pool;

  Store(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername("sa");
    config.setPassword("");
    config.setMaximumPoolSize(8);
    config.setMinimumIdle(1);
    config.setConnectionTimeout(5000);
    config.setInitializationFailTimeout(-1);
    pool = new HikariDataSource(config);
  }

  Map<String, Integer> ratings() throws SQLException {
    Map<String, Integer> stars = new LinkedHashMap<>();
    try (Connection c = pool.getConnection();
        PreparedStatement s = c.prepareStatement("select reviewer, stars from ratings where stars > ? order by reviewer")) {
      s.setInt(1, 0);
      try (ResultSet rows = s.executeQuery()) {
        while (rows.next()) {
          stars.put(rows.getString(1), rows.getInt(2));
        }
      }
    }
    return stars;
  }
}
