package io.selvage.identity;

import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** Two engines shaking hands in memory, then a byte each way. */
final class Handshake {
  private final ByteBuffer toServer = ByteBuffer.allocate(1 << 17);
  private final ByteBuffer toClient = ByteBuffer.allocate(1 << 17);
  private final SSLEngine client;
  private final SSLEngine server;

  Handshake(SSLEngine client, SSLEngine server) {
    this.client = client;
    this.server = server;
  }

  /** Throws what the refusing side throws; both sides have data from the other when it returns. */
  Handshake run() throws SSLException {
    client.beginHandshake();
    server.beginHandshake();
    boolean moved = true;
    while (moved) {
      moved = step(client, toServer, toClient) | step(server, toClient, toServer);
    }
    exchange();
    return this;
  }

  /** A byte each way over the connection. */
  void exchange() throws SSLException {
    carry(client, server, toServer);
    carry(server, client, toClient);
  }

  private static boolean step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
    tasks(engine);
    if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
      engine.wrap(ByteBuffer.allocate(0), out);
      tasks(engine);
      return true;
    }
    in.flip();
    try {
      if (!in.hasRemaining()) {
        return false;
      }
      int before = in.remaining();
      engine.unwrap(in, ByteBuffer.allocate(1 << 16));
      tasks(engine);
      return in.remaining() < before || engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP;
    } finally {
      in.compact();
    }
  }

  private static void carry(SSLEngine from, SSLEngine to, ByteBuffer wire) throws SSLException {
    from.wrap(ByteBuffer.wrap(new byte[] {42}), wire);
    ByteBuffer data = ByteBuffer.allocate(1 << 16);
    wire.flip();
    while (wire.hasRemaining() && data.position() == 0) {
      to.unwrap(wire, data);
      tasks(to);
    }
    wire.compact();
    if (data.position() != 1 || data.get(0) != 42) {
      throw new SSLException(
          "the byte did not arrive: "
              + from.getHandshakeStatus()
              + " / "
              + to.getHandshakeStatus());
    }
  }

  private static void tasks(SSLEngine engine) {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }
}
