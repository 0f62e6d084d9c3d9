package io.selvage.engine.match;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What counts as a write. */
class SqlJudgeTest {
  /** One line of the table: effect, dialect, statement. */
  record Case(String effect, SqlDialect dialect, String sql) {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String line : table().split("\n")) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      String[] parts = line.split(" +", 3);
      SqlDialect dialect =
          switch (parts[1]) {
            case "pg" -> SqlDialect.POSTGRESQL;
            case "h2" -> SqlDialect.H2;
            case "mysql" -> SqlDialect.MYSQL;
            default -> SqlDialect.OTHER;
          };
      cases.add(new Case(parts[0], dialect, unescaped(parts[2])));
    }
    return cases;
  }

  private static String unescaped(String text) {
    return text.replace("⏎", "\n").replace("␍", "\r").replace("⍽", "\u00a0").replace("␀", "\0");
  }

  private static String table() {
    try (InputStream in = SqlJudgeTest.class.getResourceAsStream("/sql-cases.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SqlVerdict judge(String sql, SqlDialect dialect) {
    return SqlJudge.judge(sql, dialect, Set.of("MY_REPORT", "STATS.TOTALS"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judges(Case one) {
    SqlVerdict verdict = judge(one.sql(), one.dialect());
    assertThat(verdict.effect().name()).as("%s: %s", one.sql(), verdict).isEqualTo(one.effect());
    assertThat(verdict.reason().isEmpty()).isEqualTo(!verdict.writes());
  }

  @Test
  void theTableIsLarge() {
    assertThat(cases()).hasSizeGreaterThan(200);
  }

  /** Whatever surrounds it, a change stays a change. */
  @ParameterizedTest
  @MethodSource("cases")
  void aWriteStaysAWriteInOtherClothes(Case one) {
    if (!one.effect().equals("WRITE")) {
      return;
    }
    for (String sql :
        List.of(
            "/* SELECT */ " + one.sql(),
            "-- SELECT 1\n" + one.sql(),
            "SELECT 1;\n" + one.sql(),
            "\ufeff" + one.sql(),
            "((" + one.sql() + "))",
            one.sql() + "\n; SELECT 1")) {
      assertThat(judge(sql, one.dialect()).writes()).as(sql).isTrue();
    }
  }

  @Test
  void namesTheTables() {
    assertThat(judge("SELECT * FROM a JOIN s.\"B\" ON true", SqlDialect.POSTGRESQL).tables())
        .containsExactly("a", "s.B");
    assertThat(judge("INSERT INTO t (x) SELECT 1 FROM u", SqlDialect.POSTGRESQL).tables())
        .containsExactly("t", "u");
    assertThat(
            judge("SELECT extract(year FROM d) FROM t FOR UPDATE", SqlDialect.POSTGRESQL).tables())
        .containsExactly("t");
    assertThat(judge("TRUNCATE TABLE t", SqlDialect.POSTGRESQL).tables()).containsExactly("t");
  }

  @Test
  void neverThrowsAndNeverCallsADamagedWriteARead() {
    Random random = new Random(20_261_120);
    List<Case> cases = cases();
    String marks = "'\"`;/*-#$()[]{}\\ \n\r\0\u00a0Eq";
    for (int i = 0; i < 20_000; i++) {
      Case one = cases.get(random.nextInt(cases.size()));
      StringBuilder text = new StringBuilder(one.sql());
      for (int n = random.nextInt(4); n >= 0; n--) {
        text.insert(
            random.nextInt(text.length() + 1), marks.charAt(random.nextInt(marks.length())));
      }
      assertThat(judge(text.toString(), one.dialect())).isNotNull();
      String after = text + "; DELETE FROM t";
      SqlVerdict open = judge(after, one.dialect());
      boolean inside = judge(text.toString(), one.dialect()).reason().contains("without end");
      assertThat(open.writes() || inside || endsInComment(text.toString())).as(after).isTrue();
    }
  }

  private static boolean endsInComment(String text) {
    String last = text.substring(Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1);
    return last.contains("--") || last.contains("#");
  }
}
