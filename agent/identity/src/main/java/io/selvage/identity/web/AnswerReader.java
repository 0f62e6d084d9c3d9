package io.selvage.identity.web;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads one HTTP/1.1 answer (RFC 9112) within bounds. */
final class AnswerReader {
  private static final int MAX_HEAD = 64 * 1024;
  private final InputStream in;
  private final int maxBytes;
  private int head;

  AnswerReader(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in);
    this.maxBytes = maxBytes;
  }

  WebAnswer read(String method) throws IOException {
    while (true) {
      String line = line();
      if (!line.matches("HTTP/1\\.[01] \\d{3}.*")) {
        throw new IOException("not an HTTP/1.1 answer");
      }
      int status = Integer.parseInt(line.substring(9, 12));
      List<Map.Entry<String, String>> headers = headers();
      if (status / 100 == 1) {
        continue;
      }
      boolean empty = method.equals("HEAD") || status == 204 || status == 304;
      return new WebAnswer(status, headers, empty ? new byte[0] : body(headers));
    }
  }

  private List<Map.Entry<String, String>> headers() throws IOException {
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new IOException("a header without a name");
      }
      headers.add(
          Map.entry(
              line.substring(0, colon).toLowerCase(Locale.ROOT),
              line.substring(colon + 1).strip()));
    }
    return headers;
  }

  private byte[] body(List<Map.Entry<String, String>> headers) throws IOException {
    WebAnswer known = new WebAnswer(0, headers, new byte[0]);
    String coding = known.header("transfer-encoding");
    if (coding != null) {
      if (!coding.equalsIgnoreCase("chunked")) {
        throw new IOException("transfer coding " + coding);
      }
      return chunks();
    }
    String length = known.header("content-length");
    if (length == null) {
      return all(Integer.MAX_VALUE, false);
    }
    if (!length.matches("\\d{1,18}") || Long.parseLong(length) > maxBytes) {
      throw new IOException("larger than " + maxBytes + " bytes");
    }
    return all(Integer.parseInt(length), true);
  }

  private byte[] all(int length, boolean exact) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    copy(body, length, exact);
    return body.toByteArray();
  }

  private void copy(ByteArrayOutputStream to, int length, boolean exact) throws IOException {
    byte[] buffer = new byte[8192];
    int left = length;
    while (left > 0) {
      int n = in.read(buffer, 0, Math.min(left, buffer.length));
      if (n < 0) {
        if (exact) {
          throw new EOFException("the answer ends too early");
        }
        return;
      }
      to.write(buffer, 0, n);
      left -= n;
      if (to.size() > maxBytes) {
        throw new IOException("larger than " + maxBytes + " bytes");
      }
    }
  }

  private byte[] chunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      String size = line().split(";", 2)[0].strip();
      if (!size.matches("[0-9a-fA-F]{1,7}")) {
        throw new IOException("a chunk without a size");
      }
      int length = Integer.parseInt(size, 16);
      if (length == 0) {
        var trailers = headers();
        return body.toByteArray();
      }
      copy(body, length, true);
      if (!line().isEmpty()) {
        throw new IOException("a chunk of another size");
      }
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("the answer ends too early");
      }
      if (++head > MAX_HEAD) {
        throw new IOException("a head larger than " + MAX_HEAD + " bytes");
      }
      line.write(b);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
