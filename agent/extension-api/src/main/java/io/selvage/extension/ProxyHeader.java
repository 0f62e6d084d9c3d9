package io.selvage.extension;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.ProxyProtocol;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;

/**
 * The PROXY protocol's header, which a connection seam sends before anything else, TLS included.
 *
 * <p>The caller is this process, so source and destination are those of the connection itself, as
 * Envoy's are for connections without a downstream. Source: the HAProxy PROXY protocol, versions 1
 * and 2; Envoy {@code upstream_proxy_protocol}.
 */
public final class ProxyHeader {
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final byte VERSION_2_PROXY = 0x21;
  private static final byte TCP4 = 0x11;
  private static final byte TCP6 = 0x21;
  private static final byte UNSPECIFIED = 0x00;
  private static final int MAX_V2 = SIGNATURE.length + 4 + 36;

  private ProxyHeader() {}

  /**
   * The whole header; that of an unknown protocol when one of the addresses is no IP address.
   *
   * @param local the connection's own end
   * @param remote its other end
   */
  public static byte[] of(ProxyProtocol version, SocketAddress local, SocketAddress remote) {
    boolean known =
        local instanceof InetSocketAddress from
            && isResolved(from)
            && remote instanceof InetSocketAddress to
            && isResolved(to);
    if (version == ProxyProtocol.V1) {
      String line = known ? line((InetSocketAddress) local, (InetSocketAddress) remote) : "UNKNOWN";
      return ("PROXY " + line + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
    ByteBuffer header = ByteBuffer.allocate(MAX_V2).put(SIGNATURE).put(VERSION_2_PROXY);
    if (known) {
      addresses(header, (InetSocketAddress) local, (InetSocketAddress) remote);
    } else {
      header.put(UNSPECIFIED).putShort((short) 0);
    }
    byte[] bytes = new byte[header.flip().remaining()];
    header.get(bytes);
    return bytes;
  }

  /**
   * Sends the header on a connected socket that has carried nothing yet, where the endpoint expects
   * one.
   *
   * @throws IOException when it cannot be sent below everything else
   */
  public static void send(Endpoint endpoint, Socket socket) throws IOException {
    ProxyProtocol version = endpoint.proxyProtocol();
    if (version == null) {
      return;
    }
    if (socket instanceof SSLSocket) {
      throw new ConnectException(
          "[SELV-6061] the destination expects the PROXY protocol, and nothing can be sent below the"
              + " application's own SSLSocket. Fix: connect a plain socket first and put TLS over it");
    }
    socket
        .getOutputStream()
        .write(of(version, socket.getLocalSocketAddress(), socket.getRemoteSocketAddress()));
  }

  private static boolean isResolved(InetSocketAddress address) {
    return address.getAddress() != null;
  }

  private static boolean isV6(InetSocketAddress from, InetSocketAddress to) {
    return from.getAddress() instanceof Inet6Address || to.getAddress() instanceof Inet6Address;
  }

  private static String line(InetSocketAddress from, InetSocketAddress to) {
    return (isV6(from, to) ? "TCP6 " : "TCP4 ")
        + text(from)
        + " "
        + text(to)
        + " "
        + from.getPort()
        + " "
        + to.getPort();
  }

  /** Without a scope, which means nothing elsewhere. */
  private static String text(InetSocketAddress address) {
    String text = address.getAddress().getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  private static void addresses(ByteBuffer header, InetSocketAddress from, InetSocketAddress to) {
    boolean v6 = isV6(from, to);
    int length = v6 ? 16 : 4;
    header.put(v6 ? TCP6 : TCP4).putShort((short) (2 * length + 4));
    header.put(padded(from, length)).put(padded(to, length));
    header.putShort((short) from.getPort()).putShort((short) to.getPort());
  }

  /** An address of version 4 among those of version 6 is written as a mapped one. */
  private static byte[] padded(InetSocketAddress address, int length) {
    byte[] raw = address.getAddress().getAddress();
    if (raw.length == length) {
      return raw;
    }
    byte[] mapped = new byte[length];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;
    System.arraycopy(raw, 0, mapped, 12, raw.length);
    return mapped;
  }
}
