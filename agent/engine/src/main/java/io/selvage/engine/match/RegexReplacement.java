package io.selvage.engine.match;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.selvage.engine.model.RegexRewrite;
import org.jspecify.annotations.Nullable;

/**
 * Replaces every match of an expression (RE2's {@code GlobalReplace}): groups are written {@code
 * \\1}, a backslash is written twice, and a dollar sign means nothing.
 */
public final class RegexReplacement {
  private final Pattern pattern;
  private final String substitution;
  private final boolean idle;

  private RegexReplacement(Pattern pattern, String substitution) {
    this.pattern = pattern;
    this.substitution = substitution;
    this.idle = asksForTooMuch(pattern, substitution);
  }

  /**
   * Compiles a replacement.
   *
   * @throws IllegalArgumentException when RE2 refuses the expression
   */
  public static RegexReplacement of(RegexRewrite rewrite) {
    Pattern pattern;
    try {
      pattern = Pattern.compile(rewrite.regex());
    } catch (PatternSyntaxException bad) {
      throw new IllegalArgumentException("not an RE2 expression: " + bad.getMessage(), bad);
    }
    return new RegexReplacement(pattern, rewrite.substitution());
  }

  /** Why a substitution does not do what it seems to; null when it does. */
  public @Nullable String flaw() {
    for (int i = substitution.indexOf('\\'); i >= 0; i = substitution.indexOf('\\', i + 2)) {
      char next = i + 1 < substitution.length() ? substitution.charAt(i + 1) : ' ';
      if (next != '\\' && (next < '0' || next > '9')) {
        return "only a digit or a backslash may follow a backslash: '" + substitution + "'";
      }
      if (next != '\\' && next - '0' > pattern.groupCount()) {
        return "the expression has no group " + next + ": '" + substitution + "'";
      }
    }
    return null;
  }

  /** A group that is not there: RE2 replaces nothing. */
  private static boolean asksForTooMuch(Pattern pattern, String substitution) {
    for (int i = substitution.indexOf('\\');
        i >= 0 && i + 1 < substitution.length();
        i = substitution.indexOf('\\', i + 2)) {
      int group = substitution.charAt(i + 1) - '0';
      if (group <= 9 && group > pattern.groupCount()) {
        return true;
      }
    }
    return false;
  }

  /** The text with all matches replaced. */
  public String of(String text) {
    if (idle) {
      return text;
    }
    Matcher matcher = pattern.matcher(text);
    StringBuilder out = new StringBuilder(text.length() + substitution.length());
    int copied = 0;
    int from = 0;
    int lastEnd = -1;
    while (from <= text.length() && matcher.find(from)) {
      out.append(text, copied, matcher.start());
      copied = matcher.start();
      boolean emptyAfterMatch = matcher.end() == matcher.start() && matcher.start() == lastEnd;
      if (!emptyAfterMatch) {
        append(out, matcher);
        copied = matcher.end();
        lastEnd = matcher.end();
      }
      from = matcher.end() == matcher.start() ? matcher.end() + 1 : matcher.end();
    }
    return out.append(text, Math.min(copied, text.length()), text.length()).toString();
  }

  private void append(StringBuilder out, Matcher matcher) {
    for (int i = 0; i < substitution.length(); i++) {
      char c = substitution.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      if (++i == substitution.length()) {
        return;
      }
      char next = substitution.charAt(i);
      if (next == '\\') {
        out.append(next);
      } else if (next < '0' || next > '9') {
        // RE2 stops here
        return;
      } else if (matcher.group(next - '0') != null) {
        out.append(matcher.group(next - '0'));
      }
    }
  }
}
