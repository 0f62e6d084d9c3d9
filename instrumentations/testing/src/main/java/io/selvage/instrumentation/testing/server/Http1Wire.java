package io.selvage.instrumentation.testing.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** HTTP/1.1 by hand, so that pipelining and broken input can be sent. */
public final class Http1Wire extends Wire {
  private final InputStream in;

  Http1Wire(Socket socket) throws IOException {
    super(socket);
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  @Override
  public Reply send(Ask ask) throws IOException {
    write(ask);
    return read("HEAD".equals(ask.method()));
  }

  /** Sends only. */
  public void write(Ask... asks) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (Ask ask : asks) {
      all.writeBytes(ask.wire("localhost:" + socket.getPort(), Map.of()));
    }
    try {
      socket.getOutputStream().write(all.toByteArray());
      socket.getOutputStream().flush();
    } catch (IOException closed) {
      // the server may answer early and stop reading: its answer counts
      if (in.available() == 0) {
        throw closed;
      }
    }
  }

  /** Reads one answer. */
  public Reply read(boolean head) throws IOException {
    return read(in, head);
  }

  static Reply read(InputStream in, boolean head) throws IOException {
    String status = line(in);
    while (status.startsWith("HTTP/1.1 100")) {
      headers(in);
      status = line(in);
    }
    Map<String, String> headers = headers(in);
    int code = Integer.parseInt(status.split(" ", 3)[1]);
    boolean empty = head || code == 204 || code == 304 || code < 200;
    return new Reply(code, headers, empty ? new byte[0] : body(in, headers));
  }

  private static Map<String, String> headers(InputStream in) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      int colon = line.indexOf(':');
      headers.merge(
          line.substring(0, colon).toLowerCase(Locale.ROOT),
          line.substring(colon + 1).strip(),
          (a, b) -> a + "," + b);
    }
    return headers;
  }

  private static byte[] body(InputStream in, Map<String, String> headers) throws IOException {
    if (headers.containsKey("content-length")) {
      return exactly(in, Integer.parseInt(headers.get("content-length")));
    }
    if (!"chunked".equals(headers.get("transfer-encoding"))) {
      return in.readAllBytes();
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (; ; ) {
      int size = Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
      if (size == 0) {
        headers(in);
        return all.toByteArray();
      }
      all.writeBytes(exactly(in, size));
      line(in);
    }
  }

  private static byte[] exactly(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("body cut off after " + bytes.length + " of " + length);
    }
    return bytes;
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("closed after '" + text + "'");
      }
      text.write(c);
    }
    return text.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }

  @Override
  public boolean isGivenUp() throws IOException {
    try {
      return in.read() < 0;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }
}
