package io.selvage.controller.ca;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Accepts peers that hold an X.509-SVID of the trust domain, against the bundle of that moment.
 *
 * <p>Wanted: chain to a root of the bundle, one URI SAN of our form and domain, no CA certificate
 * as leaf, the extended key usage of the role, digital signature. Host names are not looked at.
 * Thread-safe.
 */
public final class MeshTrust extends X509ExtendedTrustManager {
  private static final String CLIENT_USE = "1.3.6.1.5.5.7.3.2";
  private static final String SERVER_USE = "1.3.6.1.5.5.7.3.1";
  private static final int MAX_CHAIN = 6;
  private final Supplier<TrustBundle> bundle;
  private final Clock clock;

  private final @Nullable MachineCertificates machines;

  /** Reads {@code bundle} at each handshake. */
  public MeshTrust(Supplier<TrustBundle> bundle, Clock clock) {
    this(bundle, clock, null);
  }

  /** Takes clients with a machine's certificate too: those can ask for a certificate of ours. */
  public MeshTrust(
      Supplier<TrustBundle> bundle, Clock clock, @Nullable MachineCertificates machines) {
    this.machines = machines;
    this.bundle = bundle;
    this.clock = clock;
  }

  private void check(X509Certificate[] chain, String use) throws CertificateException {
    TrustBundle now = bundle.get();
    if (chain.length == 0 || chain.length > MAX_CHAIN) {
      throw refused("a chain of " + chain.length + " certificates");
    }
    X509Certificate leaf = chain[0];
    MachineCertificates other = machines;
    if (other != null && use.equals(CLIENT_USE) && other.isMachine(leaf)) {
      if (now.revoked().serials().contains(leaf.getSerialNumber().toString(16))) {
        throw refused("a machine's certificate that is revoked");
      }
      other.check(chain);
      return;
    }
    SpiffeId id =
        SpiffeId.of(leaf).orElseThrow(() -> refused("a leaf without exactly one SPIFFE URI SAN"));
    if (!id.trustDomain().equals(now.trustDomain())) {
      throw refused(id + ", of another trust domain than " + now.trustDomain());
    }
    if (leaf.getBasicConstraints() >= 0) {
      throw refused("a CA certificate as leaf");
    }
    boolean[] usage = leaf.getKeyUsage();
    if (usage != null && (!usage[0] || usage[5] || usage[6])) {
      throw refused("a leaf that may not sign handshakes or may sign certificates");
    }
    List<String> uses = leaf.getExtendedKeyUsage();
    if (uses == null || !uses.contains(use)) {
      throw refused("a leaf without the extended key usage " + use);
    }
    if (now.revoked().names(id, leaf)) {
      throw new CertificateException(
          "[SELV-4141] peer certificate refused; "
              + id
              + " or its certificate "
              + leaf.getSerialNumber().toString(16)
              + " is revoked");
    }
    checkPath(chain, now);
  }

  private void checkPath(X509Certificate[] chain, TrustBundle now) throws CertificateException {
    try {
      List<X509Certificate> path = new ArrayList<>(Arrays.asList(chain));
      path.removeIf(now.roots()::contains);
      if (path.isEmpty()) {
        throw refused("a root as leaf");
      }
      Set<TrustAnchor> anchors =
          now.roots().stream().map(r -> new TrustAnchor(r, null)).collect(Collectors.toSet());
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(clock.instant()));
      CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
      CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
    } catch (CertificateException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("[SELV-4130] peer certificate refused; " + e.getMessage(), e);
    }
  }

  private static CertificateException refused(String found) {
    return new CertificateException("[SELV-4130] peer certificate refused; found " + found);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, CLIENT_USE);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, SERVER_USE);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, CLIENT_USE);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, SERVER_USE);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, CLIENT_USE);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, SERVER_USE);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    List<X509Certificate> issuers = new ArrayList<>(bundle.get().roots());
    if (machines != null) {
      // clients choose the certificate that they show by these
      issuers.addAll(machines.authorities());
    }
    return issuers.toArray(new X509Certificate[0]);
  }
}
