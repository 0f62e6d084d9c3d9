package io.selvage.instrumentation.testing.server;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A request; names of headers in lower case. */
public record Ask(String method, String path, Map<String, String> headers, byte[] body) {
  public static Ask get(String path) {
    return new Ask("GET", path, Map.of(), new byte[0]);
  }

  public static Ask post(String path, byte[] body) {
    return new Ask("POST", path, Map.of(), body);
  }

  public Ask with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Ask(method, path, more, body);
  }

  /** The request as HTTP/1.1 writes it, further headers included. */
  byte[] wire(String host, Map<String, String> further) {
    StringBuilder text = new StringBuilder();
    text.append(method).append(' ').append(path).append(" HTTP/1.1\r\nhost: ").append(host);
    headers.forEach((name, value) -> text.append("\r\n").append(name).append(": ").append(value));
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
