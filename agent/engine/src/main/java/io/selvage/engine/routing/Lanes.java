package io.selvage.engine.routing;

import org.jspecify.annotations.Nullable;

/** Names of traffic lanes in headers. */
final class Lanes {
  /** Request: the lane that it is in; over mutual TLS of the mesh only. */
  static final String HEADER = "x-selvage-lane";

  private static final String BAGGAGE_KEY = "selvage.lane";
  private static final int LONGEST = 63;

  private Lanes() {}

  /** A lane's name, or null when the text is none: a DNS label. */
  static @Nullable String name(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > LONGEST) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) {
        return null;
      }
    }
    return text;
  }

  /** The lane in W3C baggage, member {@code selvage.lane}; null = none. */
  static @Nullable String inBaggage(@Nullable String baggage) {
    if (baggage == null) {
      return null;
    }
    for (String member : baggage.split(",", -1)) {
      String pair = member.split(";", 2)[0].trim();
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).trim().equals(BAGGAGE_KEY)) {
        return name(pair.substring(equals + 1).trim());
      }
    }
    return null;
  }
}
