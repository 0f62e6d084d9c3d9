package io.selvage.instrumentation.testing.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A blocking TCP server on loopback, with mutual TLS, TLS or none; a thread per connection. Nothing
 * of the mesh is in it.
 */
public final class TcpServer implements AutoCloseable {
  /** What it does with a connection; the connection is closed afterwards. */
  @FunctionalInterface
  public interface Conversation {
    void with(Socket connection) throws IOException;
  }

  /** Sends back what it gets until the peer has finished, then finishes too. */
  public static final Conversation ECHO =
      connection -> {
        InputStream in = connection.getInputStream();
        OutputStream out = connection.getOutputStream();
        byte[] buffer = new byte[16_384];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          out.write(buffer, 0, n);
          out.flush();
        }
      };

  private final ServerSocket listener;
  private final Conversation conversation;
  private final List<String> peers = new CopyOnWriteArrayList<>();
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();

  private TcpServer(ServerSocket listener, Conversation conversation) {
    this.listener = listener;
    this.conversation = conversation;
    start(this::accept);
  }

  public static TcpServer mutualTls(Credentials credentials, Conversation conversation) {
    return new TcpServer(secure(credentials, true), conversation);
  }

  /** TLS as an application's own server has it. */
  public static TcpServer tls(Credentials credentials, Conversation conversation) {
    return new TcpServer(secure(credentials, false), conversation);
  }

  public static TcpServer plaintext(Conversation conversation) {
    try {
      return new TcpServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), conversation);
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static ServerSocket secure(Credentials credentials, boolean mutual) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          credentials.keys().getKeyManagers(), credentials.trust().getTrustManagers(), null);
      SSLServerSocket socket =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
      socket.setNeedClientAuth(mutual);
      return socket;
    } catch (GeneralSecurityException | IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** SPIFFE ids of those who came, in order; empty text for a peer without a certificate. */
  public List<String> peers() {
    return List.copyOf(peers);
  }

  /** Connections whose conversation began. */
  public int connections() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        open.add(socket);
        start(() -> talk(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void talk(Socket socket) {
    try (socket) {
      if (socket instanceof SSLSocket secure) {
        secure.startHandshake();
        String peer = spiffe(secure);
        peers.add(peer == null ? "" : peer);
      } else {
        peers.add("");
      }
      connections.incrementAndGet();
      conversation.with(socket);
    } catch (IOException over) {
      // the peer decides how a conversation ends
    }
  }

  private static @Nullable String spiffe(SSLSocket socket) {
    try {
      X509Certificate leaf = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      for (List<?> name : leaf.getSubjectAlternativeNames()) {
        if (Integer.valueOf(6).equals(name.get(0))) {
          return (String) name.get(1);
        }
      }
      return null;
    } catch (javax.net.ssl.SSLPeerUnverifiedException none) {
      return null;
    } catch (CertificateParsingException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "tcp-upstream");
    thread.setDaemon(true);
    thread.start();
  }
}
