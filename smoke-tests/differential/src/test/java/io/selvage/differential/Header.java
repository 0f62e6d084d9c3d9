package io.selvage.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One header line; the name in lower case. */
record Header(String name, String value) {
  Header {
    name = name.toLowerCase(Locale.ROOT);
  }

  /** Names and values in turn. */
  static List<Header> of(String... namesAndValues) {
    List<Header> all = new ArrayList<>();
    for (int i = 0; i + 1 < namesAndValues.length; i += 2) {
      all.add(new Header(namesAndValues[i], namesAndValues[i + 1]));
    }
    return List.copyOf(all);
  }

  /** All values of a header, joined by commas as HTTP allows; null when it is not there. */
  static String joined(List<Header> all, String name) {
    StringBuilder text = null;
    for (Header header : all) {
      if (header.name().equals(name)) {
        text =
            text == null
                ? new StringBuilder(header.value())
                : text.append(',').append(header.value());
      }
    }
    return text == null ? null : text.toString();
  }

  @Override
  public String toString() {
    return name + ": " + value;
  }
}
