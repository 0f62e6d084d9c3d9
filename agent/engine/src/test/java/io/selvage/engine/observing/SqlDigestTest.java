package io.selvage.engine.observing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlDigestTest {
  @ParameterizedTest
  @CsvSource(
      value = {
        "SELECT * FROM t WHERE a = 'secret'|SELECT * FROM t WHERE a = ?|SELECT|t",
        "select a1 from t2 where x=1.5e3|select a1 from t2 where x=?|SELECT|t2",
        "SELECT * FROM t WHERE a IN (1, 2,'x')|SELECT * FROM t WHERE a IN (?)|SELECT|t",
        "INSERT INTO u(a,b) VALUES ('it''s', 0xFF)|INSERT INTO u(a,b) VALUES (?)|INSERT|u",
        "UPDATE \"T\" SET a = 'x\\'y' -- secret 1|UPDATE \"T\" SET a = ?|UPDATE|\"T\"",
        "/* secret */ DELETE FROM s.t|DELETE FROM s.t|DELETE|s.t",
        "SELECT $$secret$$, $1, $tag$ it's $tag$|SELECT ?, $1, ?|SELECT|''",
        "SELECT a FROM t WHERE b = ? AND c = :name|SELECT a FROM t WHERE b = ? AND c = :name|SELECT|t",
        "SELECT 'open|SELECT ?|SELECT|''",
        "''|''|''|''"
      },
      delimiter = '|')
  void leavesNoLiteral(String sql, String text, String operation, String table) {
    SqlDigest digest = SqlDigest.of(sql.strip());
    assertThat(digest.text()).isEqualTo(text.equals("''") ? "" : text);
    assertThat(digest.operation()).isEqualTo(operation);
    assertThat(digest.collection()).isEqualTo(table);
  }

  @Test
  void whiteSpaceIsOneBlankAndLengthIsBounded() {
    assertThat(SqlDigest.of("SELECT\n\t 1\n FROM  t").text()).isEqualTo("SELECT ? FROM t");
    assertThat(SqlDigest.of("SELECT " + "a,".repeat(5000)).text().length()).isEqualTo(2000);
  }
}
