package io.selvage.instrumentation.jdkhttpserver;

import io.selvage.extension.Revocable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;

/**
 * An engine driven over a blocking channel. One reading and one writing thread at a time; what the
 * engine itself wants to write is written under the writers' lock.
 */
final class TlsStream {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final Object writing = new Object();
  private ByteBuffer received;
  private ByteBuffer decrypted;
  private ByteBuffer encrypted;
  private boolean ended;

  /**
   * Takes over a connection.
   *
   * @param first what was already read from the channel
   */
  TlsStream(SocketChannel channel, SSLEngine engine, ByteBuffer first) {
    this.channel = channel;
    this.engine = engine;
    if (engine instanceof Revocable revocable) {
      revocable.onRevoked(this::cut);
    }
    SSLSession session = engine.getSession();
    received = ByteBuffer.allocate(session.getPacketBufferSize() * 2);
    received.put(first);
    decrypted = ByteBuffer.allocate(session.getApplicationBufferSize()).limit(0);
    encrypted = ByteBuffer.allocate(session.getPacketBufferSize());
  }

  private void cut() {
    try {
      channel.close();
    } catch (IOException alreadyBroken) {
      // what matters is that it is over
    }
  }

  SSLSession session() {
    return engine.getSession();
  }

  /** Shakes hands until a moment of {@link System#nanoTime}. */
  void handshake(long endNanos) throws IOException {
    engine.beginHandshake();
    while (isHandshaking(engine.getHandshakeStatus())) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> tasks();
        case NEED_WRAP -> wrap(NOTHING);
        default -> {
          if (!unwrap(endNanos)) {
            throw new EOFException("closed while shaking hands");
          }
          if (decrypted.hasRemaining()) {
            return; // the last message came together with the first request
          }
        }
      }
    }
  }

  private static boolean isHandshaking(HandshakeStatus status) {
    return status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED;
  }

  private void tasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  int read(ByteBuffer target) throws IOException {
    while (!decrypted.hasRemaining()) {
      if (ended || !unwrap(Long.MAX_VALUE)) {
        return -1;
      }
      afterUnwrap();
    }
    int count = Math.min(target.remaining(), decrypted.remaining());
    target.put(decrypted.slice(decrypted.position(), count));
    decrypted.position(decrypted.position() + count);
    return count;
  }

  /** Key updates and tickets come between data. */
  private void afterUnwrap() throws IOException {
    if (engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
      tasks();
    }
    if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
      wrap(NOTHING);
    }
  }

  /** Decrypts something, reading if need be; false at the end. */
  private boolean unwrap(long endNanos) throws IOException {
    for (; ; ) {
      SSLEngineResult result = decrypt();
      switch (result.getStatus()) {
        case BUFFER_UNDERFLOW -> {
          if (fill(endNanos) < 0) {
            ended = true;
            return false;
          }
        }
        case BUFFER_OVERFLOW ->
            decrypted =
                ByteBuffer.allocate(engine.getSession().getApplicationBufferSize() * 2).limit(0);
        case CLOSED -> {
          ended = true;
          return decrypted.hasRemaining();
        }
        default -> {
          return true;
        }
      }
    }
  }

  private SSLEngineResult decrypt() throws IOException {
    received.flip();
    decrypted.clear();
    try {
      return engine.unwrap(received, decrypted);
    } catch (SSLException refused) {
      decrypted.limit(0);
      alert();
      throw refused;
    } finally {
      received.compact();
      if (decrypted.limit() > 0) {
        decrypted.flip();
      }
    }
  }

  /** The peer is told why, if it still listens. */
  private void alert() {
    try {
      wrap(NOTHING);
    } catch (IOException gone) {
      ended = true;
    }
  }

  private int fill(long endNanos) throws IOException {
    if (!received.hasRemaining()) {
      ByteBuffer larger = ByteBuffer.allocate(received.capacity() * 2);
      received.flip();
      received = larger.put(received);
    }
    if (endNanos == Long.MAX_VALUE) {
      return channel.read(received);
    }
    long left = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
    if (left <= 0) {
      throw new SocketTimeoutException("a handshake that goes on too slowly");
    }
    channel.socket().setSoTimeout((int) left);
    int count =
        channel
            .socket()
            .getInputStream()
            .read(received.array(), received.position(), received.remaining());
    if (count > 0) {
      received.position(received.position() + count);
    }
    return count;
  }

  int write(ByteBuffer source) throws IOException {
    int length = source.remaining();
    while (source.hasRemaining()) {
      wrap(source);
    }
    return length;
  }

  private void wrap(ByteBuffer source) throws IOException {
    synchronized (writing) {
      encrypted.clear();
      SSLEngineResult result = engine.wrap(source, encrypted);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        encrypted = ByteBuffer.allocate(engine.getSession().getPacketBufferSize() * 2);
        return;
      }
      encrypted.flip();
      while (encrypted.hasRemaining()) {
        channel.write(encrypted);
      }
      if (result.getStatus() == SSLEngineResult.Status.CLOSED && source.hasRemaining()) {
        throw new IOException("TLS is closed");
      }
    }
  }

  /** Bytes that are here already, decrypted if need be. */
  int pending() throws IOException {
    if (!decrypted.hasRemaining() && received.position() > 0 && !ended) {
      SSLEngineResult result = decrypt();
      ended |= result.getStatus() == SSLEngineResult.Status.CLOSED;
      if (result.getStatus() == SSLEngineResult.Status.OK) {
        afterUnwrap();
      }
    }
    return decrypted.remaining();
  }

  /** Says that nothing follows; never fails. */
  void farewell() {
    engine.closeOutbound();
    alert();
  }
}
