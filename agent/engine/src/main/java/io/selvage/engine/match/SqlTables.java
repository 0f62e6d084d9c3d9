package io.selvage.engine.match;

import io.selvage.engine.match.SqlTokens.Kind;
import io.selvage.engine.match.SqlTokens.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The tables that a statement names plainly; for records, not for decisions. */
final class SqlTables {
  private static final int LIMIT = 8;
  private static final Set<String> BEFORE = Set.of("FROM", "JOIN", "INTO", "UPDATE", "TABLE");
  private static final Set<String> BETWEEN =
      Set.of("ONLY", "IF", "NOT", "EXISTS", "LATERAL", "TABLE");
  private static final Set<String> NO_TABLES = Set.of("SELECT", "SET", "STDIN", "VALUES", "OF");

  private SqlTables() {}

  static List<String> of(List<Token> tokens) {
    Set<String> found = new LinkedHashSet<>();
    Deque<Boolean> calls = new ArrayDeque<>();
    for (int i = 0; i < tokens.size() && found.size() < LIMIT; i++) {
      Token token = tokens.get(i);
      if (token.is("(")) {
        calls.push(isCall(tokens, i));
      } else if (token.is(")")) {
        calls.poll();
      } else if (opensTable(tokens, i)
          && !(token.is("FROM") && Boolean.TRUE.equals(calls.peek()))) {
        String name = name(tokens, i + 1);
        if (!name.isEmpty()) {
          found.add(name);
        }
      }
    }
    return List.copyOf(found);
  }

  private static boolean opensTable(List<Token> tokens, int i) {
    Token token = tokens.get(i);
    if (token.kind() != Kind.WORD) {
      return false;
    }
    boolean copy = token.is("COPY") || token.is("TRUNCATE");
    boolean lock =
        token.is("UPDATE") && i > 0 && (tokens.get(i - 1).is("FOR") || tokens.get(i - 1).is("KEY"));
    return copy || BEFORE.contains(token.text()) && !lock;
  }

  /** {@code EXTRACT(YEAR FROM x)} names a column. */
  private static boolean isCall(List<Token> tokens, int open) {
    Token before = open > 0 ? tokens.get(open - 1) : null;
    return before != null
        && before.isName()
        && !(before.kind() == Kind.WORD && SqlFunctions.isNoCall(before.text()));
  }

  private static String name(List<Token> tokens, int from) {
    int i = from;
    while (i < tokens.size()
        && tokens.get(i).kind() == Kind.WORD
        && BETWEEN.contains(tokens.get(i).text())) {
      i++;
    }
    List<String> parts = new ArrayList<>();
    while (i < tokens.size() && tokens.get(i).isName()) {
      Token part = tokens.get(i);
      if (part.kind() == Kind.WORD && parts.isEmpty() && NO_TABLES.contains(part.text())) {
        return "";
      }
      parts.add(part.kind() == Kind.WORD ? part.text().toLowerCase(Locale.ROOT) : part.text());
      i++;
      if (i >= tokens.size() || !tokens.get(i).is(".")) {
        break;
      }
      i++;
    }
    boolean call =
        i < tokens.size() && tokens.get(i).is("(") && parts.size() > 0 && !into(tokens, from);
    return call ? "" : String.join(".", parts);
  }

  /** {@code INSERT INTO t (columns)} is no call. */
  private static boolean into(List<Token> tokens, int from) {
    return from > 0 && (tokens.get(from - 1).is("INTO") || tokens.get(from - 1).is("COPY"));
  }
}
