package io.selvage.engine.match;

import io.selvage.engine.match.SqlTokens.Kind;
import io.selvage.engine.match.SqlTokens.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tells statements that change data from those that do not, by their text alone; what it does not
 * understand is a write. Source of the rule: what PostgreSQL refuses in a read-only transaction,
 * and more: functions that are not known, and texts that databases read differently.
 *
 * <p>Not seen: what a view, rule, trigger, operator, cast or default of the database does.
 */
public final class SqlJudge {
  private static final Set<String> QUERIES = Set.of("SELECT", "VALUES", "TABLE", "WITH");
  private static final Set<String> SESSION =
      Set.of(
          "FETCH",
          "MOVE",
          "CLOSE",
          "START",
          "COMMIT",
          "ROLLBACK",
          "END",
          "ABORT",
          "SAVEPOINT",
          "RELEASE",
          "RESET",
          "DISCARD",
          "USE",
          "LISTEN",
          "UNLISTEN",
          "DEALLOCATE");
  private static final Set<String> AFTER_BEGIN =
      Set.of("TRANSACTION", "WORK", "TRAN", "ISOLATION", "READ", "NOT", "DEFERRABLE");
  private static final Set<String> CHANGES =
      words(
          """
          INSERT UPDATE DELETE MERGE UPSERT TRUNCATE DROP CREATE ALTER RENAME GRANT REVOKE CALL EXEC EXECUTE INTO LOCK NEXTVAL
          SETVAL DO COPY VACUUM REINDEX CLUSTER REFRESH NOTIFY PREPARED LOAD IMPORT OUTFILE DUMPFILE SHUTDOWN HANDLER
          """);
  private static final Set<String> SERVER_WIDE =
      Set.of(
          "GLOBAL", "PERSIST", "PERSIST_ONLY", "PASSWORD", "DB_CLOSE_DELAY", "PRAGMA", "TRIGGER");
  private static final Set<String> OWN_SCHEMAS =
      Set.of("PG_CATALOG", "INFORMATION_SCHEMA", "SYS", "DBO");

  private final Set<String> allowed;

  private static Set<String> words(String text) {
    return Set.copyOf(List.of(text.strip().split("\\s+")));
  }

  private SqlJudge(Set<String> allowed) {
    this.allowed = allowed;
  }

  /**
   * Judges a text of one or more statements. Never throws.
   *
   * @param allowedFunctions further functions that change nothing, upper case, with their schema if
   *     they are called with one
   */
  public static SqlVerdict judge(String sql, SqlDialect dialect, Set<String> allowedFunctions) {
    SqlTokens tokens = SqlTokens.of(sql, dialect);
    List<Token> all = tokens.all();
    String verb = verb(all);
    List<String> tables = SqlTables.of(all);
    if (!tokens.unclear().isEmpty()) {
      return new SqlVerdict(
          SqlVerdict.Effect.WRITE, verb, tables, "not understood: " + tokens.unclear());
    }
    SqlJudge judge = new SqlJudge(allowedFunctions);
    String reason = "";
    boolean session = true;
    for (List<Token> part : parts(all)) {
      String found = judge.statement(part);
      reason = reason.isEmpty() ? found : reason;
      session &= isSession(part);
    }
    SqlVerdict.Effect effect =
        !reason.isEmpty()
            ? SqlVerdict.Effect.WRITE
            : session && !all.isEmpty() ? SqlVerdict.Effect.SESSION : SqlVerdict.Effect.READ;
    return new SqlVerdict(effect, verb, tables, reason);
  }

  private static String verb(List<Token> tokens) {
    for (Token token : tokens) {
      if (token.kind() == Kind.WORD) {
        return token.text();
      }
    }
    return "";
  }

  private static List<List<Token>> parts(List<Token> all) {
    List<List<Token>> parts = new ArrayList<>();
    List<Token> part = new ArrayList<>();
    for (Token token : all) {
      if (token.is(";")) {
        parts.add(part);
        part = new ArrayList<>();
      } else {
        part.add(token);
      }
    }
    parts.add(part);
    parts.removeIf(List::isEmpty);
    return parts;
  }

  private static boolean isSession(List<Token> part) {
    Token first = part.get(0);
    return first.kind() == Kind.WORD
        && (SESSION.contains(first.text())
            || first.text().equals("SHOW")
            || first.text().equals("SET")
            || first.text().equals("BEGIN"));
  }

  /** Why a statement is a write; empty when it is none. */
  private String statement(List<Token> tokens) {
    int at = 0;
    while (at < tokens.size() && tokens.get(at).is("(")) {
      at++;
    }
    if (at == tokens.size() || tokens.get(at).kind() != Kind.WORD) {
      return "begins with no known word";
    }
    String verb = tokens.get(at).text();
    if (QUERIES.contains(verb)) {
      return scan(tokens, at);
    }
    if (SESSION.contains(verb)) {
      return scan(tokens, at + 1);
    }
    return switch (verb) {
      case "SHOW" -> "";
      case "SET" -> set(tokens, at);
      case "BEGIN" -> begin(tokens, at);
      case "EXPLAIN", "DESCRIBE", "DESC" -> explain(tokens, at, verb);
      case "DECLARE" -> from(tokens, at, "FOR", verb);
      case "PREPARE" -> from(tokens, at, "AS", verb);
      case "COPY" -> copy(tokens, at);
      default -> verb;
    };
  }

  /** A cursor or a prepared statement: what its query does. */
  private String from(List<Token> tokens, int at, String mark, String verb) {
    for (int i = at + 1; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).is(mark)) {
        return statement(tokens.subList(i + 1, tokens.size()));
      }
    }
    return verb;
  }

  private String set(List<Token> tokens, int at) {
    for (int i = at + 1; i < tokens.size(); i++) {
      if (tokens.get(i).kind() == Kind.WORD && SERVER_WIDE.contains(tokens.get(i).text())) {
        return "SET " + tokens.get(i).text();
      }
    }
    return scan(tokens, at + 1);
  }

  /** A transaction; not a block of statements. */
  private String begin(List<Token> tokens, int at) {
    if (at + 1 < tokens.size() && !AFTER_BEGIN.contains(tokens.get(at + 1).text())) {
      return "BEGIN of a block";
    }
    return scan(tokens, at + 1);
  }

  /** Only {@code EXPLAIN ANALYZE} runs what it explains. */
  private String explain(List<Token> tokens, int at, String verb) {
    boolean runs = false;
    boolean query = false;
    for (int i = at + 1; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      runs |= token.is("ANALYZE") || token.is("ANALYSE");
      query |= token.kind() == Kind.WORD && QUERIES.contains(token.text());
    }
    if (!runs) {
      return "";
    }
    return query ? scan(tokens, at + 1) : verb + " ANALYZE of no query";
  }

  /** Out of a table or a query to the client; everything else changes data or files. */
  private String copy(List<Token> tokens, int at) {
    int depth = 0;
    for (int i = at + 1; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      depth += token.is("(") ? 1 : token.is(")") ? -1 : 0;
      if (depth == 0 && token.is("FROM")) {
        return "COPY FROM";
      }
      if (depth == 0 && token.is("TO")) {
        boolean client = i + 1 < tokens.size() && tokens.get(i + 1).is("STDOUT");
        return client ? scan(tokens.subList(0, i), at + 1) : "COPY TO a file";
      }
    }
    return "COPY";
  }

  /** Any word or call that changes something, wherever it stands. */
  private String scan(List<Token> tokens, int from) {
    for (int i = from; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.WORD && changes(tokens, i)) {
        return token.text();
      }
      if (token.is("{")) {
        String escape = escape(tokens, i);
        if (!escape.isEmpty()) {
          return escape;
        }
      }
      if (token.isName() && i + 1 < tokens.size() && tokens.get(i + 1).is("(")) {
        String call = call(tokens, i);
        if (!call.isEmpty()) {
          return "function " + call.toLowerCase(Locale.ROOT) + " is not known to change nothing";
        }
      }
    }
    return "";
  }

  private static boolean changes(List<Token> tokens, int i) {
    String word = tokens.get(i).text();
    boolean qualified = i > 0 && tokens.get(i - 1).is(".");
    if (word.equals("NEXTVAL")) {
      return true;
    }
    if (qualified) {
      return false;
    }
    if (CHANGES.contains(word)) {
      return true;
    }
    Token next = i + 1 < tokens.size() ? tokens.get(i + 1) : null;
    if (next == null) {
      return false;
    }
    return switch (word) {
      case "FOR" -> next.is("SHARE") || next.is("KEY") || next.is("NO");
      case "NEXT" -> next.is("VALUE");
      case "REPLACE" -> !next.is("(");
      default -> false;
    };
  }

  /** JDBC's escapes: dates, outer joins and functions; procedures may do anything. */
  private static String escape(List<Token> tokens, int i) {
    Token next = i + 1 < tokens.size() ? tokens.get(i + 1) : null;
    boolean harmless =
        next != null
            && (next.is("D")
                || next.is("T")
                || next.is("TS")
                || next.is("OJ")
                || next.is("FN")
                || next.is("ESCAPE")
                || next.is("LIMIT"));
    return harmless ? "" : "JDBC escape";
  }

  /** The name of a call that is not known to change nothing; empty otherwise. */
  private String call(List<Token> tokens, int i) {
    Token name = tokens.get(i);
    Token before = i > 0 ? tokens.get(i - 1) : null;
    if (before != null && before.is(".")) {
      return qualified(tokens, i);
    }
    String upper = name.text().toUpperCase(Locale.ROOT);
    if (name.kind() == Kind.WORD && SqlFunctions.isNoCall(upper)) {
      return "";
    }
    if (isSampling(name, before) || isColumnList(tokens, i, before) || isCommonTable(tokens, i)) {
      return "";
    }
    boolean plain = name.kind() == Kind.WORD || name.text().equals(lower(upper));
    return plain && (SqlFunctions.reads(upper) || allowed.contains(upper)) ? "" : name.text();
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private String qualified(List<Token> tokens, int i) {
    String upper = tokens.get(i).text().toUpperCase(Locale.ROOT);
    String schema = i > 1 ? tokens.get(i - 2).text().toUpperCase(Locale.ROOT) : "";
    boolean known = OWN_SCHEMAS.contains(schema) && SqlFunctions.reads(upper);
    return known || allowed.contains(schema + "." + upper) ? "" : schema + "." + upper;
  }

  private static boolean isSampling(Token name, @Nullable Token before) {
    return before != null
        && before.is("TABLESAMPLE")
        && (name.is("SYSTEM") || name.is("BERNOULLI"));
  }

  /** An alias with its columns, or a type with its size. */
  private static boolean isColumnList(List<Token> tokens, int i, @Nullable Token before) {
    if (before == null) {
      return false;
    }
    if (before.is("AS") || before.is(":")) {
      return true;
    }
    return before.is(")") && opensTable(tokens, open(tokens, i - 1));
  }

  /** The parenthesis that this one closes; -1 when there is none. */
  private static int open(List<Token> tokens, int close) {
    int depth = 0;
    for (int i = close; i >= 0; i--) {
      depth += tokens.get(i).is(")") ? 1 : tokens.get(i).is("(") ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** Not {@code DISTINCT ON (x)}, after which a call may stand. */
  private static boolean opensTable(List<Token> tokens, int open) {
    Token before = open > 0 ? tokens.get(open - 1) : null;
    if (before == null) {
      return false;
    }
    boolean call =
        before.isName() && !(before.kind() == Kind.WORD && SqlFunctions.isNoCall(before.text()));
    return call || before.is("FROM") || before.is("JOIN") || before.is("LATERAL") || before.is(",");
  }

  /** {@code WITH name (columns) AS (SELECT}. A function's list of columns begins with a name. */
  private static boolean isCommonTable(List<Token> tokens, int i) {
    Token before = i > 0 ? tokens.get(i - 1) : null;
    if (before == null || !(before.is("WITH") || before.is("RECURSIVE") || before.is(","))) {
      return false;
    }
    int j = i + 2;
    while (j < tokens.size() && (tokens.get(j).isName() || tokens.get(j).is(","))) {
      j++;
    }
    if (j + 1 >= tokens.size() || !tokens.get(j).is(")") || !tokens.get(j + 1).is("AS")) {
      return false;
    }
    j += 2;
    while (j < tokens.size() && (tokens.get(j).is("NOT") || tokens.get(j).is("MATERIALIZED"))) {
      j++;
    }
    return j + 1 < tokens.size()
        && tokens.get(j).is("(")
        && (tokens.get(j + 1).is("SELECT")
            || tokens.get(j + 1).is("WITH")
            || tokens.get(j + 1).is("("));
  }
}
