package io.selvage.identity;

import java.security.GeneralSecurityException;
import java.security.NoSuchProviderException;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Versions, suites and session life of every mesh connection. */
final class TlsDefaults {
  private static final String[] VERSIONS = {"TLSv1.3", "TLSv1.2"};
  private static final Duration LONGEST_SESSION = Duration.ofMinutes(10);

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

  /**
   * How long a session may be resumed after its full handshake, in seconds: a quarter of the life
   * of this workload's certificate, ten minutes at most. A resumed session carries the certificates
   * of its full handshake; workloads renew at half life, so none of them expires in a resumption.
   */
  static int sessionSeconds(@Nullable Svid svid) {
    if (svid == null) {
      return (int) LONGEST_SESSION.toSeconds();
    }
    Duration life = Duration.between(svid.notBefore(), svid.notAfter());
    return (int) Math.max(1, Math.min(LONGEST_SESSION.toSeconds(), life.toSeconds() / 4));
  }

  /** Lets sessions of a context be resumed for so long; 0 would mean for ever. */
  static void limitSessions(SSLContext context, int seconds) {
    context.getClientSessionContext().setSessionTimeout(seconds);
    context.getServerSessionContext().setSessionTimeout(seconds);
  }

  /** The JDK's own engine, whatever provider an application has put first. */
  static SSLContext context(KeyManager @Nullable [] keys, TrustManager[] trust, int sessionSeconds)
      throws GeneralSecurityException {
    SSLContext context;
    try {
      context = SSLContext.getInstance("TLS", "SunJSSE");
    } catch (NoSuchProviderException another) {
      context = SSLContext.getInstance("TLS");
    }
    context.init(keys, trust, null);
    limitSessions(context, sessionSeconds);
    return context;
  }
}
