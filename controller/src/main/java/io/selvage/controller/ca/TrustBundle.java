package io.selvage.controller.ca;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whom every member of a trust domain accepts. Immutable.
 *
 * @param roots of its own domain, newest last
 * @param federated roots of other domains, by domain; each verifies its own domain's peers only
 * @param revoked who is refused all the same
 */
public record TrustBundle(
    String trustDomain,
    List<X509Certificate> roots,
    Map<String, List<X509Certificate>> federated,
    Revoked revoked) {
  /**
   * Who is refused.
   *
   * @param ids SPIFFE ids
   * @param serials lower-case hexadecimal without leading zeros
   * @param lists PEM of X.509 CRLs
   */
  public record Revoked(Set<String> ids, Set<String> serials, List<String> lists) {
    /** Nobody. */
    public static final Revoked NONE = new Revoked(Set.of(), Set.of(), List.of());

    /** Copies. */
    public Revoked {
      ids = Set.copyOf(ids);
      serials = Set.copyOf(serials);
      lists = List.copyOf(lists);
    }

    /** Whether a leaf or its holder is named; lists are not looked at. */
    public boolean names(SpiffeId id, X509Certificate leaf) {
      return ids.contains(id.toString()) || serials.contains(leaf.getSerialNumber().toString(16));
    }
  }

  /** One domain, nobody revoked. */
  public TrustBundle(String trustDomain, List<X509Certificate> roots) {
    this(trustDomain, roots, Map.of(), Revoked.NONE);
  }

  /** Copies the list; it may not be empty. */
  public TrustBundle {
    roots = List.copyOf(roots);
    federated = Map.copyOf(federated);
    if (roots.isEmpty()) {
      throw new IllegalArgumentException("a trust bundle needs a root");
    }
  }

  /** base64url(SHA-256(DER)) of a root: the pin inside a join token. */
  public static String pin(X509Certificate root) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(root.getEncoded());
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }

  /** As {@link #pin}, of a text. */
  static String digest(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }

  /** A few characters that tell keys apart. */
  static String pin(PublicKey key) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
      return HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }
}
