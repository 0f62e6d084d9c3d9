package io.selvage.identity;

import io.selvage.engine.model.StringMatch;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a chain is a mesh peer's (SPIFFE X509-SVID §5): one URI SAN, a trusted domain
 * whose root signed it, a leaf that may be used so, valid now.
 *
 * <p>Host names play no part. Any thread.
 */
final class PeerVerifier {
  /** Whom the peer plays in the handshake. */
  enum Role {
    CLIENT("1.3.6.1.5.5.7.3.2", "clientAuth"),
    SERVER("1.3.6.1.5.5.7.3.1", "serverAuth");

    private final String oid;
    private final String usage;

    Role(String oid, String usage) {
      this.oid = oid;
      this.usage = usage;
    }
  }

  /** Certificates this much too young or too old still pass: clocks differ. */
  static final Duration SKEW = Duration.ofMinutes(2);

  private static final String ANY_USAGE = "2.5.29.37.0";
  private static final int URI = 6;

  private final Clock clock;
  private final NameMatch expected;

  /**
   * @param expected matchers over the peer's id; empty = anybody of the trusted domains
   */
  PeerVerifier(Clock clock, List<StringMatch> expected) {
    this.clock = clock;
    this.expected = new NameMatch(expected);
  }

  /** The peer's id, verified. */
  SpiffeId verify(X509Certificate[] sent, TrustBundle bundle, Role role) throws IdentityException {
    if (sent.length == 0) {
      throw new IdentityException(IdentityCodes.NOT_SPIFFE, "the peer sent no certificate");
    }
    X509Certificate leaf = sent[0];
    SpiffeId id = spiffeId(leaf);
    checkUsage(leaf, id, role);
    Set<X509Certificate> roots = bundle.of(id.trustDomain());
    if (roots.isEmpty()) {
      throw new IdentityException(
          IdentityCodes.TRUST_DOMAIN,
          "peer "
              + id
              + " is of trust domain "
              + id.trustDomain()
              + "; trusted: "
              + bundle.roots().keySet());
    }
    List<X509Certificate> path = path(sent, roots);
    checkSignatures(path, id);
    checkValidity(path, id);
    checkPath(path, roots, id);
    IdentityException revoked = revoked(id, path, bundle);
    if (revoked != null) {
      throw revoked;
    }
    if (!expected.isEmpty() && !expected.matches(id.toString())) {
      throw new IdentityException(
          IdentityCodes.UNEXPECTED_PEER, "peer is " + id + "; expected " + expected);
    }
    return id;
  }

  /** Why the bundle refuses a peer that verifies; null when it does not. */
  static @Nullable IdentityException revoked(
      SpiffeId id, List<X509Certificate> path, TrustBundle bundle) {
    String reason = bundle.revocations().reason(id, path, bundle.of(id.trustDomain()));
    return reason == null
        ? null
        : new IdentityException(
            IdentityCodes.REVOKED,
            reason + ". Fix: 'selvage revoke --list' shows who revoked it and why");
  }

  /** The only URI SAN, as a SPIFFE id. */
  static SpiffeId spiffeId(X509Certificate leaf) throws IdentityException {
    List<String> uris = new ArrayList<>();
    Collection<List<?>> names;
    try {
      names = leaf.getSubjectAlternativeNames();
    } catch (CertificateParsingException damaged) {
      throw new IdentityException(
          IdentityCodes.NOT_SPIFFE, "the subject alternative names cannot be read", damaged);
    }
    if (names != null) {
      for (List<?> name : names) {
        if (name.get(0) instanceof Integer kind && kind == URI) {
          uris.add(String.valueOf(name.get(1)));
        }
      }
    }
    if (uris.size() != 1) {
      throw new IdentityException(
          IdentityCodes.NOT_SPIFFE, "a certificate must have exactly one URI name; found " + uris);
    }
    SpiffeId id = SpiffeId.parse(uris.get(0));
    if (id == null) {
      throw new IdentityException(IdentityCodes.NOT_SPIFFE, "not a SPIFFE id: " + uris.get(0));
    }
    return id;
  }

  private static void checkUsage(X509Certificate leaf, SpiffeId id, Role role)
      throws IdentityException {
    boolean[] usage = leaf.getKeyUsage();
    if (leaf.getBasicConstraints() >= 0 || usage != null && (usage[5] || usage[6])) {
      throw new IdentityException(
          IdentityCodes.WRONG_USAGE, "peer " + id + " shows the certificate of an authority");
    }
    if (usage != null && !usage[0]) {
      throw new IdentityException(
          IdentityCodes.WRONG_USAGE, "the certificate of " + id + " may not sign a handshake");
    }
    List<String> extended;
    try {
      extended = leaf.getExtendedKeyUsage();
    } catch (CertificateParsingException damaged) {
      throw new IdentityException(
          IdentityCodes.WRONG_USAGE,
          "the extended key usage of " + id + " cannot be read",
          damaged);
    }
    if (extended != null && !extended.contains(role.oid) && !extended.contains(ANY_USAGE)) {
      throw new IdentityException(
          IdentityCodes.WRONG_USAGE,
          "the certificate of " + id + " lacks the usage " + role.usage + "; found " + extended);
    }
  }

  /** From the leaf to the certificate that a root issued, whatever order the peer sent them in. */
  private static List<X509Certificate> path(X509Certificate[] sent, Set<X509Certificate> roots)
      throws IdentityException {
    List<X509Certificate> path = new ArrayList<>();
    Set<X509Certificate> used = new HashSet<>();
    X509Certificate at = sent[0];
    while (used.add(at)) {
      path.add(at);
      X509Certificate last = at;
      if (roots.stream()
          .anyMatch(root -> root.getSubjectX500Principal().equals(last.getIssuerX500Principal()))) {
        return path;
      }
      for (X509Certificate next : sent) {
        if (!used.contains(next)
            && next.getSubjectX500Principal().equals(last.getIssuerX500Principal())) {
          at = next;
          break;
        }
      }
    }
    throw new IdentityException(
        IdentityCodes.UNTRUSTED,
        "the chain does not end in a trusted root; last issuer "
            + at.getIssuerX500Principal().getName());
  }

  /** The platform's list of disabled algorithms may still allow these for private authorities. */
  private static void checkSignatures(List<X509Certificate> path, SpiffeId id)
      throws IdentityException {
    for (X509Certificate certificate : path) {
      String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT);
      if (algorithm.startsWith("SHA1") || algorithm.startsWith("MD")) {
        throw new IdentityException(
            IdentityCodes.UNTRUSTED, "a certificate of " + id + " is signed with " + algorithm);
      }
    }
  }

  private void checkValidity(List<X509Certificate> path, SpiffeId id) throws IdentityException {
    Instant now = clock.instant();
    for (X509Certificate certificate : path) {
      Instant from = certificate.getNotBefore().toInstant();
      Instant until = certificate.getNotAfter().toInstant();
      if (now.isBefore(from.minus(SKEW)) || now.isAfter(until.plus(SKEW))) {
        throw new IdentityException(
            IdentityCodes.CLOCK,
            "a certificate of "
                + id
                + " is valid from "
                + from
                + " until "
                + until
                + "; the clock here says "
                + now
                + ". Fix: compare the clocks of both machines (2 min of skew are tolerated), or see why it was not renewed");
      }
    }
  }

  private void checkPath(List<X509Certificate> path, Set<X509Certificate> roots, SpiffeId id)
      throws IdentityException {
    try {
      Set<TrustAnchor> anchors = new HashSet<>();
      for (X509Certificate root : roots) {
        anchors.add(new TrustAnchor(root, null));
      }
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(withinAll(path)));
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(path), parameters);
    } catch (CertPathValidatorException refused) {
      throw new IdentityException(
          IdentityCodes.UNTRUSTED,
          "the chain of " + id + " does not hold: " + refused.getMessage(),
          refused);
    } catch (GeneralSecurityException broken) {
      throw new IdentityException(
          IdentityCodes.UNTRUSTED,
          "the chain of " + id + " cannot be checked: " + broken.getMessage(),
          broken);
    }
  }

  /** Now, moved into the validity of each certificate: skew was judged before. */
  private Instant withinAll(List<X509Certificate> path) {
    Instant moment = clock.instant();
    for (X509Certificate certificate : path) {
      Instant until = certificate.getNotAfter().toInstant();
      moment = moment.isAfter(until) ? until : moment;
    }
    for (X509Certificate certificate : path) {
      Instant from = certificate.getNotBefore().toInstant();
      moment = moment.isBefore(from) ? from : moment;
    }
    return moment;
  }
}
