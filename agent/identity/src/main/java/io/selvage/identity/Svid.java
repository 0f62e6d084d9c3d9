package io.selvage.identity;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/**
 * A certificate of this workload with its key (SPIFFE X509-SVID).
 *
 * @param chain leaf first, the root left out
 */
public record Svid(SpiffeId id, List<X509Certificate> chain, PrivateKey key) {
  public Svid {
    chain = List.copyOf(chain);
  }

  /**
   * Reads what a certificate authority answered.
   *
   * @param chain leaf first; a self-signed root at the end is left out
   * @throws IdentityException when the leaf carries no SPIFFE id or does not belong to the key
   */
  public static Svid of(List<X509Certificate> chain, WorkloadKey key) throws IdentityException {
    Svid svid = of(chain, key.pair().getPrivate());
    if (!svid.leaf().getPublicKey().equals(key.pair().getPublic())) {
      throw new IdentityException(
          IdentityCodes.UNREADABLE,
          "the certificate is for another key than the one that was requested");
    }
    return svid;
  }

  /**
   * As {@link #of(List, WorkloadKey)} for a key that was read back; whether the two belong together
   * shows in the first handshake.
   */
  public static Svid of(List<X509Certificate> chain, PrivateKey key) throws IdentityException {
    SpiffeId id = PeerVerifier.spiffeId(chain.get(0));
    List<X509Certificate> sent =
        chain.stream()
            .filter(c -> !c.getSubjectX500Principal().equals(c.getIssuerX500Principal()))
            .toList();
    if (sent.isEmpty()) {
      throw new IdentityException(
          IdentityCodes.UNREADABLE, "the certificate is self-signed: " + id);
    }
    return new Svid(id, sent, key);
  }

  public X509Certificate leaf() {
    return chain.get(0);
  }

  public Instant notBefore() {
    return leaf().getNotBefore().toInstant();
  }

  public Instant notAfter() {
    return leaf().getNotAfter().toInstant();
  }

  /** Serial number in lower-case hex. */
  public String serial() {
    return leaf().getSerialNumber().toString(16).toLowerCase(Locale.ROOT);
  }

  /** Never shows the key. */
  @Override
  public String toString() {
    return "Svid[" + id + ", serial " + serial() + ", until " + notAfter() + "]";
  }
}
