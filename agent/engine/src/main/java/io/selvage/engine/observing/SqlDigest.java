package io.selvage.engine.observing;

import java.util.Locale;

/**
 * A statement without what may be secret: literals become {@code ?}, comments go, white space is
 * one blank, lists of values are one {@code ?}. Source of the rule: OpenTelemetry's {@code
 * db.query.text}.
 *
 * @param text at most 2,000 characters
 * @param operation first word, upper case
 * @param collection the table, when it stands plainly after FROM, INTO, UPDATE or JOIN; else empty
 */
public record SqlDigest(String text, String operation, String collection) {
  private static final int LIMIT = 2_000;

  /** Digests a statement; never throws. */
  public static SqlDigest of(String sql) {
    String text = new Scanner(sql).scan();
    String operation = word(text, 0);
    return new SqlDigest(text, operation.toUpperCase(Locale.ROOT), table(text));
  }

  private static String table(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    int best = Integer.MAX_VALUE;
    String found = "";
    for (String before : new String[] {" FROM ", " INTO ", "UPDATE ", " JOIN "}) {
      int at = upper.indexOf(before);
      if (at >= 0 && at < best) {
        String name = word(text, at + before.length());
        if (!name.isEmpty()) {
          best = at;
          found = name;
        }
      }
    }
    return found;
  }

  private static String word(String text, int from) {
    int end = from;
    while (end < text.length() && isPartOfName(text.charAt(end))) {
      end++;
    }
    return text.substring(from, end);
  }

  private static boolean isPartOfName(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '"' || c == '`' || c == '$';
  }

  /** One pass over the characters. */
  private static final class Scanner {
    private final String sql;
    private final StringBuilder out = new StringBuilder();
    private int at;

    Scanner(String sql) {
      this.sql = sql;
    }

    String scan() {
      while (at < sql.length() && out.length() < LIMIT) {
        step(sql.charAt(at));
      }
      String text = out.toString().strip();
      return text.length() > LIMIT ? text.substring(0, LIMIT) : text;
    }

    private void step(char c) {
      if (Character.isWhitespace(c)) {
        blank();
        at++;
      } else if (sql.startsWith("--", at)) {
        skipTo("\n");
      } else if (sql.startsWith("/*", at)) {
        skipTo("*/");
      } else if (c == '\'') {
        quoted();
        literal();
      } else if (c == '$' && isDollarQuote()) {
        dollarQuoted();
        literal();
      } else if (isDigit(c) && !followsName()) {
        number();
        literal();
      } else if (c == '"' || c == '`') {
        name(c);
      } else {
        out.append(c);
        at++;
      }
    }

    private void blank() {
      if (out.length() > 0 && out.charAt(out.length() - 1) != ' ') {
        out.append(' ');
      }
    }

    private void skipTo(String mark) {
      int end = sql.indexOf(mark, at + 2);
      at = end < 0 ? sql.length() : end + mark.length();
      blank();
    }

    private void quoted() {
      at++;
      while (at < sql.length()) {
        char c = sql.charAt(at++);
        if (c == '\\' && at < sql.length()) {
          at++;
        } else if (c == '\'') {
          if (at < sql.length() && sql.charAt(at) == '\'') {
            at++;
          } else {
            return;
          }
        }
      }
    }

    private boolean isDollarQuote() {
      int end = sql.indexOf('$', at + 1);
      if (end < 0 || followsName()) {
        return false;
      }
      for (int i = at + 1; i < end; i++) {
        if (!Character.isLetter(sql.charAt(i)) && sql.charAt(i) != '_') {
          return false;
        }
      }
      return true;
    }

    private void dollarQuoted() {
      String tag = sql.substring(at, sql.indexOf('$', at + 1) + 1);
      int end = sql.indexOf(tag, at + tag.length());
      at = end < 0 ? sql.length() : end + tag.length();
    }

    private void number() {
      while (at < sql.length()
          && (Character.isLetterOrDigit(sql.charAt(at)) || sql.charAt(at) == '.')) {
        at++;
      }
    }

    private void name(char quote) {
      int end = sql.indexOf(quote, at + 1);
      int stop = end < 0 ? sql.length() : end + 1;
      out.append(sql, at, stop);
      at = stop;
    }

    private boolean followsName() {
      if (out.length() == 0) {
        return false;
      }
      char before = out.charAt(out.length() - 1);
      return Character.isLetterOrDigit(before) || before == '_' || before == '$';
    }

    private static boolean isDigit(char c) {
      return c >= '0' && c <= '9';
    }

    /** A list of literals is one, so that statements that differ in its length are alike. */
    private void literal() {
      int end = out.length();
      while (end > 0 && out.charAt(end - 1) == ' ') {
        end--;
      }
      if (end > 1 && out.charAt(end - 1) == ',') {
        int before = end - 1;
        while (before > 0 && out.charAt(before - 1) == ' ') {
          before--;
        }
        if (before > 0 && out.charAt(before - 1) == '?') {
          out.setLength(before);
          return;
        }
      }
      out.append('?');
    }
  }
}
