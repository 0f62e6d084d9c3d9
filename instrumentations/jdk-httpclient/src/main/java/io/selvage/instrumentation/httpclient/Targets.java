package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.Attachments;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpRequest;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Which endpoint the library's request objects and connections belong to.
 *
 * <p>The library pools HTTP/2 connections by host string and port, HTTP/1.1 ones by IP address and
 * port. So an address of the mesh carries a host string that is unique for its pool key, and
 * HTTP/1.1 connections are checked when they leave the pool. The library's classes exist once in a
 * JVM, hence this state does too; objects are held weakly. Any thread.
 */
final class Targets {
  private static final int MAX_LABELS = 4096;
  private static final Attachments<InetSocketAddress> REQUESTS = new Attachments<>();
  private static final Attachments<Object> CONNECTIONS = new Attachments<>();
  private static final ConcurrentMap<Object, String> LABELS = new ConcurrentHashMap<>();
  private static final AtomicLong NUMBER = new AtomicLong();

  private Targets() {}

  /** Where the mesh sends this request; null = the mesh has no say. */
  static @Nullable InetSocketAddress addressOf(Object request) {
    return REQUESTS.get(request);
  }

  static void connected(Object connection, EndpointAddress address) {
    CONNECTIONS.put(connection, address.poolKey());
    if (connection instanceof Closeable closeable) {
      ConnectionLanes.opened(address.poolKey(), closeable);
    }
  }

  /** Whether a pooled connection may carry a request to this address; closes it if not. */
  static boolean mayServe(Object connection, @Nullable InetSocketAddress address) {
    Object made = CONNECTIONS.get(connection);
    Object wanted = address instanceof EndpointAddress of && of.tls() != null ? of.poolKey() : null;
    if (made == null ? wanted == null : made.equals(wanted)) {
      return true;
    }
    try {
      if (connection instanceof Closeable closeable) {
        closeable.close();
      }
    } catch (IOException ignored) {
      // it is not used again either way
    }
    return false;
  }

  /** A request object was made: by an attempt, as a copy for a redirect, or by the library. */
  static void created(Object request, @Nullable Object[] arguments) {
    if (arguments.length < 2) {
      return; // built by the application, not sent yet
    }
    if (Intent.isBypassed()) {
      lookUpNow((HttpRequest) request);
      return;
    }
    Attempt attempt = Intent.attemptOfThread();
    if (attempt != null) {
      LostStreams.carries(request, attempt);
      Endpoint endpoint = attempt.endpoint();
      if (endpoint != null) {
        REQUESTS.put(request, address(attempt, endpoint, attempt.tls(), true));
      }
      return;
    }
    InetSocketAddress inherited = inherited(request, arguments);
    if (inherited != null) {
      REQUESTS.put(request, inherited);
    } else if (arguments[0] instanceof HttpRequest || arguments[0] instanceof URI) {
      connectOnly((HttpRequest) request);
    }
  }

  /** The library would look the name up on a thread of its own, which is not the agent's. */
  private static void lookUpNow(HttpRequest request) {
    MeshRuntime mesh = Mesh.runtime();
    URI uri = request.uri();
    String host = uri == null ? null : uri.getHost();
    if (mesh != null && host != null && mesh.names().resolve(host) != null) {
      InetSocketAddress found = new InetSocketAddress(host, portOf(uri));
      REQUESTS.put(request, found.isUnresolved() ? nowhere(host) : found);
    }
  }

  /** Refuses connections; an unresolved address would be looked up again by the library. */
  private static InetSocketAddress nowhere(String host) {
    try {
      return new InetSocketAddress(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}), 0);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static int portOf(URI uri) {
    return uri.getPort() >= 0
        ? uri.getPort()
        : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
  }

  /** A copy of a request to the same authority goes to the same endpoint. */
  private static @Nullable InetSocketAddress inherited(
      Object request, @Nullable Object[] arguments) {
    for (Object argument : arguments) {
      InetSocketAddress known = argument == null ? null : REQUESTS.get(argument);
      if (known != null
          && argument instanceof HttpRequest from
          && authority(from.uri()).equals(authority(((HttpRequest) request).uri()))) {
        return known;
      }
    }
    return null;
  }

  private static String authority(@Nullable URI uri) {
    return uri == null ? "" : String.valueOf(uri.getAuthority());
  }

  /**
   * A request outside an attempt (a redirect to another name, a WebSocket, TLS of the
   * application's): the mesh chooses the endpoint, as the floor does for any connection.
   */
  private static void connectOnly(HttpRequest request) {
    MeshRuntime mesh = Mesh.runtime();
    URI uri = request.uri();
    String host = uri == null ? null : uri.getHost();
    if (mesh == null || host == null || mesh.names().resolve(host) == null) {
      return;
    }
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    int port = portOf(uri);
    Exchange x = mesh.connect(host, port);
    if (x == null) {
      return;
    }
    Action action = x.begin();
    if (action instanceof Attempt attempt) {
      Endpoint endpoint = attempt.endpoint();
      if (endpoint != null) {
        UpstreamTls tls = secure ? null : attempt.tls();
        REQUESTS.put(request, address(attempt, endpoint, tls, false));
      }
      x.onOutcome(attempt, new Responded(new Chosen()));
      x.end(End.COMPLETE);
    } else {
      x.end(End.ABORTED);
      REQUESTS.put(request, nowhere(host));
    }
  }

  /**
   * @param lasts whether the attempt lasts as long as its use of the connection
   */
  private static InetSocketAddress address(
      Attempt attempt, Endpoint endpoint, @Nullable UpstreamTls tls, boolean lasts) {
    MeshRuntime mesh = Mesh.runtime();
    String host = attempt.exchange().facts().host;
    if (mesh == null) {
      return nowhere(host);
    }
    Object key =
        lasts && tls != null
            ? ConnectionLanes.keyOf(mesh, attempt, endpoint, tls)
            : mesh.tls().poolKey(endpoint, tls);
    try {
      return EndpointAddress.of(endpoint, tls, key, tls == null ? host : label(key, host));
    } catch (UnknownHostException unknown) {
      return nowhere(host);
    }
  }

  /** A host string that no other pool key has; the library wants it to be a valid host name. */
  private static String label(Object key, String host) {
    if (LABELS.size() > MAX_LABELS) {
      LABELS.clear();
    }
    return LABELS.computeIfAbsent(
        key, k -> (isPlain(host) ? host : "mesh") + ".m" + NUMBER.incrementAndGet());
  }

  private static boolean isPlain(String host) {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c != '.' && c != '-' && (c > 'z' || !Character.isLetterOrDigit(c))) {
        return false;
      }
    }
    return !host.isEmpty() && host.length() < 200;
  }

  /** The connection itself is the library's matter. */
  private static final class Chosen extends ResponseHead {
    Chosen() {
      super(200);
    }

    @Override
    protected @Nullable String original(String name) {
      return null;
    }
  }
}
