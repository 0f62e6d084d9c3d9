package io.selvage.instrumentation.testing.server;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A request; names of headers in lower case. */
public record Ask(String method, String path, Map<String, List<String>> headers, byte[] body) {
  public static Ask get(String path) {
    return new Ask("GET", path, Map.of(), new byte[0]);
  }

  public static Ask post(String path, byte[] body) {
    return new Ask("POST", path, Map.of(), body);
  }

  /** With a header; several values are as many lines. */
  public Ask with(String name, String... values) {
    Map<String, List<String>> more = new LinkedHashMap<>(headers);
    more.put(name, List.of(values));
    return new Ask(method, path, more, body);
  }

  /** The request as HTTP/1.1 writes it, further headers included. */
  byte[] wire(String host, Map<String, String> further) {
    StringBuilder text = new StringBuilder();
    text.append(method).append(' ').append(path).append(" HTTP/1.1\r\nhost: ").append(host);
    headers.forEach(
        (name, values) ->
            values.forEach(value -> text.append("\r\n").append(name).append(": ").append(value)));
    further.forEach((name, value) -> text.append("\r\n").append(name).append(": ").append(value));
    if (body.length > 0) {
      text.append("\r\ncontent-length: ").append(body.length);
    }
    byte[] head = text.append("\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = new byte[head.length + body.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }
}
