package io.selvage.engine.match;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A URI template over a path: <code>*</code> is one segment, <code>**</code> any number of them,
 * alone or named as in <code>{name}</code>, <code>{name=*}</code>, <code>{name=a/**}</code>; the
 * last segment may have a literal behind it.
 *
 * <p>Source: Envoy {@code envoy.path.match.uri_template} and {@code
 * envoy.path.rewrite.uri_template}, with their limits; Istio's {@code {*}} and {@code {**}} of
 * authorization are understood by {@link #lenient}.
 */
public final class UriTemplate {
  private static final String LITERAL = "a-zA-Z0-9\\-._~%!$&'()+,;:@=*";
  private static final String SEGMENT = "[" + LITERAL + "]+";
  private static final String SEGMENTS = "[" + LITERAL + "/]*";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9_]*");
  private static final Pattern WORD = Pattern.compile("[" + LITERAL + "]+");
  private static final Pattern FILLING = Pattern.compile("[" + LITERAL + "/]+");
  private static final Set<String> STARS = Set.of("*", "**");
  private static final int MOST_VARIABLES = 5;
  private static final int LONGEST_NAME = 16;

  private final Pattern pattern;
  private final Set<String> variables;

  private UriTemplate(Pattern pattern, Set<String> variables) {
    this.pattern = pattern;
    this.variables = variables;
  }

  /**
   * Compiles a template.
   *
   * @throws IllegalArgumentException when Envoy would refuse it
   */
  public static UriTemplate of(String template) {
    Reader reader = new Reader(template);
    reader.read();
    return new UriTemplate(Pattern.compile(reader.regex.toString()), reader.variables);
  }

  /**
   * Compiles a path of an authorization policy, in which <code>{*}</code> and <code>{**}</code>
   * stand for segments.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static UriTemplate lenient(String template) {
    String plain = template.replace("{**}", "**").replace("{*}", "*");
    for (String segment : plain.split("/", -1)) {
      // a star inside a segment is a literal one for Envoy: nobody means that in a policy
      if (segment.indexOf('*') >= 0 && segment.indexOf('{') < 0 && !STARS.contains(segment)) {
        throw bad("'*' and '**' must be whole segments", template);
      }
    }
    return of(plain);
  }

  /** Whether the whole path (without query) matches. */
  public boolean matches(String path) {
    return pattern.matches(path);
  }

  /**
   * Compiles what a path is rewritten to.
   *
   * @throws IllegalArgumentException when it is none, or names a variable that this template lacks
   */
  public Filling filling(String rewrite) {
    if (!rewrite.startsWith("/")) {
      throw bad("must start with '/'", rewrite);
    }
    if (rewrite.contains("//")) {
      throw bad("several slashes in a row", rewrite);
    }
    List<String> parts = new ArrayList<>();
    for (int at = 0; at < rewrite.length(); ) {
      int open = rewrite.indexOf('{', at);
      if (open != at) {
        String literal = rewrite.substring(at, open < 0 ? rewrite.length() : open);
        if (!FILLING.matches(literal)) {
          throw bad("not a literal: '" + literal + "'", rewrite);
        }
        parts.add(literal);
        at += literal.length();
      } else {
        int close = rewrite.indexOf('}', open);
        if (close < 0) {
          throw bad("'{' is not closed", rewrite);
        }
        String name = rewrite.substring(open + 1, close);
        if (!variables.contains(name)) {
          throw bad("the route's template has no variable '" + name + "'", rewrite);
        }
        parts.add('{' + name);
        at = close + 1;
      }
    }
    return new Filling(parts);
  }

  private static IllegalArgumentException bad(String why, String template) {
    return new IllegalArgumentException(
        String.format(Locale.ROOT, "path template '%s': %s", template, why));
  }

  /** What a path is rewritten to. */
  public final class Filling {
    private final List<String> parts;

    private Filling(List<String> parts) {
      this.parts = parts;
    }

    /** The rewritten path; null when the path does not match the template. */
    public @Nullable String of(String path) {
      Matcher matcher = pattern.matcher(path);
      if (!matcher.matches()) {
        return null;
      }
      StringBuilder out = new StringBuilder();
      for (String part : parts) {
        out.append(part.charAt(0) == '{' ? matcher.group(part.substring(1)) : part);
      }
      return out.toString();
    }
  }

  /** Reads a template from left to right. */
  private static final class Reader {
    private final String template;
    private final StringBuilder regex = new StringBuilder();
    private final Set<String> variables = new LinkedHashSet<>();
    private boolean afterSegments;
    private int at = 1;

    Reader(String template) {
      this.template = template;
    }

    void read() {
      if (!template.startsWith("/")) {
        throw bad("must start with '/'", template);
      }
      for (int i = 0; i < template.length(); i++) {
        if (template.charAt(i) <= ' ' || template.charAt(i) > '~') {
          throw bad("holds a character that no path has", template);
        }
      }
      regex.append('/');
      while (at < template.length()) {
        segment();
        if (at == template.length()) {
          return;
        }
        if (template.charAt(at) != '/') {
          String suffix = literal(template.substring(at));
          regex.append(Pattern.quote(suffix));
          return;
        }
        regex.append('/');
        at++;
      }
    }

    private void segment() {
      if (template.charAt(at) == '{') {
        int close = template.indexOf('}', at);
        if (close < 0) {
          throw bad("'{' is not closed", template);
        }
        variable(template.substring(at + 1, close));
        at = close + 1;
      } else if (template.charAt(at) == '*') {
        at += glob(template, at);
      } else {
        int slash = template.indexOf('/', at);
        String word = literal(template.substring(at, slash < 0 ? template.length() : slash));
        regex.append(Pattern.quote(word));
        at += word.length();
      }
    }

    private void variable(String inside) {
      int equals = inside.indexOf('=');
      String name = equals < 0 ? inside : inside.substring(0, equals);
      if (!NAME.matches(name) || name.length() > LONGEST_NAME) {
        throw bad("not a name of a variable: '" + name + "'", template);
      }
      if (!variables.add(name)) {
        throw bad("variable '" + name + "' is there twice", template);
      }
      if (variables.size() > MOST_VARIABLES) {
        throw bad("more than " + MOST_VARIABLES + " variables", template);
      }
      regex.append("(?P<").append(name).append('>');
      value(equals < 0 ? "*" : inside.substring(equals + 1));
      regex.append(')');
    }

    private void value(String glob) {
      if (glob.isEmpty()) {
        throw bad("a variable without a value", template);
      }
      for (int i = 0; i < glob.length(); ) {
        if (glob.charAt(i) == '*') {
          i += glob(glob, i);
        } else {
          int slash = glob.indexOf('/', i);
          String word = literal(glob.substring(i, slash < 0 ? glob.length() : slash));
          regex.append(Pattern.quote(word));
          i += word.length();
        }
        if (i < glob.length()) {
          if (glob.charAt(i) != '/' || i + 1 == glob.length()) {
            throw bad("not a value of a variable: '" + glob + "'", template);
          }
          regex.append('/');
          i++;
        }
      }
    }

    /** Takes one or two stars; returns how many. */
    private int glob(String text, int from) {
      if (afterSegments) {
        throw bad("nothing but literals may follow '**'", template);
      }
      boolean two = text.startsWith("**", from);
      afterSegments = two;
      regex.append(two ? SEGMENTS : SEGMENT);
      return two ? 2 : 1;
    }

    private String literal(String text) {
      if (!WORD.matches(text)) {
        throw bad("not a literal: '" + text + "'", template);
      }
      return text;
    }
  }
}
