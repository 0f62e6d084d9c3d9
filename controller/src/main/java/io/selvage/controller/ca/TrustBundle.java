package io.selvage.controller.ca;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/** The roots that every member of a trust domain accepts, newest last. Immutable. */
public record TrustBundle(String trustDomain, List<X509Certificate> roots) {
  /** Copies the list; it may not be empty. */
  public TrustBundle {
    roots = List.copyOf(roots);
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
}
