package io.selvage.instrumentation.testing.server;

import io.selvage.extension.FirstBytes;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/** First bytes of a connection, ordinary ones and evil ones. */
public final class ClientHellos {
  private static final byte[] JSSE = jsse("TLSv1.3", "TLSv1.2");

  /**
   * What a caller sends first.
   *
   * @param chunks sent one after another
   * @param verdict of the sniffer over all of them
   */
  public record Case(String name, List<byte[]> chunks, FirstBytes.Verdict verdict) {
    /** All chunks in one. */
    public byte[] bytes() {
      return join(chunks);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private ClientHellos() {}

  /** All cases. */
  public static List<Case> all() {
    List<Case> all = new ArrayList<>();
    ordinary(all);
    fragments(all);
    extensions(all);
    cutOff(all);
    others(all);
    return List.copyOf(all);
  }

  private static void tls(List<Case> all, String name, byte[]... chunks) {
    all.add(new Case(name, List.of(chunks), FirstBytes.Verdict.TLS));
  }

  private static void plain(List<Case> all, String name, byte[] bytes) {
    all.add(new Case(name, List.of(bytes), FirstBytes.Verdict.PLAIN));
  }

  private static void plain(List<Case> all, String name, String text) {
    plain(all, name, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void ordinary(List<Case> all) {
    tls(all, "TLS 1.3 of the JDK", JSSE);
    tls(all, "TLS 1.2 of the JDK", jsse("TLSv1.2"));
    tls(all, "record version SSL 3.0", version(JSSE, 0x00));
    tls(all, "record version TLS 1.0", version(JSSE, 0x01));
    tls(all, "record version TLS 1.2", version(JSSE, 0x03));
    tls(all, "record version of the future", version(JSSE, 0x7f));
    tls(all, "hello of version SSL 3.0", edited(h -> h[5] = 0));
    tls(all, "compression", Hello.of(JSSE).compression(1, 0).record());
    tls(all, "no suite", Hello.of(JSSE).suites().record());
    tls(all, "suites of an odd length", edited(h -> h[5 + 32 + 2 + (h[38] & 0xff)] ^= 1));
    tls(all, "weak suites alone", Hello.of(JSSE).suites(0x002f, 0x000a, 0x0005).record());
    tls(all, "GREASE suites", Hello.of(JSSE).suites(0x0a0a, 0x1301, 0xfafa, 0xc02b).record());
    tls(all, "60 kB of suites", Hello.of(JSSE).suites(new int[30_000]).record());
  }

  private static void fragments(List<Case> all) {
    List<byte[]> single = new ArrayList<>();
    for (byte b : JSSE) {
      single.add(new byte[] {b});
    }
    all.add(new Case("byte by byte", List.copyOf(single), FirstBytes.Verdict.TLS));
    for (int at : new int[] {1, 2, 5, 6, 43}) {
      tls(
          all,
          "two parts, the first of " + at,
          Arrays.copyOf(JSSE, at),
          Arrays.copyOfRange(JSSE, at, JSSE.length));
    }
    for (int size : new int[] {1, 2, 16, 100}) {
      tls(all, "records of " + size, records(Arrays.copyOfRange(JSSE, 5, JSSE.length), size));
    }
    tls(all, "an empty record first", join(List.of(bytes(0x16, 3, 1, 0, 0), JSSE)));
    tls(all, "two hellos", join(List.of(JSSE, JSSE)));
    tls(
        all,
        "a hello and plaintext",
        join(List.of(JSSE, "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))));
  }

  private static void extensions(List<Case> all) {
    tls(all, "no extensions", Hello.of(JSSE).noExtensions().record());
    tls(all, "no SNI", Hello.of(JSSE).without(0).record());
    tls(all, "SNI of 255 bytes", Hello.of(JSSE).with(0, sni("a".repeat(255))).record());
    tls(all, "SNI of 16 kB", Hello.of(JSSE).with(0, sni("a".repeat(16_000))).record());
    tls(all, "SNI with NUL", Hello.of(JSSE).with(0, sni("a\0b")).record());
    tls(all, "SNI that is an address", Hello.of(JSSE).with(0, sni("127.0.0.1")).record());
    tls(all, "SNI list that is empty", Hello.of(JSSE).with(0, bytes(0, 0)).record());
    tls(all, "SNI longer than it says", Hello.of(JSSE).with(0, bytes(0, 9, 0, 0, 90, 65)).record());
    tls(all, "GREASE extension", Hello.of(JSSE).with(0x8a8a, new byte[] {0}).record());
    tls(all, "ECH", Hello.of(JSSE).with(0xfe0d, new byte[200]).record());
    tls(all, "padding", Hello.of(JSSE).with(21, new byte[4000]).record());
    tls(all, "extension twice", Hello.of(JSSE).with(0x1234, new byte[1]).twice(0x1234).record());
    tls(all, "ALPN of the mesh", Hello.of(JSSE).with(16, alpn("istio", "h2")).record());
    tls(all, "ALPN that nobody speaks", Hello.of(JSSE).with(16, alpn("ftp")).record());
    tls(all, "ALPN that is empty", Hello.of(JSSE).with(16, bytes(0, 0)).record());
    tls(all, "hybrid key share", Hello.of(JSSE).with(51, share(0x11ec, 1216)).record());
    tls(all, "key share of nobody", Hello.of(JSSE).with(51, share(0xfafa, 1)).record());
    tls(all, "early data", Hello.of(JSSE).with(42, new byte[0]).record());
    tls(all, "ticket of a stranger", Hello.of(JSSE).with(35, new byte[300]).record());
    tls(all, "only versions of the future", Hello.of(JSSE).with(43, bytes(2, 3, 9)).record());
  }

  private static void cutOff(List<Case> all) {
    all.add(new Case("nothing", List.of(new byte[0]), FirstBytes.Verdict.MORE));
    all.add(new Case("one byte", List.of(bytes(0x16)), FirstBytes.Verdict.MORE));
    for (int at : new int[] {2, 4, 5, 9, 40, JSSE.length - 1}) {
      tls(all, "cut off after " + at, Arrays.copyOf(JSSE, at));
    }
    tls(all, "record of 65,535", bytes(0x16, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xfb));
    tls(all, "handshake of 16 MB", edited(h -> h[1] = (byte) 0xff));
    tls(all, "a server's hello", edited(h -> h[0] = 2));
    tls(all, "a handshake that does not exist", edited(h -> h[0] = (byte) 0xee));
    tls(
        all,
        "HTTP in a handshake record",
        join(
            List.of(
                bytes(0x16, 3, 1, 0, 16),
                "GET / HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII))));
  }

  private static void others(List<Case> all) {
    plain(all, "alert", bytes(0x15, 3, 3, 0, 2, 2, 40));
    plain(all, "change of ciphers", bytes(0x14, 3, 3, 0, 1, 1));
    plain(all, "application data", bytes(0x17, 3, 3, 0, 5, 1, 2, 3, 4, 5));
    plain(all, "SSL 2", bytes(0x80, 0x1c, 1, 0, 2, 0, 3, 0, 0, 0, 16, 7, 0, 0xc0, 1, 2, 3, 4));
    plain(all, "SSL 2 that offers SSL 3", bytes(0x80, 0x2e, 1, 3, 1, 0, 21, 0, 0, 0, 16, 0, 0, 5));
    plain(all, "datagram TLS", bytes(0x16, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 1));
    plain(all, "major version 2", bytes(0x16, 2, 0, 0, 5, 1));
    plain(all, "major version 4", bytes(0x16, 4, 0, 0, 5, 1));
    plain(all, "HTTP that starts with 0x16", "\u0016GET /hello HTTP/1.1\r\nhost: a\r\n\r\n");
    plain(all, "HTTP/2 preface cut off", "PRI * HTTP/2.0\r\n\r\nSM");
    plain(all, "PROXY 1", "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n");
    plain(all, "PROXY 2", "\r\n\r\n\0\r\nQUIT\n \u0011\0\f\1\2\3\4\5\6\7\b\1\2\3\4");
    plain(all, "SSH", "SSH-2.0-OpenSSH_9.2\r\n");
    plain(all, "zeros", new byte[64]);
    byte[] ones = new byte[64];
    Arrays.fill(ones, (byte) 0xff);
    plain(all, "ones", ones);
  }

  // ---- bytes

  private static byte[] jsse(String... versions) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, null, null);
      SSLEngine engine = context.createSSLEngine("reviews.example", 443);
      engine.setUseClientMode(true);
      SSLParameters parameters = engine.getSSLParameters();
      parameters.setProtocols(versions);
      engine.setSSLParameters(parameters);
      ByteBuffer out = ByteBuffer.allocate(1 << 15);
      engine.wrap(ByteBuffer.allocate(0), out);
      return Arrays.copyOf(out.array(), out.position());
    } catch (GeneralSecurityException | SSLException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static byte[] version(byte[] record, int minor) {
    byte[] copy = record.clone();
    copy[2] = (byte) minor;
    return copy;
  }

  /** The ordinary record with its handshake message changed in place. */
  private static byte[] edited(Consumer<byte[]> change) {
    byte[] message = Arrays.copyOfRange(JSSE, 5, JSSE.length);
    change.accept(message);
    return records(message, message.length);
  }

  static byte[] records(byte[] message, int size) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < message.length; at += size) {
      int length = Math.min(size, message.length - at);
      out.writeBytes(bytes(0x16, 3, 1, length >> 8, length));
      out.write(message, at, length);
    }
    return out.toByteArray();
  }

  private static byte[] sni(String name) {
    int n = name.length();
    return join(
        List.of(
            bytes((n + 3) >> 8, n + 3, 0, n >> 8, n), name.getBytes(StandardCharsets.ISO_8859_1)));
  }

  private static byte[] alpn(String... names) {
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (String name : names) {
      list.write(name.length());
      list.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    }
    return join(List.of(bytes(list.size() >> 8, list.size()), list.toByteArray()));
  }

  private static byte[] share(int group, int length) {
    byte[] header = bytes((length + 4) >> 8, length + 4, group >> 8, group, length >> 8, length);
    return join(List.of(header, new byte[length]));
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] join(List<byte[]> parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    parts.forEach(out::writeBytes);
    return out.toByteArray();
  }
}
