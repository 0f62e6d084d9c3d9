package io.selvage.instrumentation.testing.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One connection of a client that speaks one protocol; blocking, not thread-safe. */
public abstract class Wire implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  protected final Socket socket;

  protected Wire(Socket socket) {
    this.socket = socket;
  }

  /** Connects and shakes hands; {@code tls} is used where the entry asks for it. */
  public static Wire open(Entry entry, int port, SSLContext tls) throws IOException {
    Socket socket = connect(port);
    try {
      if (entry.tls()) {
        socket = secure(socket, tls, entry.http2() ? List.of("h2") : List.of("http/1.1"));
      }
      return switch (entry) {
        case H1, H1_TLS -> new Http1Wire(socket);
        case H2_TLS, H2C_PRIOR -> new Http2Wire(socket, false);
        case H2C_UPGRADE -> new Http2Wire(socket, true);
      };
    } catch (IOException | RuntimeException failed) {
      socket.close();
      throw failed;
    }
  }

  public static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /** TLS over a connected socket, handshake done. */
  public static SSLSocket secure(Socket socket, SSLContext tls, List<String> alpn)
      throws IOException {
    SSLSocket secure =
        (SSLSocket)
            tls.getSocketFactory()
                .createSocket(socket, "localhost", socket.getPort(), /* autoClose= */ true);
    SSLParameters parameters = secure.getSSLParameters();
    parameters.setApplicationProtocols(alpn.toArray(new String[0]));
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return secure;
  }

  /** How long to wait for each piece of an answer, in place of the usual time. */
  public void patience(java.time.Duration time) throws IOException {
    socket.setSoTimeout((int) time.toMillis());
  }

  /** Sends and reads the whole answer. */
  public abstract Reply send(Ask ask) throws IOException;

  /** Whether the server has said, or says within the time-out, that no more requests are wanted. */
  public abstract boolean isGivenUp() throws IOException;

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
