package io.selvage.instrumentation.testing.client;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key with its certificates, leaf first, and whom it trusts.
 *
 * @param chain leaf first, root excluded
 * @param root the only trust anchor
 */
public record Credentials(PrivateKey key, List<X509Certificate> chain, X509Certificate root) {
  private static final char[] PASSWORD = "test".toCharArray();

  public Credentials {
    chain = List.copyOf(chain);
  }

  /** Key managers that present this certificate. */
  public KeyManagerFactory keys() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("leaf", key, PASSWORD, chain.toArray(new X509Certificate[0]));
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, PASSWORD);
      return keys;
    } catch (GeneralSecurityException | IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  /** Trust managers that know the root alone. */
  public TrustManagerFactory trust() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setCertificateEntry("root", root);
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      return trust;
    } catch (GeneralSecurityException | IOException broken) {
      throw new IllegalStateException(broken);
    }
  }
}
