package io.selvage.engine.match;

import io.selvage.engine.model.QueryMatch;
import org.jspecify.annotations.Nullable;

/** A compiled {@link QueryMatch}; as in Envoy, names and values are compared undecoded. */
public final class QueryTest {
  private final String name;
  private final @Nullable StringTest value;
  private final boolean absent;

  private QueryTest(String name, @Nullable StringTest value, boolean absent) {
    this.name = name;
    this.value = value;
    this.absent = absent;
  }

  /**
   * Compiles a matcher.
   *
   * @throws IllegalArgumentException when its expression is none
   */
  public static QueryTest of(QueryMatch match) {
    return new QueryTest(
        match.name(), match.match() == null ? null : StringTest.of(match.match()), match.absent());
  }

  /**
   * Whether a request's path matches.
   *
   * @param path with query
   */
  public boolean test(String path) {
    String found = parameter(path, name);
    if (value == null) {
      return (found == null) == absent;
    }
    return found != null && value.test(found);
  }

  /**
   * The first value of a query parameter, undecoded; empty when it has none, null when it is not
   * there.
   */
  public static @Nullable String parameter(String path, String name) {
    int at = path.indexOf('?');
    if (at < 0) {
      return null;
    }
    int hash = path.indexOf('#', at);
    int end = hash < 0 ? path.length() : hash;
    int from = at + 1;
    while (from <= end) {
      int amp = path.indexOf('&', from);
      int stop = amp < 0 || amp > end ? end : amp;
      int length = name.length();
      if (path.startsWith(name, from) && from + length <= stop) {
        if (from + length == stop) {
          return "";
        }
        if (path.charAt(from + length) == '=') {
          return path.substring(from + length + 1, stop);
        }
      }
      from = stop + 1;
    }
    return null;
  }
}
