package io.selvage.extension;

import io.selvage.engine.flow.Peer;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * An accepted connection as its server's seam knows it; made once per connection, kept beside it.
 *
 * @param peer the other end
 * @param own SPIFFE id that this side showed in the handshake; null on plaintext
 */
public record InboundConnection(Peer peer, @Nullable String own) {

  /** A connection whose bytes the mesh did not wrap: plaintext, or the application's own TLS. */
  public static InboundConnection plain(
      String remoteAddress, int remotePort, String localAddress, int localPort) {
    return new InboundConnection(
        new Peer(remoteAddress, remotePort, localAddress, localPort, false, null, null, null),
        null);
  }

  /**
   * A connection with a finished handshake of the mesh.
   *
   * @throws RuntimeException whatever reading the peer threw; the caller closes the connection
   */
  public static InboundConnection tls(
      MeshTls tls,
      String remoteAddress,
      int remotePort,
      String localAddress,
      int localPort,
      SSLSession session) {
    Peer peer = tls.peer(remoteAddress, remotePort, localAddress, localPort, session);
    return new InboundConnection(peer, spiffeId(session.getLocalCertificates()));
  }

  private static @Nullable String spiffeId(Certificate @Nullable [] chain) {
    if (chain == null || chain.length == 0 || !(chain[0] instanceof X509Certificate leaf)) {
      return null;
    }
    try {
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      for (List<?> name : names == null ? List.<List<?>>of() : names) {
        if (Integer.valueOf(6).equals(name.get(0))
            && name.get(1) instanceof String uri
            && uri.startsWith("spiffe://")) {
          return uri;
        }
      }
    } catch (CertificateParsingException unreadable) {
      return null; // our own certificate: the header then lacks By
    }
    return null;
  }

  /**
   * What {@code x-forwarded-client-cert} says of the caller, as Envoy's SANITIZE_SET does with
   * Istio's details; null when it has no identity, and the header must go.
   */
  @Nullable String forwardedClientCert() {
    if (peer.principal() == null) {
      return null;
    }
    StringBuilder text = new StringBuilder(160);
    if (own != null) {
      text.append("By=").append(own).append(';');
    }
    if (peer.certificateHash() != null) {
      text.append("Hash=").append(peer.certificateHash()).append(';');
    }
    return text.append("URI=").append(peer.principal()).toString();
  }
}
