package io.selvage.identity;

import io.selvage.engine.model.TlsSettings;
import io.selvage.engine.model.TlsSettings.Version;
import java.security.GeneralSecurityException;
import java.security.NoSuchProviderException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** Versions, suites and session life of every mesh connection. */
final class TlsDefaults {
  private static final Duration LONGEST_SESSION = Duration.ofMinutes(10);

  private TlsDefaults() {}

  /**
   * What settings allow, of forward secret and authenticated suites only. No endpoint
   * identification is set, not even an empty one: it would keep sessions from being resumed.
   */
  static SSLParameters parameters(String[] supportedSuites, TlsSettings settings) {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(
        Arrays.stream(Version.values())
            .filter(v -> v.compareTo(settings.minimum()) >= 0)
            .filter(v -> v.compareTo(settings.maximum()) <= 0)
            .sorted((a, b) -> b.compareTo(a))
            .map(Version::jsse)
            .toArray(String[]::new));
    parameters.setCipherSuites(suites(supportedSuites, settings));
    parameters.setUseCipherSuitesOrder(true);
    NamedGroups.limit(parameters, settings.groups());
    return parameters;
  }

  /** Those of TLS 1.3 always; those of 1.2 in the order that was asked for. */
  private static String[] suites(String[] supported, TlsSettings settings) {
    List<String> good = Arrays.stream(supported).filter(TlsDefaults::isGood).toList();
    List<String> asked = settings.cipherSuites();
    if (asked.isEmpty()) {
      return good.toArray(String[]::new);
    }
    List<String> chosen =
        new java.util.ArrayList<>(good.stream().filter(s -> !s.contains("_WITH_")).toList());
    asked.stream().filter(good::contains).forEach(chosen::add);
    return chosen.toArray(String[]::new);
  }

  private static boolean isGood(String suite) {
    boolean aead = suite.contains("_GCM_") || suite.contains("_CHACHA20_");
    return aead && (suite.startsWith("TLS_ECDHE_") || !suite.contains("_WITH_"));
  }

  /** What of {@code wanted} the mesh allows; all that it allows when that is nothing. */
  static String[] within(String[] allowed, String @Nullable [] wanted) {
    if (wanted == null) {
      return allowed;
    }
    List<String> may = List.of(allowed);
    String[] both = Arrays.stream(wanted).filter(may::contains).toArray(String[]::new);
    return both.length == 0 ? allowed : both;
  }

  /**
   * The suites of {@code wanted} that the mesh allows; of a version of which there is none, all
   * that it allows: a library that knows TLS 1.2 alone must not leave 1.3 without suites.
   */
  static String[] suitesWithin(String[] allowed, String @Nullable [] wanted) {
    List<String> asked = List.of(wanted == null ? allowed : wanted);
    List<String> all = new java.util.ArrayList<>();
    for (boolean older : new boolean[] {false, true}) {
      List<String> may =
          Arrays.stream(allowed).filter(suite -> suite.contains("_WITH_") == older).toList();
      List<String> both = asked.stream().filter(may::contains).toList();
      all.addAll(both.isEmpty() ? may : both);
    }
    return all.toArray(String[]::new);
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
