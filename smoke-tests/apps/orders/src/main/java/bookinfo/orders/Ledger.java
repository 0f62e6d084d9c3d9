package bookinfo.orders;

import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** The table of orders. */
@Service
public class Ledger {
  private final JdbcTemplate jdbc;

  Ledger(JdbcTemplate jdbc) {
    this.jdbc = jdbc;
  }

  /** How many there are, and the port of the server that says so. */
  @Transactional(readOnly = true)
  public Map<String, Object> count() {
    return jdbc.queryForMap("select count(*) as orders, current_setting('port') as port from orders");
  }

  @Transactional
  public Map<String, Object> add(String item) {
    jdbc.update("insert into orders (item) values (?)", item);
    return jdbc.queryForMap("select count(*) as orders, current_setting('port') as port from orders");
  }

  @Transactional(readOnly = true)
  public Map<String, Object> sleep(int seconds) {
    return jdbc.queryForMap("select current_setting('port') as port, 1 as slept from pg_sleep(?)", seconds);
  }
}
