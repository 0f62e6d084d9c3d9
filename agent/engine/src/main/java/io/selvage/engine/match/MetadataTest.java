package io.selvage.engine.match;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.Principal;
import io.selvage.engine.model.ValueMatch;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A compiled {@link Principal.Metadata}. Values are JSON: {@link String}, {@link Number}, {@link
 * Boolean}, {@link List}, {@link Map}; what is not there is null. Source: Envoy {@code
 * MetadataMatcher}, {@code ValueMatcher}.
 */
final class MetadataTest {
  private final Principal.Metadata match;
  private final Predicate<@Nullable Object> value;

  private MetadataTest(Principal.Metadata match) {
    this.match = match;
    this.value = test(match.value());
  }

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  static MetadataTest of(Principal.Metadata match) {
    return new MetadataTest(match);
  }

  boolean test(RequestHead head) {
    Object at = head.metadata(match.filter());
    for (String key : match.path()) {
      at = at instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return value.test(at) != match.invert();
  }

  private static Predicate<@Nullable Object> test(ValueMatch match) {
    if (match instanceof ValueMatch.Text m) {
      StringTest text = StringTest.of(m.match());
      return found -> found instanceof String s && text.test(s);
    }
    if (match instanceof ValueMatch.OneOf m) {
      Predicate<@Nullable Object> each = test(m.each());
      return found -> found instanceof List<?> list && list.stream().anyMatch(each);
    }
    if (match instanceof ValueMatch.Or m) {
      List<Predicate<@Nullable Object>> any = m.any().stream().map(MetadataTest::test).toList();
      return found -> any.stream().anyMatch(p -> p.test(found));
    }
    if (match instanceof ValueMatch.Present m) {
      return found -> (found != null) == m.value();
    }
    if (match instanceof ValueMatch.Flag m) {
      return found -> found instanceof Boolean b && b == m.value();
    }
    if (match instanceof ValueMatch.Number m) {
      return found -> found instanceof Number n && within(n.doubleValue(), m);
    }
    // a null of JSON is told apart from nothing by its own value
    return found -> found == JsonNull.NULL;
  }

  private static boolean within(double found, ValueMatch.Number m) {
    return m.least() == m.below() ? found == m.least() : found >= m.least() && found < m.below();
  }
}
