package io.selvage.identity;

import io.selvage.engine.model.FilterChain.DownstreamTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** Wraps sockets that a blocking server has accepted: server mode, client certificate demanded. */
final class ServerSockets extends SSLSocketFactory {
  private final SSLSocketFactory sockets;
  private final DownstreamTls tls;

  ServerSockets(SSLSocketFactory sockets, DownstreamTls tls) {
    this.sockets = sockets;
    this.tls = tls;
  }

  private Socket configured(Socket made) {
    SSLSocket socket = (SSLSocket) made;
    socket.setUseClientMode(false);
    SSLParameters parameters =
        TlsDefaults.parameters(socket.getSupportedCipherSuites(), tls.settings());
    if (tls.requireClientCertificate()) {
      parameters.setNeedClientAuth(true);
    } else {
      parameters.setWantClientAuth(true);
    }
    socket.setSSLParameters(parameters);
    return socket;
  }

  @Override
  public Socket createSocket(Socket accepted, @Nullable InputStream consumed, boolean autoClose)
      throws IOException {
    return configured(sockets.createSocket(accepted, consumed, autoClose));
  }

  @Override
  public Socket createSocket(Socket accepted, String host, int port, boolean autoClose)
      throws IOException {
    return configured(sockets.createSocket(accepted, host, port, autoClose));
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return sockets.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    throw new SocketException("only for accepted sockets");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    throw new SocketException("only for accepted sockets");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    throw new SocketException("only for accepted sockets");
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
      throws IOException {
    throw new SocketException("only for accepted sockets");
  }
}
