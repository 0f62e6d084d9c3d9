package io.selvage.identity;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.selvage.engine.model.StringMatch;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** Expected names of a peer, compiled once. A matcher that cannot be compiled matches nobody. */
final class NameMatch {
  private final List<StringMatch> source;
  private final List<Predicate<String>> tests;

  NameMatch(List<StringMatch> expected) {
    source = expected;
    tests = expected.stream().map(NameMatch::compile).toList();
  }

  /** True when nobody in particular is expected. */
  boolean isEmpty() {
    return tests.isEmpty();
  }

  boolean matches(String name) {
    for (Predicate<String> test : tests) {
      if (test.test(name)) {
        return true;
      }
    }
    return false;
  }

  private static Predicate<String> compile(StringMatch match) {
    if (match instanceof StringMatch.Regex regex) {
      try {
        Pattern pattern = Pattern.compile(regex.regex());
        return pattern::matches;
      } catch (PatternSyntaxException invalid) {
        return name -> false;
      }
    }
    return name -> literal(match, match.ignoreCase() ? name.toLowerCase(Locale.ROOT) : name);
  }

  private static boolean literal(StringMatch match, String name) {
    if (match instanceof StringMatch.Exact m) {
      return name.equals(folded(m.value(), m.ignoreCase()));
    } else if (match instanceof StringMatch.Prefix m) {
      return name.startsWith(folded(m.value(), m.ignoreCase()));
    } else if (match instanceof StringMatch.Suffix m) {
      return name.endsWith(folded(m.value(), m.ignoreCase()));
    } else if (match instanceof StringMatch.Contains m) {
      return name.contains(folded(m.value(), m.ignoreCase()));
    }
    return false;
  }

  private static String folded(String value, boolean ignoreCase) {
    return ignoreCase ? value.toLowerCase(Locale.ROOT) : value;
  }

  @Override
  public String toString() {
    return source.toString();
  }
}
