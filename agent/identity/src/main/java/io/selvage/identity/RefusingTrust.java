package io.selvage.identity;

import java.net.Socket;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts nobody, and says why: what the configuration asks for cannot be had (an anchor or key that
 * cannot be read), and plaintext is no answer to that.
 */
final class RefusingTrust extends X509ExtendedTrustManager {
  private final String why;

  RefusingTrust(String why) {
    this.why = why;
  }

  private IdentityException refusal() {
    return new IdentityException(
        IdentityCodes.UNREADABLE,
        "TLS material of the DestinationRule cannot be used: "
            + why
            + ". Fix: the certificates named in its tls section");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws IdentityException {
    throw refusal();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws IdentityException {
    throw refusal();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws IdentityException {
    throw refusal();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
      throws IdentityException {
    throw refusal();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
      throws IdentityException {
    throw refusal();
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws IdentityException {
    throw refusal();
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
