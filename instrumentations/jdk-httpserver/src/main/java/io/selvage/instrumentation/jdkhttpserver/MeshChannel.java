package io.selvage.instrumentation.jdkhttpserver;

import io.selvage.engine.flow.Peer;
import io.selvage.extension.FirstBytes;
import io.selvage.extension.InboundCall;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A blocking view of an accepted connection that learns from its first bytes whether it is TLS of
 * the mesh.
 *
 * <p>The server makes a connection's channel blocking before it reads from it. Reads come from one
 * thread at a time, writes from one at a time.
 */
final class MeshChannel extends ForwardingChannel {
  private static final long LIMIT_MILLIS = 10_000;

  private final ByteBuffer early = ByteBuffer.allocate(2).limit(0);
  private volatile @Nullable TlsStream tls;
  private volatile @Nullable Peer described;
  private volatile @Nullable JdkExchange running;
  private boolean known;

  MeshChannel(SocketChannel channel) {
    super(channel);
  }

  private int port() {
    return channel.socket().getLocalPort();
  }

  // ---- the first bytes

  private void sniff() throws IOException {
    if (known) {
      return;
    }
    known = true;
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null) {
      return;
    }
    try {
      decide(mesh);
    } catch (IOException | RuntimeException | LinkageError failed) {
      close();
      throw failed instanceof IOException io ? io : new IOException(failed);
    }
  }

  private void decide(MeshRuntime mesh) throws IOException {
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
    InputStream in = channel.socket().getInputStream();
    int first = timed(endNanos, in);
    boolean undecided = first >= 0 && FirstBytes.judge(first, -1) == FirstBytes.Verdict.MORE;
    int second = undecided ? timed(endNanos, in) : -1;
    early.clear();
    if (first >= 0) {
      early.put((byte) first);
    }
    if (second >= 0) {
      early.put((byte) second);
    }
    early.flip();
    boolean secure = FirstBytes.judge(first, second) == FirstBytes.Verdict.TLS;
    if (!InboundCall.isMeshed(port())) {
      if (secure) {
        // the server would read on for the end of a line that never comes
        throw new IOException("TLS on a port of plaintext");
      }
    } else if (secure) {
      TlsStream stream =
          new TlsStream(channel, mesh.tls().serverEngine(port(), List.of("http/1.1")), early);
      stream.handshake(endNanos);
      tls = stream;
    } else if (InboundCall.isStrict(port())) {
      throw new IOException("plaintext is refused on this port");
    }
    channel.socket().setSoTimeout(0);
  }

  private int timed(long endNanos, InputStream in) throws IOException {
    long left = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime());
    if (left <= 0) {
      throw new SocketTimeoutException("a caller that goes on too slowly");
    }
    channel.socket().setSoTimeout((int) left);
    return in.read();
  }

  // ---- who is there

  Peer connection() throws IOException {
    Peer connection = described;
    if (connection == null) {
      connection = describe();
      described = connection;
    }
    return connection;
  }

  private Peer describe() throws IOException {
    InetSocketAddress remote = (InetSocketAddress) channel.getRemoteAddress();
    InetSocketAddress local = (InetSocketAddress) channel.getLocalAddress();
    TlsStream stream = tls;
    MeshRuntime mesh = Mesh.runtime();
    String remoteHost = remote.getAddress().getHostAddress();
    String localHost = local.getAddress().getHostAddress();
    return stream == null || mesh == null
        ? InboundCall.plaintext(remoteHost, remote.getPort(), localHost, local.getPort())
        : mesh.tls()
            .peer(remoteHost, remote.getPort(), localHost, local.getPort(), stream.session());
  }

  /** The exchange that goes on here, to be ended should the connection go away. */
  void running(@Nullable JdkExchange exchange) {
    running = exchange;
  }

  // ---- bytes

  @Override
  public int read(ByteBuffer target) throws IOException {
    sniff();
    TlsStream stream = tls;
    if (stream != null) {
      return stream.read(target);
    }
    if (early.hasRemaining()) {
      int count = 0;
      while (early.hasRemaining() && target.hasRemaining()) {
        target.put(early.get());
        count++;
      }
      return count;
    }
    return channel.read(target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    sniff();
    TlsStream stream = tls;
    return stream == null ? channel.write(source) : stream.write(source);
  }

  /** Bytes that a read would return without touching the socket. */
  int pending() throws IOException {
    TlsStream stream = tls;
    return stream == null ? early.remaining() : stream.pending();
  }

  @Override
  protected void implCloseSelectableChannel() throws IOException {
    Connections.closed(channel, this);
    JdkExchange exchange = running;
    if (exchange != null) {
      exchange.end(false);
    }
    TlsStream stream = tls;
    if (stream != null && channel.isOpen()) {
      stream.farewell();
    }
    channel.close();
  }
}
