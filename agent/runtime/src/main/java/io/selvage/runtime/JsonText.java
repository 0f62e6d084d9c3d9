package io.selvage.runtime;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, iterables, strings, numbers and booleans as JSON. */
final class JsonText {
  private final StringBuilder out = new StringBuilder(512);

  private JsonText() {}

  static String of(@Nullable Object value) {
    JsonText text = new JsonText();
    text.value(value);
    return text.out.toString();
  }

  private void value(@Nullable Object value) {
    if (value == null || value instanceof Boolean || value instanceof Number) {
      out.append(value);
    } else if (value instanceof Map<?, ?> map) {
      String separator = "{";
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        out.append(separator);
        quoted(String.valueOf(entry.getKey()));
        out.append(':');
        value(entry.getValue());
        separator = ",";
      }
      out.append(map.isEmpty() ? "{}" : "}");
    } else if (value instanceof Iterable<?> all) {
      String separator = "[";
      for (Object each : all) {
        out.append(separator);
        value(each);
        separator = ",";
      }
      out.append(separator.equals("[") ? "[]" : "]");
    } else {
      quoted(value.toString());
    }
  }

  private void quoted(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
        out.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
