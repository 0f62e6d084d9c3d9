package io.selvage.telemetry;

import org.jspecify.annotations.Nullable;

/** Writes one flat JSON object. Not thread-safe. */
final class Json {
  private final StringBuilder out = new StringBuilder(512).append('{');

  Json put(String name, @Nullable String value) {
    name(name);
    if (value == null) {
      out.append("null");
    } else {
      quote(value);
    }
    return this;
  }

  Json put(String name, long value) {
    name(name);
    out.append(value);
    return this;
  }

  Json put(String name, boolean value) {
    name(name);
    out.append(value);
    return this;
  }

  private void name(String name) {
    if (out.length() > 1) {
      out.append(',');
    }
    quote(name);
    out.append(':');
  }

  private void quote(String value) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || c == 0x7f || c == '\u2028' || c == '\u2029') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** Closes the object. */
  String end() {
    return out.append('}').toString();
  }
}
