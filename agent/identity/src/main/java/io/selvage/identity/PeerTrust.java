package io.selvage.identity;

import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.function.Consumer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts mesh peers by their SPIFFE id, and nobody while this workload has no valid identity
 * itself. Being an <em>extended</em> trust manager, it keeps JSSE from checking host names on its
 * own.
 */
final class PeerTrust extends X509ExtendedTrustManager {
  private final WorkloadIdentity identity;
  private final Clock clock;
  private final PeerVerifier verifier;
  private final Consumer<IdentityException> refused;

  PeerTrust(
      WorkloadIdentity identity,
      Clock clock,
      PeerVerifier verifier,
      Consumer<IdentityException> refused) {
    this.identity = identity;
    this.clock = clock;
    this.verifier = verifier;
    this.refused = refused;
  }

  private void check(X509Certificate[] chain, PeerVerifier.Role role) throws IdentityException {
    WorkloadIdentity.State state = identity.state();
    try {
      IdentityException unusable = OwnKeys.unusable(state.svid(), clock);
      if (unusable != null) {
        throw unusable;
      }
      verifier.verify(chain, state.bundle(), role);
    } catch (IdentityException refusal) {
      refused.accept(refusal);
      throw refusal;
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws IdentityException {
    check(chain, PeerVerifier.Role.CLIENT);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws IdentityException {
    check(chain, PeerVerifier.Role.SERVER);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws IdentityException {
    check(chain, PeerVerifier.Role.CLIENT);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws IdentityException {
    check(chain, PeerVerifier.Role.SERVER);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws IdentityException {
    check(chain, PeerVerifier.Role.CLIENT);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws IdentityException {
    check(chain, PeerVerifier.Role.SERVER);
  }

  /** None: a list of names would only make the handshake longer. */
  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
