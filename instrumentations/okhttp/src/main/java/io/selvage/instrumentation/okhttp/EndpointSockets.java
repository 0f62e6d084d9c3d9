package io.selvage.instrumentation.okhttp;

import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Intent;
import io.selvage.extension.ProxyHeader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sockets that connect to one endpoint whatever the library asks them to connect to; TLS on them is
 * the library's, so the floor leaves them alone.
 */
final class EndpointSockets extends SocketFactory {
  private final EndpointAddress endpoint;
  private final AttemptSockets sockets;

  EndpointSockets(EndpointAddress endpoint, AttemptSockets sockets) {
    this.endpoint = endpoint;
    this.sockets = sockets;
  }

  @Override
  public Socket createSocket() throws IOException {
    return new EndpointSocket();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connected(null);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(local, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connected(null);
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(local, localPort));
  }

  private Socket connected(@Nullable SocketAddress local) throws IOException {
    Socket socket = new EndpointSocket();
    if (local != null) {
      socket.bind(local);
    }
    socket.connect(endpoint);
    return socket;
  }

  private final class EndpointSocket extends Socket {
    @Override
    public void connect(SocketAddress asked, int timeoutMillis) throws IOException {
      sockets.opening(this);
      try (Intent bypass = Intent.bypass()) {
        super.connect(endpoint, timeoutMillis);
        ProxyHeader.send(endpoint.endpoint(), this);
      }
      sockets.connected();
      ConnectionLanes.opened(endpoint.poolKey(), this);
    }
  }
}
