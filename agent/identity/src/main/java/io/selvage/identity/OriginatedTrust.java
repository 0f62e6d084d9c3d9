package io.selvage.identity;

import io.selvage.engine.model.UpstreamTls;
import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CRL;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts servers outside the mesh that a DestinationRule reaches by TLS (modes SIMPLE and MUTUAL):
 * the anchors that it names, else the platform's; then the names that it expects, else the SNI
 * (Istio's {@code auto_san_validation}).
 */
final class OriginatedTrust extends X509ExtendedTrustManager {
  private final @Nullable X509TrustManager anchors;
  private final NameMatch expected;
  private final @Nullable String sni;

  OriginatedTrust(UpstreamTls tls) throws GeneralSecurityException {
    anchors = tls.insecureSkipVerify() ? null : anchors(tls.caPem(), tls.crlPem());
    expected = new NameMatch(tls.peers());
    sni = tls.sni() == null || tls.sni().isEmpty() ? null : tls.sni().toLowerCase(Locale.ROOT);
  }

  private static X509TrustManager anchors(@Nullable String caPem, @Nullable String crlPem)
      throws GeneralSecurityException {
    KeyStore store = null;
    if (caPem != null) {
      store = emptyStore();
      int n = 0;
      for (X509Certificate ca : Pem.certificates(caPem)) {
        store.setCertificateEntry("ca-" + n++, ca);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    if (crlPem == null) {
      factory.init(store);
    } else {
      factory.init(new CertPathTrustManagerParameters(revocation(store, crlPem)));
    }
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager found) {
        return found;
      }
    }
    throw new GeneralSecurityException("the platform has no X.509 trust manager");
  }

  /** Every certificate below the anchors must be on a list of its issuer, and not revoked there. */
  private static PKIXBuilderParameters revocation(@Nullable KeyStore store, String crlPem)
      throws GeneralSecurityException {
    PKIXBuilderParameters parameters =
        store == null
            ? new PKIXBuilderParameters(platform(), new X509CertSelector())
            : new PKIXBuilderParameters(store, new X509CertSelector());
    Collection<? extends CRL> lists =
        CertificateFactory.getInstance("X.509")
            .generateCRLs(new ByteArrayInputStream(crlPem.getBytes(StandardCharsets.US_ASCII)));
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
    parameters.setRevocationEnabled(true);
    return parameters;
  }

  private static Set<TrustAnchor> platform() throws GeneralSecurityException {
    Set<TrustAnchor> anchors = new HashSet<>();
    for (X509Certificate each : anchors(null, null).getAcceptedIssuers()) {
      anchors.add(new TrustAnchor(each, null));
    }
    return anchors;
  }

  static KeyStore emptyStore() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (java.io.IOException impossible) {
      throw new GeneralSecurityException(impossible);
    }
    return store;
  }

  private void check(X509Certificate[] chain, String type) throws CertificateException {
    if (anchors == null) {
      return;
    }
    anchors.checkServerTrusted(chain, type);
    Collection<List<?>> names = chain[0].getSubjectAlternativeNames();
    if (expected.isEmpty() && sni == null) {
      return;
    }
    if (names != null) {
      for (List<?> name : names) {
        String value = String.valueOf(name.get(1));
        if (expected.isEmpty()
            ? isServer(value.toLowerCase(Locale.ROOT))
            : expected.matches(value)) {
          return;
        }
      }
    }
    throw new IdentityException(
        IdentityCodes.UNEXPECTED_PEER,
        "the server's names are " + names + "; expected " + (expected.isEmpty() ? sni : expected));
  }

  /** RFC 6125 §6.4: a wildcard stands for the whole left-most label. */
  private boolean isServer(String name) {
    String host = sni;
    if (host == null || name.equals(host)) {
      return host != null;
    }
    int dot = host.indexOf('.');
    return name.startsWith("*.") && dot > 0 && host.substring(dot).equals(name.substring(1));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws CertificateException {
    check(chain, type);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws CertificateException {
    check(chain, type);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("only for servers");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws CertificateException {
    throw new CertificateException("only for servers");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("only for servers");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
