package io.selvage.instrumentation.testing.server;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A response; names of headers in lower case. */
public record Reply(int status, Map<String, String> headers, byte[] body) {
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** A value of the {@code key=value} lines that the sample application answers with. */
  public String said(String key) {
    for (String line : text().split("\n", -1)) {
      if (line.startsWith(key + "=")) {
        return line.substring(key.length() + 1);
      }
    }
    throw new AssertionError("no " + key + " in: " + status + " " + text());
  }
}
