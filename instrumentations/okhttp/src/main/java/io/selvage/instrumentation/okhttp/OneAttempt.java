package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Facts;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.MeshRuntime;
import java.net.Proxy;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.CertificatePinner;
import okhttp3.ConnectionSpec;
import okhttp3.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * What the library is to connect to while a thread carries out one attempt; the address seam finds
 * it here.
 */
final class OneAttempt implements AutoCloseable {
  /** Confined to the duration of one proceed; both sides of it live in the same loader. */
  private static final ThreadLocal<@Nullable OneAttempt> CURRENT = new ThreadLocal<>();

  /**
   * The certificate's SPIFFE id was verified in the handshake; a host name says nothing of it.
   * Compared by the pool, so one object.
   */
  private static final HostnameVerifier VERIFIED_BY_IDENTITY = (host, session) -> true;

  private static final List<String> ALPN = List.of("h2", "http/1.1");
  private static final List<Protocol> PROTOCOLS = List.of(Protocol.HTTP_2, Protocol.HTTP_1_1);
  private static final List<ConnectionSpec> SPECS =
      List.of(ConnectionSpec.MODERN_TLS, ConnectionSpec.CLEARTEXT);

  private final Facts asked;
  private final EndpointAddress address;
  private final @Nullable SSLSocketFactory tls;
  private final AttemptSockets sockets;
  private final @Nullable OneAttempt outer;

  private OneAttempt(
      Facts asked,
      EndpointAddress address,
      @Nullable SSLSocketFactory tls,
      AttemptSockets sockets) {
    this.asked = asked;
    this.address = address;
    this.tls = tls;
    this.sockets = sockets;
    this.outer = CURRENT.get();
  }

  static @Nullable OneAttempt ofThread() {
    return CURRENT.get();
  }

  /**
   * Makes an attempt the thread's until close.
   *
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  static OneAttempt enter(
      MeshRuntime mesh, Attempt attempt, Endpoint endpoint, AttemptSockets sockets)
      throws UnknownHostException {
    UpstreamTls intent = attempt.tls();
    Facts asked = attempt.exchange().facts();
    EndpointAddress address =
        EndpointAddress.of(
            endpoint,
            intent,
            ConnectionLanes.keyOf(mesh, attempt, endpoint, intent),
            asked.host,
            ALPN);
    SSLSocketFactory tls = intent == null ? null : mesh.tls().clientSockets(intent, endpoint, ALPN);
    OneAttempt one = new OneAttempt(asked, address, tls, sockets);
    CURRENT.set(one);
    return one;
  }

  /** False for a redirect to another host, which is not this attempt's to serve. */
  boolean isFor(String host, int port) {
    return port == asked.port && host.equalsIgnoreCase(asked.host);
  }

  /**
   * The changed arguments of {@code okhttp3.Address}, in the order that the advice says; null = as
   * it is.
   */
  @Nullable Object[] address(List<Protocol> protocols, List<ConnectionSpec> specs) {
    boolean secure = tls != null;
    return new @Nullable Object[] {
      new EndpointDns(address.poolKey(), address.getAddress()),
      new EndpointSockets(address, sockets),
      tls,
      secure ? VERIFIED_BY_IDENTITY : null,
      secure ? CertificatePinner.DEFAULT : null,
      Proxy.NO_PROXY,
      secure && protocols.contains(Protocol.H2_PRIOR_KNOWLEDGE) ? PROTOCOLS : protocols,
      secure && !anyTls(specs) ? SPECS : specs
    };
  }

  private static boolean anyTls(List<ConnectionSpec> specs) {
    for (ConnectionSpec spec : specs) {
      if (spec.isTls()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
  }
}
