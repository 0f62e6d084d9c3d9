package io.selvage.contract.jdbc;

import io.selvage.instrumentation.testing.client.Credentials;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Mutual TLS in front of a database, as its sidecar would do it; counts who came in. */
final class TlsDoor implements AutoCloseable {
  private final SSLServerSocket listener;
  private final int target;
  private final AtomicInteger connections = new AtomicInteger();
  private final List<Socket> open = new CopyOnWriteArrayList<>();

  TlsDoor(Credentials credentials, int target) throws Exception {
    this.target = target;
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(credentials.keys().getKeyManagers(), credentials.trust().getTrustManagers(), null);
    listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    listener.setNeedClientAuth(true);
    thread("accept", this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Connections whose client showed a certificate of the mesh. */
  int connections() {
    return connections.get();
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void thread(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException closed) {
                return; // either side has gone, which ends this direction
              }
            },
            "door-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    for (; ; ) {
      SSLSocket client = (SSLSocket) listener.accept();
      open.add(client);
      thread("connection", () -> serve(client));
    }
  }

  private void serve(SSLSocket client) throws IOException {
    client.startHandshake();
    connections.incrementAndGet();
    Socket database = new Socket(InetAddress.getLoopbackAddress(), target);
    open.add(database);
    thread("up", () -> pump(client, database));
    pump(database, client);
  }

  private static void pump(Socket from, Socket to) throws IOException {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16_384];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
