package io.selvage.identity;

import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Connections with mesh peers that live now; those of a peer that was revoked are cut, idle ones
 * too.
 *
 * <p>Connections are held weakly: nobody need say that one has ended. Any thread.
 */
final class OpenConnections {
  /** One connection. */
  interface Cuttable {
    /** Its session; null before the handshake is over. Does not block. */
    @Nullable SSLSession established();

    /** Ends it; may block on a slow peer. */
    void cut();
  }

  // a handshake that was verified just before the change ends within these
  private static final long[] LOOKS_MILLIS = {0, 500, 1_500, 3_000};

  private final WorkloadIdentity identity;
  private final Consumer<IdentityException> refused;
  private final Map<Cuttable, Boolean> open = new WeakHashMap<>();

  OpenConnections(WorkloadIdentity identity, Consumer<IdentityException> refused) {
    this.identity = identity;
    this.refused = refused;
    identity.onEpoch(this::trustChanged);
  }

  <C extends Cuttable> C watched(C connection) {
    synchronized (open) {
      open.put(connection, Boolean.TRUE);
    }
    return connection;
  }

  private void trustChanged() {
    if (identity.state().bundle().revocations().isEmpty()) {
      return;
    }
    Thread thread = new Thread(this::look, "selvage-revocation");
    thread.setDaemon(true);
    thread.start();
  }

  private void look() {
    long start = System.nanoTime();
    for (long millis : LOOKS_MILLIS) {
      long due = start + TimeUnit.MILLISECONDS.toNanos(millis);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      cutRevoked();
    }
  }

  /** Ends every connection whose peer is revoked now. */
  void cutRevoked() {
    List<Cuttable> all;
    synchronized (open) {
      all = new ArrayList<>(open.keySet());
    }
    TrustBundle bundle = identity.state().bundle();
    for (Cuttable connection : all) {
      IdentityException why = revoked(connection.established(), bundle);
      if (why != null) {
        synchronized (open) {
          open.remove(connection);
        }
        refused.accept(why);
        connection.cut();
      }
    }
  }

  private static @Nullable IdentityException revoked(
      @Nullable SSLSession session, TrustBundle bundle) {
    X509Certificate[] chain = session == null ? null : PeerOfSession.chain(session);
    if (chain == null) {
      return null;
    }
    try {
      SpiffeId id = PeerVerifier.spiffeId(chain[0]);
      return PeerVerifier.revoked(id, List.of(chain), bundle);
    } catch (IdentityException notOfTheMesh) {
      return null;
    }
  }
}
