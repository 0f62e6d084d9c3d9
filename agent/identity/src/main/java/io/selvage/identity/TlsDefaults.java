package io.selvage.identity;

import java.security.GeneralSecurityException;
import java.security.NoSuchProviderException;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Versions, suites and session life of every mesh connection. */
final class TlsDefaults {
  private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
  private static final int SESSION_SECONDS = 600;

  private TlsDefaults() {}

  /**
   * TLS 1.3 and 1.2, forward secret and authenticated suites only. No endpoint identification is
   * set, not even an empty one: it would keep sessions from being resumed.
   */
  static SSLParameters parameters(String[] supportedSuites) {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(VERSIONS);
    parameters.setCipherSuites(
        Arrays.stream(supportedSuites).filter(TlsDefaults::isGood).toArray(String[]::new));
    parameters.setUseCipherSuitesOrder(true);
    return parameters;
  }

  private static boolean isGood(String suite) {
    boolean aead = suite.contains("_GCM_") || suite.contains("_CHACHA20_");
    return aead && (suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_"));
  }

  /** The JDK's own engine, whatever provider an application has put first. */
  static SSLContext context(KeyManager @Nullable [] keys, TrustManager[] trust)
      throws GeneralSecurityException {
    SSLContext context;
    try {
      context = SSLContext.getInstance("TLS", "SunJSSE");
    } catch (NoSuchProviderException another) {
      context = SSLContext.getInstance("TLS");
    }
    context.init(keys, trust, null);
    context.getClientSessionContext().setSessionTimeout(SESSION_SECONDS);
    context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
    return context;
  }
}
