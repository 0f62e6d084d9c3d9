package io.selvage.identity;

import io.selvage.engine.flow.Peer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Reads the peer from a session. A session may be the application's own, verified against who knows
 * what, so a principal is only believed when its chain holds against the mesh's bundle now.
 */
final class PeerOfSession {
  private static final int REMEMBERED = 512;
  private static final long DRAINING_NANOS = TimeUnit.SECONDS.toNanos(10);

  private record Verified(Object epoch, SpiffeId id) {}

  private final WorkloadIdentity identity;
  private final Clock clock;
  private final PeerVerifier verifier;
  private volatile long epochSince = System.nanoTime();
  private final Map<String, Verified> verified =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Verified> eldest) {
          return size() > REMEMBERED;
        }
      };

  PeerOfSession(WorkloadIdentity identity, Clock clock) {
    this.identity = identity;
    this.clock = clock;
    this.verifier = new PeerVerifier(clock, List.of());
    identity.onEpoch(() -> epochSince = System.nanoTime());
  }

  Peer of(
      String remoteAddress,
      int remotePort,
      String localAddress,
      int localPort,
      @Nullable SSLSession session) {
    if (session == null) {
      return new Peer(remoteAddress, remotePort, localAddress, localPort, false, null, null, null);
    }
    X509Certificate[] chain = chain(session);
    String hash = chain == null ? null : hash(chain[0]);
    SpiffeId id = chain == null || hash == null ? null : principal(chain, hash);
    return new Peer(
        remoteAddress,
        remotePort,
        localAddress,
        localPort,
        true,
        id == null ? null : id.toString(),
        serverName(session),
        id == null ? null : hash);
  }

  static X509Certificate @Nullable [] chain(SSLSession session) {
    try {
      Certificate[] sent = session.getPeerCertificates();
      X509Certificate[] chain = new X509Certificate[sent.length];
      for (int i = 0; i < sent.length; i++) {
        if (!(sent[i] instanceof X509Certificate x509)) {
          return null;
        }
        chain[i] = x509;
      }
      return chain.length == 0 ? null : chain;
    } catch (SSLPeerUnverifiedException none) {
      return null;
    }
  }

  private @Nullable SpiffeId principal(X509Certificate[] chain, String hash) {
    WorkloadIdentity.State state = identity.state();
    boolean expired =
        clock.instant().isAfter(chain[0].getNotAfter().toInstant().plus(PeerVerifier.SKEW));
    synchronized (verified) {
      Verified known = verified.get(hash);
      if (known != null && known.epoch() == state.epoch() && !expired) {
        return known.id();
      }
    }
    SpiffeId id = verify(chain, state);
    if (id == null && !expired) {
      return stillDraining(chain, hash, state);
    }
    if (id != null) {
      synchronized (verified) {
        verified.put(hash, new Verified(state.epoch(), id));
      }
    }
    return id;
  }

  /**
   * Who was known in the epoch before is believed for a few seconds more, unless revoked: both
   * sides learn of a dropped root at different moments, and its connections drain meanwhile.
   */
  private @Nullable SpiffeId stillDraining(
      X509Certificate[] chain, String hash, WorkloadIdentity.State state) {
    Verified known;
    synchronized (verified) {
      known = verified.get(hash);
    }
    if (known == null || System.nanoTime() - epochSince > DRAINING_NANOS) {
      return null;
    }
    return PeerVerifier.revoked(known.id(), List.of(chain), state.bundle()) == null
        ? known.id()
        : null;
  }

  /** The other end of a session may be a client or a server, as this side is the other. */
  private @Nullable SpiffeId verify(X509Certificate[] chain, WorkloadIdentity.State state) {
    for (PeerVerifier.Role role : PeerVerifier.Role.values()) {
      try {
        return verifier.verify(chain, state.bundle(), role);
      } catch (IdentityException refused) {
        // asked again in the other role; nobody when both fail
      }
    }
    return null;
  }

  private static @Nullable String serverName(SSLSession session) {
    if (session instanceof ExtendedSSLSession extended) {
      try {
        for (SNIServerName name : extended.getRequestedServerNames()) {
          if (name instanceof SNIHostName) {
            return new String(name.getEncoded(), StandardCharsets.US_ASCII);
          }
        }
      } catch (UnsupportedOperationException foreign) {
        return null;
      }
    }
    return null;
  }

  private static @Nullable String hash(X509Certificate leaf) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()));
    } catch (GeneralSecurityException broken) {
      return null;
    }
  }
}
