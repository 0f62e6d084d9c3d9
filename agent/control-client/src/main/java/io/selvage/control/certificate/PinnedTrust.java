package io.selvage.control.certificate;

import io.selvage.identity.SpiffeId;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts a controller whose chain ends in the root that a join token pins; remembers root and trust
 * domain.
 *
 * <p>For the first contact only, when no trust bundle is known yet.
 */
final class PinnedTrust extends X509ExtendedTrustManager {
  /** The path of every controller's SPIFFE id. */
  static final String CONTROLLER = "/ns/selvage-system/sa/controller";

  private static final int URI = 6;

  private final List<byte[]> pins;
  private volatile @Nullable String trustDomain;
  private volatile boolean pinMismatch;

  PinnedTrust(byte[] pin) {
    this.pins = List.of(pin.clone());
  }

  /** Any of these roots is good. */
  PinnedTrust(List<X509Certificate> roots) {
    List<byte[]> digests = new ArrayList<>();
    try {
      for (X509Certificate root : roots) {
        digests.add(MessageDigest.getInstance("SHA-256").digest(root.getEncoded()));
      }
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
    this.pins = List.copyOf(digests);
  }

  /** The domain that the controller proved; null before a handshake. */
  @Nullable String trustDomain() {
    return trustDomain;
  }

  /** Whether the last handshake failed because the root is another one. */
  boolean pinMismatch() {
    return pinMismatch;
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    pinMismatch = false;
    try {
      for (int i = 0; i < chain.length; i++) {
        chain[i].checkValidity();
        chain[i].verify(chain[Math.min(i + 1, chain.length - 1)].getPublicKey());
        if (i > 0 && chain[i].getBasicConstraints() < 0) {
          throw new CertificateException("certificate " + i + " of the controller is no authority");
        }
      }
      X509Certificate root = chain[chain.length - 1];
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(root.getEncoded());
      if (pins.stream().noneMatch(pin -> MessageDigest.isEqual(digest, pin))) {
        pinMismatch = true;
        throw new CertificateException("the controller's root is not the one that is expected");
      }
    } catch (CertificateException refused) {
      throw refused;
    } catch (GeneralSecurityException broken) {
      throw new CertificateException("the controller's chain does not verify", broken);
    }
    trustDomain = controllerDomain(chain[0]);
  }

  private static String controllerDomain(X509Certificate leaf) throws CertificateException {
    if (leaf.getSubjectAlternativeNames() != null) {
      for (List<?> name : leaf.getSubjectAlternativeNames()) {
        if (name.get(0) instanceof Integer kind && kind == URI) {
          SpiffeId id = SpiffeId.parse(String.valueOf(name.get(1)));
          if (id != null && id.path().equals(CONTROLLER)) {
            return id.trustDomain();
          }
        }
      }
    }
    throw new CertificateException("the peer's certificate is not a controller's");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("clients are not judged here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("clients are not judged here");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("clients are not judged here");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
