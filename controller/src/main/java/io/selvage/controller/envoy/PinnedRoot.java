package io.selvage.controller.envoy;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts the controller whose chain ends in the root that a join token names (contract, section 2),
 * and nobody else.
 *
 * <p>Remembers the trust domain that the controller's certificate proves.
 */
final class PinnedRoot implements X509TrustManager {
  private static final String CONTROLLER = "/ns/selvage-system/sa/controller";

  private final byte[] pin;
  private volatile @Nullable String trustDomain;

  private PinnedRoot(byte[] pin) {
    this.pin = pin.clone();
  }

  static PinnedRoot ofToken(String token) throws IOException {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 4 || !parts[0].equals("slv1")) {
      throw new IOException(
          "[SELV-8303] (--token) is not a join token of the form slv1.ID.SECRET.PIN. Fix: use the output of 'selvage token create'.");
    }
    try {
      return new PinnedRoot(Base64.getUrlDecoder().decode(parts[3]));
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "[SELV-8303] (--token) has a damaged pin. Fix: copy the whole output of 'selvage token create'.",
          e);
    }
  }

  /** After a handshake: the domain of the controller's SPIFFE id. */
  String trustDomain() {
    String known = trustDomain;
    return known == null ? "cluster.local" : known;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    try {
      for (int i = 0; i < chain.length; i++) {
        chain[i].checkValidity();
        chain[i].verify(chain[Math.min(i + 1, chain.length - 1)].getPublicKey());
        if (i > 0 && chain[i].getBasicConstraints() < 0) {
          throw new CertificateException(
              "certificate " + i + " of the controller's chain is no authority");
        }
      }
      byte[] root =
          MessageDigest.getInstance("SHA-256").digest(chain[chain.length - 1].getEncoded());
      if (!MessageDigest.isEqual(root, pin)) {
        throw new CertificateException(
            "[SELV-8304] the controller's root is not the one that the token pins. Fix: make a token at this controller.");
      }
    } catch (CertificateException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("the controller's chain does not verify", e);
    }
    trustDomain = controllerDomain(chain[0]);
  }

  private static String controllerDomain(X509Certificate leaf) throws CertificateException {
    if (leaf.getSubjectAlternativeNames() != null) {
      for (List<?> name : leaf.getSubjectAlternativeNames()) {
        if (Integer.valueOf(6).equals(name.get(0))
            && name.get(1) instanceof String uri
            && uri.startsWith("spiffe://")
            && uri.endsWith(CONTROLLER)) {
          return uri.substring("spiffe://".length(), uri.length() - CONTROLLER.length());
        }
      }
    }
    throw new CertificateException(
        "the peer is not a controller: its certificate has no id that ends in " + CONTROLLER);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    throw new CertificateException("clients are not judged here");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
