package io.selvage.smoke;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * Somebody outside the mesh: speaks plaintext, or TLS with a certificate of another trust domain,
 * byte by byte as the protocols say.
 */
public final class Stranger {
  /** How plaintext is spoken. */
  public enum Speech {
    HTTP1,
    H2C,
    H2C_UPGRADE
  }

  /** What came back before the connection closed or 3 s went by. */
  public record Answer(String start, boolean closed) {
    /**
     * Whether a server answered with success: a 200 line, or an HTTP/2 HEADERS frame whose status
     * is 200 or that is a gRPC response.
     */
    public boolean served() {
      return start.startsWith("HTTP/1.1 200")
          || start.startsWith("HTTP/1.0 200")
          || start.startsWith("h2 status 200")
          || start.startsWith("HTTP/1.1 101");
    }
  }

  /** A connection that stays open. */
  public static final class Open implements AutoCloseable {
    private final Socket socket;

    private Open(Socket socket) {
      this.socket = socket;
    }

    /** One HTTP/1.1 request on it. */
    public Answer get(String path) {
      try {
        socket.getOutputStream().write(http1(path, "keep-alive", ""));
        return answer(socket.getInputStream(), false);
      } catch (IOException e) {
        return new Answer(e.toString(), true);
      }
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        // already gone
      }
    }
  }

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EMPTY_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};

  private Stranger() {}

  /** One plaintext request. */
  public static Answer plaintext(int port, String path, Speech speech) {
    try (Socket socket = connect(port)) {
      switch (speech) {
        case HTTP1 -> socket.getOutputStream().write(http1(path, "close", ""));
        case H2C_UPGRADE ->
            socket
                .getOutputStream()
                .write(
                    http1(
                        path,
                        "Upgrade, HTTP2-Settings",
                        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"));
        case H2C -> socket.getOutputStream().write(http2(path));
      }
      return answer(socket.getInputStream(), speech == Speech.H2C);
    } catch (IOException e) {
      return new Answer(e.toString(), true);
    }
  }

  /** A plaintext connection that is kept. */
  public static Open open(int port) {
    try {
      return new Open(connect(port));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** One request over TLS with a certificate that another mesh's authority signed. */
  public static Answer otherTrustDomain(int port, String path, String alpn) {
    try (Socket raw = connect(port);
        SSLSocket tls =
            (SSLSocket)
                StrangerIdentity.context()
                    .getSocketFactory()
                    .createSocket(raw, "127.0.0.1", port, true)) {
      SSLParameters parameters = tls.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {alpn});
      tls.setSSLParameters(parameters);
      tls.startHandshake();
      boolean h2 = "h2".equals(tls.getApplicationProtocol());
      tls.getOutputStream().write(h2 ? http2(path) : http1(path, "close", ""));
      return answer(tls.getInputStream(), h2);
    } catch (IOException e) {
      return new Answer(e.toString(), true);
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(3000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2000);
    return socket;
  }

  private static byte[] http1(String path, String connection, String more) {
    return ("GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: "
            + connection
            + "\r\n"
            + more
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Preface, SETTINGS and a GET (or, for a gRPC path, a POST) as literal header fields without
   * Huffman (RFC 7541 §6.2.2).
   */
  private static byte[] http2(String path) throws IOException {
    boolean grpc = path.startsWith("/bookinfo.");
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    header(block, ":method", grpc ? "POST" : "GET");
    header(block, ":scheme", "http");
    header(block, ":path", path);
    header(block, ":authority", "localhost");
    if (grpc) {
      header(block, "content-type", "application/grpc");
      header(block, "te", "trailers");
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(PREFACE);
    out.write(EMPTY_SETTINGS);
    frame(out, 1, grpc ? 4 : 5, block.toByteArray());
    if (grpc) {
      frame(out, 0, 1, new byte[] {0, 0, 0, 0, 0});
    }
    return out.toByteArray();
  }

  private static void header(ByteArrayOutputStream out, String name, String value)
      throws IOException {
    out.write(0);
    out.write(name.length());
    out.write(name.getBytes(StandardCharsets.US_ASCII));
    out.write(value.length());
    out.write(value.getBytes(StandardCharsets.US_ASCII));
  }

  private static void frame(ByteArrayOutputStream out, int type, int flags, byte[] payload)
      throws IOException {
    out.write(
        new byte[] {
          (byte) (payload.length >> 16),
          (byte) (payload.length >> 8),
          (byte) payload.length,
          (byte) type,
          (byte) flags,
          0,
          0,
          0,
          1
        });
    out.write(payload);
  }

  private static Answer answer(InputStream in, boolean h2) {
    try {
      if (h2) {
        return h2Answer(in);
      }
      byte[] start = in.readNBytes(12);
      StringBuilder text = new StringBuilder(new String(start, StandardCharsets.ISO_8859_1));
      if (start.length == 12) {
        skipResponse(in, text);
      }
      return new Answer(text.toString(), start.length == 0);
    } catch (IOException e) {
      return new Answer(e.toString(), true);
    }
  }

  /**
   * Reads the rest of a response with a content length, so that the connection can be used again.
   */
  private static void skipResponse(InputStream in, StringBuilder text) throws IOException {
    while (text.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return;
      }
      text.append((char) b);
    }
    java.util.regex.Matcher length =
        java.util.regex.Pattern.compile("(?i)content-length: *(\\d+)").matcher(text);
    if (length.find()) {
      in.readNBytes(Integer.parseInt(length.group(1)));
    } else if (text.toString()
        .toLowerCase(java.util.Locale.ROOT)
        .contains("transfer-encoding: chunked")) {
      StringBuilder body = new StringBuilder();
      while (!body.toString().endsWith("0\r\n\r\n")) {
        int b = in.read();
        if (b < 0) {
          return;
        }
        body.append((char) b);
      }
    }
  }

  private static Answer h2Answer(InputStream in) throws IOException {
    for (int i = 0; i < 50; i++) {
      byte[] head = in.readNBytes(9);
      if (head.length < 9) {
        return new Answer("closed", true);
      }
      int length = (head[0] & 255) << 16 | (head[1] & 255) << 8 | head[2] & 255;
      byte[] payload = in.readNBytes(length);
      if (head[3] == 1) {
        return new Answer(
            (payload.length > 0 && (payload[0] & 255) == 0x88 ? "h2 status 200 " : "h2 headers ")
                + HexFormat.of().formatHex(payload),
            false);
      }
      if (head[3] == 7) {
        return new Answer("GOAWAY", true);
      }
    }
    return new Answer("no headers", false);
  }
}
