package io.selvage.differential;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** Who calls: an address, and an identity or none; one connection, opened again when it closes. */
final class RbacCaller implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;
  final String address;
  final String id;
  private final SSLContext context;
  private final InetSocketAddress listener;
  private Socket socket;
  private BufferedInputStream in;

  /**
   * @param id null = plaintext
   */
  RbacCaller(String address, String id, SSLContext context, String listener) {
    this.address = address;
    this.id = id;
    this.context = context;
    int colon = listener.lastIndexOf(':');
    this.listener =
        new InetSocketAddress(
            listener.substring(0, colon), Integer.parseInt(listener.substring(colon + 1)));
  }

  private void open() throws IOException {
    Socket plain = new Socket();
    plain.setTcpNoDelay(true);
    plain.setSoTimeout(PATIENCE_MILLIS);
    plain.bind(new InetSocketAddress(address, 0));
    plain.connect(listener, PATIENCE_MILLIS);
    if (context == null) {
      socket = plain;
    } else {
      SSLSocket tls =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(plain, listener.getHostString(), listener.getPort(), true);
      tls.startHandshake();
      socket = tls;
    }
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** The status of the answer. */
  int status(Call call) throws IOException {
    if (socket == null) {
      open();
    }
    List<Header> headers = new ArrayList<>();
    headers.add(new Header("host", call.authority()));
    headers.addAll(call.headers());
    if (call.method().equals("POST")) {
      headers.add(new Header("content-length", "0"));
    }
    socket
        .getOutputStream()
        .write(Wire.write(call.method() + " " + call.path() + " HTTP/1.1", headers, ""));
    Wire.Message answer = Wire.read(in, false);
    if (answer == null || "close".equals(answer.header("connection"))) {
      close();
    }
    return answer == null ? 0 : Integer.parseInt(answer.line().substring(9, 12));
  }

  @Override
  public void close() {
    try {
      if (socket != null) {
        socket.close();
      }
    } catch (IOException already) {
      // closed
    }
    socket = null;
  }

  @Override
  public String toString() {
    return address + " as " + (id == null ? "nobody" : id);
  }
}
