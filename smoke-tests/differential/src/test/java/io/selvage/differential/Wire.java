package io.selvage.differential;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** HTTP/1.1 messages as bytes; no more than both ends of these tests need. */
final class Wire {
  /** First line, headers, body. */
  record Message(String line, List<Header> headers, String body) {
    String header(String name) {
      return Header.joined(headers, name);
    }
  }

  private Wire() {}

  /**
   * Reads a message; null at the end of the stream.
   *
   * @param bodiless whether the headers do not tell of a body that follows (HEAD, 204, 304)
   */
  static Message read(InputStream in, boolean bodiless) throws IOException {
    String line = line(in, true);
    if (line == null) {
      return null;
    }
    List<Header> headers = new ArrayList<>();
    for (String text = line(in, false); text != null && !text.isEmpty(); text = line(in, false)) {
      int colon = text.indexOf(':');
      headers.add(new Header(text.substring(0, colon), text.substring(colon + 1).strip()));
    }
    return new Message(line, headers, bodiless || noBody(line) ? "" : body(in, line, headers));
  }

  private static boolean noBody(String line) {
    return line.startsWith("HTTP/1.1 204") || line.startsWith("HTTP/1.1 304");
  }

  private static String body(InputStream in, String line, List<Header> headers) throws IOException {
    String length = Header.joined(headers, "content-length");
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (length != null) {
      copy(in, body, Integer.parseInt(length));
    } else if ("chunked".equals(Header.joined(headers, "transfer-encoding"))) {
      for (int size = size(in); size > 0; size = size(in)) {
        copy(in, body, size);
        line(in, false);
      }
      for (String trailer = line(in, false); trailer != null && !trailer.isEmpty(); ) {
        trailer = line(in, false);
      }
    } else if (line.startsWith("HTTP/")) {
      in.transferTo(body);
    }
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  private static int size(InputStream in) throws IOException {
    String text = line(in, false);
    return text == null ? 0 : Integer.parseInt(text.strip(), 16);
  }

  private static void copy(InputStream in, ByteArrayOutputStream to, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the body ends too early");
    }
    to.write(bytes);
  }

  private static String line(InputStream in, boolean mayEnd) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        if (mayEnd && text.size() == 0) {
          return null;
        }
        throw new EOFException("the head ends too early");
      }
      if (c != '\r') {
        text.write(c);
      }
    }
    return text.toString(StandardCharsets.ISO_8859_1);
  }

  static byte[] write(String line, List<Header> headers, String body) {
    StringBuilder text = new StringBuilder(line).append("\r\n");
    headers.forEach(h -> text.append(h.name()).append(": ").append(h.value()).append("\r\n"));
    return text.append("\r\n").append(body).toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
