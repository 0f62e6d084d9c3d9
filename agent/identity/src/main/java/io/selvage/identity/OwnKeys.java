package io.selvage.identity;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows the workload's certificate of the moment. JSSE asks in three steps (alias, chain, key), so
 * an alias stands for one certificate: a rotation between the steps cannot mix two.
 */
final class OwnKeys extends X509ExtendedKeyManager {
  private static final int REMEMBERED = 4;

  private record Named(String alias, Svid svid) {}

  private final WorkloadIdentity identity;
  private final Clock clock;
  private final Deque<Named> recent = new ArrayDeque<>();
  private long counter;

  OwnKeys(WorkloadIdentity identity, Clock clock) {
    this.identity = identity;
    this.clock = clock;
  }

  /** Why a handshake cannot succeed now; null when it can. */
  static @Nullable IdentityException unusable(@Nullable Svid svid, Clock clock) {
    if (svid == null) {
      return new IdentityException(
          IdentityCodes.NO_IDENTITY,
          "this workload has no certificate yet, so it speaks to nobody. Fix: see whether it reaches the controller (SELVAGE_CONTROLLER) and its token is valid");
    }
    if (clock.instant().isAfter(svid.notAfter().plus(PeerVerifier.SKEW))) {
      return new IdentityException(
          IdentityCodes.OWN_EXPIRED,
          "the certificate of "
              + svid.id()
              + " expired at "
              + svid.notAfter()
              + "; it is never shown again. Fix: see why the controller does not renew it");
    }
    return null;
  }

  private @Nullable String current(String keyType) {
    Svid svid = identity.svid();
    if (svid == null || unusable(svid, clock) != null) {
      return null;
    }
    String algorithm = svid.leaf().getPublicKey().getAlgorithm();
    return keyType.startsWith(algorithm) ? alias(svid) : null;
  }

  private synchronized String alias(Svid svid) {
    Named newest = recent.peekFirst();
    if (newest != null && newest.svid() == svid) {
      return newest.alias();
    }
    Named named = new Named("svid-" + ++counter, svid);
    recent.addFirst(named);
    if (recent.size() > REMEMBERED) {
      recent.removeLast();
    }
    return named.alias();
  }

  private synchronized @Nullable Svid named(String alias) {
    for (Iterator<Named> all = recent.iterator(); all.hasNext(); ) {
      Named named = all.next();
      if (named.alias().equals(alias)) {
        return named.svid();
      }
    }
    return null;
  }

  private @Nullable String first(String[] keyTypes) {
    for (String keyType : keyTypes) {
      String alias = current(keyType);
      if (alias != null) {
        return alias;
      }
    }
    return null;
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return first(keyTypes);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return first(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return current(keyType);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return current(keyType);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    Svid svid = named(alias);
    return svid == null ? null : svid.chain().toArray(new X509Certificate[0]);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    Svid svid = named(alias);
    return svid == null ? null : svid.key();
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = current(keyType);
    return alias == null ? null : new String[] {alias};
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return getClientAliases(keyType, issuers);
  }
}
