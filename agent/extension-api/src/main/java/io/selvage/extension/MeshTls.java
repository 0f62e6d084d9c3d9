package io.selvage.extension;

import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS with the workload's identity; every engine and context verifies the peer's SPIFFE id itself,
 * so host name checks are to be switched off.
 *
 * <p>Without a valid identity the engines' handshakes fail: never plaintext.
 */
public interface MeshTls {
  /**
   * Changes when connections made before must no longer be reused: another SPIFFE id, another trust
   * bundle. Part of every pool key together with the endpoint and the TLS intent. Compared by
   * identity.
   */
  Object epoch();

  /** An object equal for attempts that may share a connection: (endpoint, epoch, TLS intent). */
  Object poolKey(Endpoint endpoint, @Nullable UpstreamTls tls);

  /**
   * A client context for this intent; stable for one (intent, epoch), so that libraries can key
   * their pools by it.
   */
  SSLContext clientContext(UpstreamTls tls);

  /**
   * A socket factory for this intent; the same object for the same (intent, endpoint, epoch). It
   * sets SNI and ALPN itself.
   */
  SSLSocketFactory clientSockets(UpstreamTls tls, Endpoint endpoint, List<String> alpn);

  /** An engine in client mode with SNI and these ALPN names. */
  SSLEngine clientEngine(UpstreamTls tls, Endpoint endpoint, List<String> alpn);

  /**
   * An engine in server mode for a port; asks for the client's certificate.
   *
   * @param alpn what the application's codec speaks, in order of preference: {@code h2}, {@code
   *     http/1.1}; mesh names are understood in addition
   */
  SSLEngine serverEngine(int localPort, List<String> alpn);

  /** The context behind {@link #serverEngine}, for blocking servers. */
  SSLContext serverContext(int localPort);

  /** The peer of a finished handshake, parsed; null session = plaintext. */
  Peer peer(
      String remoteAddress,
      int remotePort,
      String localAddress,
      int localPort,
      @Nullable SSLSession session);
}
