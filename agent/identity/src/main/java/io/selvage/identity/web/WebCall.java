package io.selvage.identity.web;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * A request of the agent itself.
 *
 * @param headers names in lower case; {@code host} and {@code content-length} are made
 */
public record WebCall(
    String method, URI uri, List<Map.Entry<String, String>> headers, byte[] body) {
  public WebCall {
    headers = List.copyOf(headers);
  }

  /** A plain GET. */
  public static WebCall get(URI uri) {
    return new WebCall("GET", uri, List.of(Map.entry("accept", "application/json")), new byte[0]);
  }
}
