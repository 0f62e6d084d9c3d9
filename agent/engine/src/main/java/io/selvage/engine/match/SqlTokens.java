package io.selvage.engine.match;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts a statement's text into tokens: comments go, literals become one token. Anything that one
 * database would read differently from another ({@code \'}, comments in comments, {@code #} before
 * a quote, quotes without end) makes the text unclear. Never throws.
 */
final class SqlTokens {
  /** What a token is. */
  enum Kind {
    /** Not quoted; upper case. */
    WORD,
    /** A quoted name, as written without its quotes. */
    NAME,
    LITERAL,
    SYMBOL
  }

  /** One token. */
  record Token(Kind kind, String text) {
    boolean is(String symbolOrWord) {
      return (kind == Kind.WORD || kind == Kind.SYMBOL) && text.equals(symbolOrWord);
    }

    boolean isName() {
      return kind == Kind.WORD || kind == Kind.NAME;
    }
  }

  static final int MAX_CHARACTERS = 1 << 20;

  private final String sql;
  private final SqlDialect dialect;
  private final List<Token> tokens = new ArrayList<>();
  private String unclear = "";
  private int at;

  private SqlTokens(String sql, SqlDialect dialect) {
    this.sql = sql;
    this.dialect = dialect;
  }

  static SqlTokens of(String sql, SqlDialect dialect) {
    SqlTokens all = new SqlTokens(sql, dialect);
    if (sql.length() > MAX_CHARACTERS) {
      all.unclear = "longer than " + MAX_CHARACTERS + " characters";
      return all;
    }
    while (all.at < sql.length() && all.unclear.isEmpty()) {
      all.step(sql.charAt(all.at));
    }
    return all;
  }

  List<Token> all() {
    return tokens;
  }

  /** Why the text cannot be trusted to mean one thing; empty when it can. */
  String unclear() {
    return unclear;
  }

  private void step(char c) {
    if (isBlank(c)) {
      at++;
    } else if (sql.startsWith("--", at)) {
      dashes();
    } else if (sql.startsWith("/*", at)) {
      comment();
    } else if (sql.startsWith("//", at)) {
      slashes();
    } else if (c == '#' && dialect.hashComments()) {
      hash();
    } else if (c == '\'') {
      quoted('\'', Kind.LITERAL);
    } else if (c == '"') {
      quoted('"', dialect == SqlDialect.MYSQL ? Kind.LITERAL : Kind.NAME);
    } else if (c == '`' && dialect.backticks()) {
      backtick();
    } else if (c == '[' && dialect == SqlDialect.OTHER) {
      bracket();
    } else if (c == '$') {
      dollar();
    } else if (c >= '0' && c <= '9') {
      number();
    } else if (isWord(c)) {
      word();
    } else {
      symbol(c);
    }
  }

  private static boolean isBlank(char c) {
    int type = Character.getType(c);
    return Character.isWhitespace(c)
        || Character.isSpaceChar(c)
        || type == Character.CONTROL
        || type == Character.FORMAT;
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || (c > 127 && !isBlank(c));
  }

  private void dashes() {
    if (dialect == SqlDialect.MYSQL && at + 2 < sql.length() && !isBlank(sql.charAt(at + 2))) {
      symbol('-'); // there '--x' is minus minus x
      return;
    }
    at = endOfLine(at + 2);
  }

  /** A return without a new line ends a comment for some databases and not for others. */
  private int endOfLine(int from) {
    int end = from;
    while (end < sql.length() && sql.charAt(end) != '\n' && sql.charAt(end) != '\r') {
      end++;
    }
    if (end + 1 < sql.length() && sql.charAt(end) == '\r' && sql.charAt(end + 1) != '\n') {
      unclear = "a comment that ends with a bare return";
    }
    return end;
  }

  /** Whether the rest of the line holds something that would open a quotation. */
  private boolean quotesUntil(int end) {
    for (int i = at; i < end; i++) {
      if ("'\"`$".indexOf(sql.charAt(i)) >= 0) {
        return true;
      }
    }
    return false;
  }

  /** A comment to some versions of H2 and to a few others, an operator elsewhere. */
  private void slashes() {
    if (dialect != SqlDialect.POSTGRESQL && quotesUntil(endOfLine(at))) {
      unclear = "a quote after //";
      return;
    }
    symbol('/');
  }

  private void comment() {
    if (sql.startsWith("/*!", at) || sql.startsWith("/*M!", at)) {
      unclear = "a comment that some databases execute";
      return;
    }
    int end = sql.indexOf("*/", at + 2);
    int inner = sql.indexOf("/*", at + 2);
    if (end < 0) {
      unclear = "a comment without end";
    } else if (inner >= 0 && inner < end) {
      unclear = "a comment in a comment";
    } else {
      at = end + 2;
    }
  }

  private void hash() {
    int end = endOfLine(at);
    if (dialect == SqlDialect.MYSQL) {
      at = end;
      return;
    }
    if (quotesUntil(end)) {
      unclear = "a quote after #";
      return;
    }
    symbol('#');
  }

  private void quoted(char quote, Kind kind) {
    StringBuilder text = new StringBuilder();
    int i = at + 1;
    while (i < sql.length()) {
      char c = sql.charAt(i);
      if (c == '\\' && i + 1 < sql.length() && endsLiteral(quote, i)) {
        unclear = "a backslash before a quote";
        return;
      }
      if (c == quote) {
        if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
          text.append(c);
          i += 2;
          continue;
        }
        tokens.add(new Token(kind, kind == Kind.NAME ? text.toString() : ""));
        at = i + 1;
        return;
      }
      text.append(c);
      i++;
    }
    unclear = "a quote without end";
  }

  /** Whether what follows a run of backslashes is the quote: one reading goes on, another ends. */
  private boolean endsLiteral(char quote, int backslash) {
    if (quote == '"' && dialect != SqlDialect.MYSQL && dialect != SqlDialect.OTHER) {
      return false;
    }
    int i = backslash;
    while (i < sql.length() && sql.charAt(i) == '\\') {
      i++;
    }
    return i < sql.length() && sql.charAt(i) == quote;
  }

  private void backtick() {
    int end = sql.indexOf('`', at + 1);
    if (end < 0 || dialect != SqlDialect.MYSQL) {
      unclear = "a backtick";
      return;
    }
    tokens.add(new Token(Kind.NAME, sql.substring(at + 1, end)));
    at = end + 1;
  }

  private void bracket() {
    int end = sql.indexOf(']', at);
    for (int i = at; i < (end < 0 ? sql.length() : end); i++) {
      if ("'\"`".indexOf(sql.charAt(i)) >= 0) {
        unclear = "a quote in brackets";
        return;
      }
    }
    symbol('[');
  }

  private void dollar() {
    int end = tagEnd();
    if (end < 0) {
      symbol('$');
      return;
    }
    if (!dialect.dollarQuotes()) {
      unclear = "a dollar quote";
      return;
    }
    String tag = sql.substring(at, end + 1);
    int close = sql.indexOf(tag, end + 1);
    if (close < 0) {
      unclear = "a dollar quote without end";
      return;
    }
    tokens.add(new Token(Kind.LITERAL, ""));
    at = close + tag.length();
  }

  /** Where the second {@code $} of a tag stands; -1 when this is no tag. */
  private int tagEnd() {
    int i = at + 1;
    while (i < sql.length() && sql.charAt(i) != '$') {
      char c = sql.charAt(i);
      if (!isWord(c) || (i == at + 1 && c >= '0' && c <= '9')) {
        return -1;
      }
      i++;
    }
    return i < sql.length() ? i : -1;
  }

  private void number() {
    while (at < sql.length() && (isWord(sql.charAt(at)) || sql.charAt(at) == '.')) {
      at++;
    }
    tokens.add(new Token(Kind.LITERAL, ""));
  }

  private void word() {
    int from = at;
    while (at < sql.length() && (isWord(sql.charAt(at)) || sql.charAt(at) == '$')) {
      at++;
    }
    String text = sql.substring(from, at);
    boolean quotes = at < sql.length() && sql.charAt(at) == '\'';
    if (quotes && text.equalsIgnoreCase("e")) {
      escaped();
    } else if (quotes && text.equalsIgnoreCase("q") && dialect == SqlDialect.OTHER) {
      unclear = "a quoting of its own";
    } else {
      tokens.add(new Token(Kind.WORD, text.toUpperCase(Locale.ROOT)));
    }
  }

  /** {@code E'…'}: with backslashes to PostgreSQL, a name and a literal to others. */
  private void escaped() {
    if (dialect != SqlDialect.POSTGRESQL) {
      tokens.add(new Token(Kind.WORD, "E"));
      return;
    }
    int i = at + 1;
    while (i < sql.length()) {
      char c = sql.charAt(i);
      if (c == '\\') {
        i += 2;
      } else if (c == '\'' && i + 1 < sql.length() && sql.charAt(i + 1) == '\'') {
        i += 2;
      } else if (c == '\'') {
        tokens.add(new Token(Kind.LITERAL, ""));
        at = i + 1;
        return;
      } else {
        i++;
      }
    }
    unclear = "a quote without end";
  }

  private void symbol(char c) {
    tokens.add(new Token(Kind.SYMBOL, String.valueOf(c)));
    at++;
  }
}
