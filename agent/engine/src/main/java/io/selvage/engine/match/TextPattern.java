package io.selvage.engine.match;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An RE2 expression over a whole string, split so that RE2 runs only on what is not literal.
 *
 * <p>Exact strings, {@code prefix.*}, {@code .*suffix} and alternatives of literals never reach the
 * engine of expressions; others do so only behind their literal prefix. Source: Envoy {@code
 * RegexMatcher}, which matches the full string.
 */
public abstract class TextPattern {
  private final String prefix;

  private TextPattern(String prefix) {
    this.prefix = prefix;
  }

  /** Whether the whole string matches. */
  public abstract boolean matches(String value);

  /** What every matching string begins with; may be empty. */
  public final String literalPrefix() {
    return prefix;
  }

  /**
   * Compiles an expression.
   *
   * @throws IllegalArgumentException when RE2 refuses it
   */
  public static TextPattern of(String regex) {
    Pattern compiled;
    try {
      compiled = Pattern.compile(regex);
    } catch (PatternSyntaxException bad) {
      throw new IllegalArgumentException("not an RE2 expression: " + bad.getMessage(), bad);
    }
    String body = body(regex);
    Literal head = Literal.at(body, 0);
    if (head.end == body.length()) {
      return new Exact(head.text);
    }
    String rest = body.substring(head.end);
    if (".*".equals(rest)) {
      return new Prefix(head.text, 0);
    }
    if (".+".equals(rest)) {
      return new Prefix(head.text, 1);
    }
    TextPattern special = head.text.isEmpty() ? suffix(rest) : null;
    if (special == null) {
      special = alternatives(head.text, rest);
    }
    if (special != null) {
      return special;
    }
    return new Re2(guarded(rest) ? head.text : "", compiled);
  }

  private static String body(String regex) {
    String body = regex.startsWith("^") ? regex.substring(1) : regex;
    boolean anchored =
        body.endsWith("$") && (body.length() < 2 || body.charAt(body.length() - 2) != '\\');
    return anchored ? body.substring(0, body.length() - 1) : body;
  }

  private static @Nullable TextPattern suffix(String rest) {
    if (!rest.startsWith(".*") && !rest.startsWith(".+")) {
      return null;
    }
    Literal tail = Literal.at(rest, 2);
    return tail.end == rest.length() && !tail.text.isEmpty()
        ? new Suffix(tail.text, rest.charAt(1) == '+' ? 1 : 0)
        : null;
  }

  /** {@code (a|b|c)}, {@code (?:a|b)} with a literal before it. */
  private static @Nullable TextPattern alternatives(String before, String rest) {
    if (!rest.startsWith("(") || !rest.endsWith(")")) {
      return null;
    }
    int from = rest.startsWith("(?:") ? 3 : 1;
    Set<String> all = new java.util.HashSet<>();
    for (int at = from; ; ) {
      Literal one = Literal.at(rest, at);
      boolean last = one.end == rest.length() - 1;
      if (one.end >= rest.length() || (!last && rest.charAt(one.end) != '|')) {
        return null;
      }
      all.add(before + one.text);
      if (last) {
        return new OneOf(before, Set.copyOf(all));
      }
      at = one.end + 1;
    }
  }

  /** A literal prefix holds for all strings unless an alternative stands outside of groups. */
  private static boolean guarded(String rest) {
    int depth = 0;
    for (int i = 0; i < rest.length(); i++) {
      switch (rest.charAt(i)) {
        case '\\' -> i++;
        case '[' -> {
          return rest.indexOf('|') < 0;
        }
        case '(' -> depth++;
        case ')' -> depth--;
        case '|' -> {
          if (depth == 0) {
            return false;
          }
        }
        default -> {}
      }
    }
    return true;
  }

  /** A run of characters that stand for themselves. */
  private record Literal(String text, int end) {
    static Literal at(String s, int from) {
      StringBuilder text = new StringBuilder();
      int i = from;
      int lastStart = from;
      while (i < s.length()) {
        char c = s.charAt(i);
        if (c == '\\') {
          if (i + 1 >= s.length() || Character.isLetterOrDigit(s.charAt(i + 1))) {
            break;
          }
          lastStart = i;
          text.append(s.charAt(i + 1));
          i += 2;
        } else if (".[]()*+?{}|^$".indexOf(c) >= 0) {
          if ("*+?{".indexOf(c) >= 0 && text.length() > 0) {
            // the quantifier takes the last character with it
            text.setLength(text.length() - 1);
            i = lastStart;
          }
          break;
        } else {
          lastStart = i;
          text.append(c);
          i++;
        }
      }
      return new Literal(text.toString(), i);
    }
  }

  private static final class Exact extends TextPattern {
    private final String text;

    Exact(String text) {
      super(text);
      this.text = text;
    }

    @Override
    public boolean matches(String value) {
      return value.equals(text);
    }
  }

  private static final class Prefix extends TextPattern {
    private final int more;

    Prefix(String text, int more) {
      super(text);
      this.more = more;
    }

    @Override
    public boolean matches(String value) {
      int from = literalPrefix().length();
      return value.length() >= from + more
          && value.startsWith(literalPrefix())
          && value.indexOf('\n', from) < 0;
    }
  }

  private static final class Suffix extends TextPattern {
    private final String text;
    private final int more;

    Suffix(String text, int more) {
      super("");
      this.text = text;
      this.more = more;
    }

    @Override
    public boolean matches(String value) {
      int before = value.length() - text.length();
      if (before < more || !value.endsWith(text)) {
        return false;
      }
      int newline = value.indexOf('\n');
      return newline < 0 || newline >= before;
    }
  }

  private static final class OneOf extends TextPattern {
    private final Set<String> all;

    OneOf(String prefix, Set<String> all) {
      super(prefix);
      this.all = all;
    }

    @Override
    public boolean matches(String value) {
      return all.contains(value);
    }
  }

  private static final class Re2 extends TextPattern {
    private final Pattern pattern;

    Re2(String prefix, Pattern pattern) {
      super(prefix);
      this.pattern = pattern;
    }

    @Override
    public boolean matches(String value) {
      return value.startsWith(literalPrefix()) && pattern.matches(value);
    }
  }
}
