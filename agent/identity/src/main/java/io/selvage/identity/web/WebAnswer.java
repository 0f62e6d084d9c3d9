package io.selvage.identity.web;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came back.
 *
 * @param headers names in lower case, in order
 */
public record WebAnswer(int status, List<Map.Entry<String, String>> headers, byte[] body) {
  public WebAnswer {
    headers = List.copyOf(headers);
  }

  /** The first value of a header; null when absent. */
  public @Nullable String header(String name) {
    for (Map.Entry<String, String> each : headers) {
      if (each.getKey().equals(name)) {
        return each.getValue();
      }
    }
    return null;
  }
}
