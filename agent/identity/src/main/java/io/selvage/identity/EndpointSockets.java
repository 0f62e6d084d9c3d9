package io.selvage.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sockets to one endpoint with one intent. Names that callers give are not looked up again:
 * sessions belong to the endpoint.
 */
final class EndpointSockets extends SSLSocketFactory {
  private final SSLSocketFactory sockets;
  private final SSLParameters parameters;
  private final String address;
  private final int port;
  private final @Nullable OpenConnections open;

  /**
   * @param open told of each connection; null = of none
   */
  EndpointSockets(
      SSLSocketFactory sockets,
      SSLParameters parameters,
      String address,
      int port,
      @Nullable OpenConnections open) {
    this.sockets = sockets;
    this.parameters = parameters;
    this.address = address;
    this.port = port;
    this.open = open;
  }

  private Socket configured(Socket socket) {
    return new ClientSocket((SSLSocket) socket, parameters, open);
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return parameters.getCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket() throws IOException {
    return configured(sockets.createSocket());
  }

  @Override
  public Socket createSocket(Socket under, String host, int askedPort, boolean autoClose)
      throws IOException {
    return configured(sockets.createSocket(under, address, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int askedPort) throws IOException {
    return connected(null);
  }

  @Override
  public Socket createSocket(String host, int askedPort, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(local, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int askedPort) throws IOException {
    return connected(null);
  }

  @Override
  public Socket createSocket(InetAddress host, int askedPort, InetAddress local, int localPort)
      throws IOException {
    return connected(new InetSocketAddress(local, localPort));
  }

  private Socket connected(@Nullable InetSocketAddress local) throws IOException {
    Socket socket = createSocket();
    try {
      if (local != null) {
        socket.bind(local);
      }
      socket.connect(new InetSocketAddress(address, port));
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }
}
