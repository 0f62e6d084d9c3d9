package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.Peer;
import io.selvage.extension.FirstBytes;
import io.selvage.extension.InboundCall;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Revocable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;
import org.apache.tomcat.util.net.SSLSupport;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * A channel that learns from the first bytes whether its connection is TLS of the mesh or
 * plaintext.
 *
 * <p>It is a {@link SecureNioChannel}, as Tomcat's sendfile asks for that class. Tomcat pools
 * channels, so everything here starts again with {@link #reset}. Used by one thread at a time, as
 * every channel of Tomcat.
 */
final class DualNioChannel extends SecureNioChannel {
  private static final int SNIFFED_BYTES = 5;
  private static final long LIMIT_MILLIS = 10_000;

  private enum State {
    UNKNOWN,
    PLAIN,
    TLS
  }

  private State state = State.UNKNOWN;
  private @Nullable NioChannel made;
  private @Nullable NioSocketWrapper wrapper;
  private @Nullable Peer connection;
  private long startNanos;
  private long readTimeout;
  private boolean limited;

  DualNioChannel(SocketBufferHandler buffers, NioEndpoint endpoint, NioChannel made) {
    super(buffers, endpoint);
    this.made = made;
  }

  /**
   * Tomcat resets the channel that it made, not this one: its socket is taken over on first use.
   */
  void belongsTo(NioSocketWrapper owner) {
    wrapper = owner;
  }

  private void adopt() {
    NioChannel original = made;
    NioSocketWrapper owner = wrapper;
    if (original != null && owner != null && original.getIOChannel() != null) {
      try {
        reset(original.getIOChannel(), owner);
      } catch (IOException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }

  @Override
  public void reset(SocketChannel channel, NioSocketWrapper owner) throws IOException {
    made = null;
    wrapper = owner;
    state = State.UNKNOWN;
    connection = null;
    limited = false;
    startNanos = System.nanoTime();
    super.reset(channel, owner);
    netInBuffer.clear();
  }

  // ---- the first bytes

  @Override
  public boolean isHandshakeComplete() {
    return state == State.PLAIN || state == State.TLS && super.isHandshakeComplete();
  }

  @Override
  public int handshake(boolean read, boolean write) throws IOException {
    if (state == State.UNKNOWN) {
      int more = sniff();
      if (more != 0) {
        return more;
      }
    }
    if (state == State.PLAIN) {
      unlimit();
      return 0;
    }
    if (System.nanoTime() - startNanos > TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS)) {
      return -1;
    }
    int more = super.handshake(read, write);
    if (more == 0) {
      unlimit();
      endWithPeer();
    }
    return more;
  }

  /** The end of the stream wakes Tomcat's poller, which then closes in its own way. */
  private void endWithPeer() {
    SocketChannel socket = sc;
    if (sslEngine instanceof Revocable revocable) {
      revocable.onRevoked(
          () -> {
            try {
              socket.shutdownInput();
            } catch (IOException alreadyBroken) {
              // what matters is that it is over
            }
          });
    }
  }

  /** 0 = known now; else what to wait for; -1 = close. */
  private int sniff() throws IOException {
    int port = sc.socket().getLocalPort();
    if (!InboundCall.isMeshed(port)) {
      return plain();
    }
    netInBuffer.limit(SNIFFED_BYTES);
    int count = sc.read(netInBuffer);
    int known = netInBuffer.position();
    if (count < 0) {
      return -1;
    }
    int first = known > 0 ? netInBuffer.get(0) & 0xff : -1;
    int second = known > 1 ? netInBuffer.get(1) & 0xff : -1;
    switch (FirstBytes.judge(first, second)) {
      case MORE:
        return SelectionKey.OP_READ;
      case TLS:
        netInBuffer.limit(netInBuffer.capacity());
        state = State.TLS;
        return 0;
      default:
        return InboundCall.isStrict(port) ? -1 : plain();
    }
  }

  private int plain() {
    netInBuffer.flip();
    state = State.PLAIN;
    return 0;
  }

  /** The connector's time-out may be longer than what a silent caller is given. */
  private void limit() {
    NioSocketWrapper owner = wrapper;
    MeshRuntime mesh = Mesh.runtime();
    if (limited || owner == null || mesh == null || state != State.UNKNOWN) {
      return;
    }
    limited = true;
    readTimeout = owner.getReadTimeout();
    if (InboundCall.isMeshed(sc.socket().getLocalPort())
        && (readTimeout <= 0 || readTimeout > LIMIT_MILLIS)) {
      owner.setReadTimeout(LIMIT_MILLIS);
    }
  }

  private void unlimit() {
    NioSocketWrapper owner = wrapper;
    if (limited && owner != null) {
      limited = false;
      owner.setReadTimeout(readTimeout);
    }
  }

  // ---- who is there

  /** The other end, known once per connection. */
  Peer connection() {
    Peer known = connection;
    if (known == null) {
      known = described();
      connection = known;
    }
    return known;
  }

  private Peer described() {
    NioSocketWrapper owner = wrapper;
    MeshRuntime mesh = Mesh.runtime();
    if (owner == null) {
      throw new IllegalStateException("a channel without its wrapper");
    }
    String remote = owner.getRemoteAddr();
    String local = owner.getLocalAddr();
    if (state == State.TLS && sslEngine != null && mesh != null) {
      return mesh.tls()
          .peer(remote, owner.getRemotePort(), local, owner.getLocalPort(), sslEngine.getSession());
    }
    return InboundCall.plaintext(remote, owner.getRemotePort(), local, owner.getLocalPort());
  }

  /** The application sees what it would see without the mesh. */
  @Override
  public @Nullable SSLSupport getSSLSupport() {
    return null;
  }

  // ---- bytes

  private boolean secure() {
    return state == State.TLS;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (secure()) {
      return super.read(target);
    }
    int early = early(target);
    if (early > 0 && !target.hasRemaining()) {
      return early;
    }
    int count = sc.read(target);
    return early > 0 ? early + Math.max(count, 0) : count;
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
    if (secure()) {
      return super.read(targets, offset, length);
    }
    long early = 0;
    for (int i = offset; i < offset + length && netInBuffer.hasRemaining(); i++) {
      early += early(targets[i]);
    }
    return early > 0 ? early : sc.read(targets, offset, length);
  }

  private int early(ByteBuffer target) {
    if (state != State.PLAIN || !netInBuffer.hasRemaining()) {
      return 0;
    }
    int count = 0;
    while (netInBuffer.hasRemaining() && target.hasRemaining()) {
      target.put(netInBuffer.get());
      count++;
    }
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return secure() ? super.write(source) : sc.write(source);
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
    return secure() ? super.write(sources, offset, length) : sc.write(sources, offset, length);
  }

  @Override
  public int getOutboundRemaining() {
    return secure() ? super.getOutboundRemaining() : 0;
  }

  @Override
  public boolean flushOutbound() throws IOException {
    return !secure() || super.flushOutbound();
  }

  // ---- life

  @Override
  public SocketChannel getIOChannel() {
    adopt();
    if (sc != null) {
      limit();
    }
    return super.getIOChannel();
  }

  @Override
  public boolean isOpen() {
    adopt();
    return sc != null && super.isOpen();
  }

  @Override
  public boolean isClosing() {
    return secure() && super.isClosing();
  }

  @Override
  public void close() throws IOException {
    adopt();
    if (secure() && sslEngine != null) {
      super.close();
    } else if (sc != null) {
      sc.close();
    }
  }

  @Override
  public void close(boolean force) throws IOException {
    adopt();
    if (secure() && sslEngine != null) {
      super.close(force);
    } else if (sc != null) {
      sc.close();
    }
  }
}
