package io.selvage.instrumentation.socket;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.ConnectTry;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Failures;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.ProxyHeader;
import io.selvage.extension.TcpProbes;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One {@code connect} of a blocking socket, between the two halves of its advice.
 *
 * <p>Exactly one layer owns TLS: the library when it said so by its {@link Intent} or when the
 * socket is an {@link SSLSocket} of the application's, else this one. Used by one thread.
 */
final class FloorConnection {
  /** What libraries with a blocking socket under a request tier speak. */
  private static final List<String> HTTP = List.of("http/1.1");

  private final MeshRuntime mesh;
  private final @Nullable Exchange exchange;
  private final @Nullable Attempt attempt;
  private final @Nullable Endpoint endpoint;
  private final @Nullable UpstreamTls tls;
  private final List<String> alpn;
  private final SocketAddress address;
  private final int timeoutMillis;
  private final long startNanos;
  private final @Nullable IOException refusal;

  private FloorConnection(
      MeshRuntime mesh,
      @Nullable Exchange exchange,
      @Nullable Attempt attempt,
      @Nullable Endpoint endpoint,
      @Nullable UpstreamTls tls,
      List<String> alpn,
      SocketAddress address,
      int timeoutMillis,
      @Nullable IOException refusal) {
    this.mesh = mesh;
    this.exchange = exchange;
    this.attempt = attempt;
    this.endpoint = endpoint;
    this.tls = tls;
    this.alpn = alpn;
    this.address = address;
    this.timeoutMillis = timeoutMillis;
    this.startNanos = mesh.clock().nanos();
    this.refusal = refusal;
  }

  /** What the mesh wants of this connection; null = nothing. */
  static @Nullable FloorConnection decide(
      Socket socket, @Nullable SocketAddress asked, int timeoutMillis) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null
        || !(asked instanceof InetSocketAddress target)
        || timeoutMillis < 0
        || socket.isConnected()
        || socket.isClosed()) {
      return null;
    }
    Intent intent = Intent.current();
    if (Intent.isBypassed()) {
      return null;
    }
    boolean application = socket instanceof SSLSocket;
    if (target instanceof EndpointAddress carried) {
      UpstreamTls tls = application ? null : carried.tls();
      return new FloorConnection(
          mesh, null, null, carried.endpoint(), tls, HTTP, asked, timeoutMillis, null);
    }
    Attempt attempt = intent == null ? null : intent.attempt();
    if (intent != null && attempt != null && isOf(attempt, target)) {
      boolean owned = intent.tlsOwned() || application;
      return attempt.endpoint() == null
          ? null
          : of(mesh, null, attempt, owned, HTTP, asked, timeoutMillis);
    }
    Exchange exchange = mesh.connect(host(mesh, target), target.getPort());
    return exchange == null ? null : begun(mesh, exchange, application, asked, timeoutMillis);
  }

  private static @Nullable FloorConnection begun(
      MeshRuntime mesh, Exchange x, boolean application, SocketAddress asked, int timeoutMillis) {
    Action action;
    try {
      action = mesh.blocking().begin(x);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return refused(mesh, asked, new InterruptedIOException("interrupted before the connection"));
    }
    if (action instanceof Attempt attempt) {
      ConnectTry database = ConnectTry.current();
      if (database == null) {
        return of(mesh, x, attempt, application, List.of(), asked, timeoutMillis);
      }
      if (attempt.endpoint() != null) {
        database.chose(attempt.endpoint());
      }
      return of(mesh, x, attempt, application, List.of(), asked, database.bound(timeoutMillis));
    }
    return refused(mesh, asked, exceptionOf((Outcome) action));
  }

  private static FloorConnection refused(
      MeshRuntime mesh, SocketAddress asked, IOException refusal) {
    return new FloorConnection(mesh, null, null, null, null, HTTP, asked, 0, refusal);
  }

  private static FloorConnection of(
      MeshRuntime mesh,
      @Nullable Exchange exchange,
      Attempt attempt,
      boolean tlsOwned,
      List<String> alpn,
      SocketAddress asked,
      int timeoutMillis) {
    return new FloorConnection(
        mesh,
        exchange,
        attempt,
        attempt.endpoint(),
        tlsOwned ? null : attempt.tls(),
        alpn,
        addressOf(attempt, asked),
        bounded(attempt, timeoutMillis),
        null);
  }

  private static IOException exceptionOf(Outcome outcome) {
    if (outcome instanceof Rejection rejection) {
      return new ConnectException(
          "[" + rejection.code() + "] " + rejection.body() + " (" + rejection.flag() + ")");
    }
    Throwable cause = outcome instanceof Failed failed ? failed.cause() : null;
    ConnectException refused = new ConnectException("the connection was refused by the mesh");
    if (cause != null) {
      refused.initCause(cause);
    }
    return refused;
  }

  /** For the first half of the advice; see {@link ConnectAdvice#enter}. */
  @Nullable Object[] enter() {
    return new @Nullable Object[] {address, timeoutMillis, refusal, this};
  }

  /** For the second half; see {@link ConnectAdvice#exit}. */
  @Nullable Object @Nullable [] exit(Socket socket, @Nullable Throwable thrown) {
    if (refusal != null) {
      return new @Nullable Object[] {refusal, null, null};
    }
    if (thrown != null) {
      failed(thrown);
      return null;
    }
    if (attempt != null) {
      TcpProbes.set(socket, attempt.connectionLimits().tcpKeepalive());
      ConnectionLanes.opened(attempt, socket);
    }
    try {
      if (endpoint != null) {
        ProxyHeader.send(endpoint, socket);
      }
    } catch (IOException failure) {
      closeQuietly(socket);
      failed(failure);
      return new @Nullable Object[] {failure, null, null};
    }
    if (tls == null && exchange == null) {
      return null;
    }
    bound(socket);
    if (socket instanceof SSLSocket) {
      // the application's TLS takes the streams below it: the connection's end is not seen
      established();
      end(End.COMPLETE);
      return null;
    }
    try {
      FloorLink link = new FloorLink(socket, tls == null ? null : handshake(socket, tls), exchange);
      established();
      return new @Nullable Object[] {null, link.input(), link.output()};
    } catch (IOException failure) {
      closeQuietly(socket);
      failed(failure);
      return new @Nullable Object[] {failure, null, null};
    }
  }

  /** What follows until a database has let the session in is part of the try. */
  private static void bound(Socket socket) {
    ConnectTry database = ConnectTry.current();
    if (database != null) {
      database.opened(socket);
    }
  }

  private SSLSocket handshake(Socket socket, UpstreamTls wanted) throws IOException {
    Endpoint peer = endpoint;
    if (peer == null) {
      throw new SSLHandshakeException("no endpoint to speak TLS with");
    }
    int before = socket.getSoTimeout();
    RawSocket raw = new RawSocket(socket, socket.getInputStream(), socket.getOutputStream());
    SSLSocket secure =
        (SSLSocket)
            mesh.tls()
                .clientSockets(wanted, peer, alpn)
                .createSocket(raw, peer.address(), peer.port(), true);
    if (timeoutMillis > 0) {
      long spent = (mesh.clock().nanos() - startNanos) / 1_000_000;
      socket.setSoTimeout((int) Math.max(1, timeoutMillis - spent));
    }
    secure.startHandshake();
    if (timeoutMillis > 0) {
      socket.setSoTimeout(before);
    }
    return secure;
  }

  private void established() {
    if (exchange != null && attempt != null) {
      exchange.onOutcome(attempt, new Responded(new Connected()));
    }
  }

  private void failed(Throwable thrown) {
    if (exchange != null && attempt != null) {
      exchange.onOutcome(attempt, Failures.of(attempt, thrown));
      end(End.ABORTED);
    }
  }

  private void end(End how) {
    if (exchange != null) {
      exchange.end(how);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException ignored) {
      // the failure that led here is the one to tell
    }
  }

  /** The shorter of what the application allows and what the cluster does; 0 = for ever. */
  private static int bounded(@Nullable Attempt attempt, int timeoutMillis) {
    Cluster cluster =
        attempt == null || attempt.endpoint() == null ? null : attempt.exchange().facts().cluster;
    if (cluster == null) {
      return timeoutMillis;
    }
    long limit = cluster.connectTimeout().toMillis();
    if (limit <= 0 || limit > Integer.MAX_VALUE) {
      return timeoutMillis;
    }
    return timeoutMillis == 0 ? (int) limit : Math.min(timeoutMillis, (int) limit);
  }

  /** Whether a connection to this address is the attempt's, and not another one beside it. */
  private static boolean isOf(Attempt attempt, InetSocketAddress target) {
    Exchange x = attempt.exchange();
    String name = target.getHostString();
    if (target.getPort() == x.facts().port && name.equalsIgnoreCase(x.facts().host)
        || isAuthority(x.head().authority(), name, target.getPort())) {
      return true;
    }
    Endpoint endpoint = attempt.endpoint();
    InetAddress address = target.getAddress();
    return endpoint != null
        && address != null
        && endpoint.port() == target.getPort()
        && endpoint.address().equals(address.getHostAddress());
  }

  private static boolean isAuthority(String authority, String name, int port) {
    return (name + ":" + port).equalsIgnoreCase(authority)
        || port == 80 && name.equalsIgnoreCase(authority);
  }

  /** The name that was asked for when it is known without a look-up, else the address. */
  private static String host(MeshRuntime mesh, InetSocketAddress target) {
    InetAddress address = target.getAddress();
    String text = target.getHostString();
    if (address == null || !text.equals(address.getHostAddress())) {
      return text;
    }
    String name = mesh.names().nameOf(address);
    return name != null ? name : text;
  }

  /**
   * The endpoint's address, labelled with the name asked for, so that nothing looks it up again.
   */
  private static SocketAddress addressOf(Attempt attempt, SocketAddress asked) {
    Endpoint endpoint = attempt.endpoint();
    if (endpoint == null) {
      return asked;
    }
    try {
      return EndpointAddress.of(endpoint, attempt.tls(), endpoint, attempt.exchange().facts().host);
    } catch (UnknownHostException unknown) {
      return InetSocketAddress.createUnresolved(endpoint.address(), endpoint.port());
    }
  }

  /** A connection has no response headers; that it stands is all there is to say. */
  private static final class Connected extends ResponseHead {
    Connected() {
      super(200);
    }

    @Override
    protected @Nullable String original(String name) {
      return null;
    }
  }
}
