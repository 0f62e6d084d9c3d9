package io.selvage.engine.model;

import java.util.List;

/**
 * Versions, suites and key exchanges that a connection may use (Envoy {@code TlsParameters}).
 *
 * @param cipherSuites of TLS 1.2 by their JSSE names, in order of preference; empty = every suite
 *     that is forward secret and authenticated. TLS 1.3 has its own suites, which nobody chooses
 * @param groups of the key exchange by their JSSE names, in order of preference; empty = what the
 *     TLS library prefers
 */
public record TlsSettings(
    Version minimum, Version maximum, List<String> cipherSuites, List<String> groups) {

  /** TLS 1.3 alone: what the mesh speaks to itself unless a policy allows more. */
  public static final TlsSettings MODERN =
      new TlsSettings(Version.TLS_1_3, Version.TLS_1_3, List.of(), List.of());

  /** TLS 1.2 and 1.3: what is said to servers outside the mesh unless told otherwise. */
  public static final TlsSettings COMPATIBLE =
      new TlsSettings(Version.TLS_1_2, Version.TLS_1_3, List.of(), List.of());

  /** The post-quantum hybrid of X25519 and ML-KEM-768 (draft-ietf-tls-ecdhe-mlkem). */
  public static final String HYBRID_GROUP = "X25519MLKEM768";

  public TlsSettings {
    cipherSuites = List.copyOf(cipherSuites);
    groups = List.copyOf(groups);
    if (minimum.compareTo(maximum) > 0) {
      throw new IllegalArgumentException(minimum + " is above " + maximum);
    }
  }

  /** Whether the post-quantum hybrid is asked for. */
  public boolean hybrid() {
    return groups.contains(HYBRID_GROUP);
  }

  /** Older versions are never spoken. */
  public enum Version {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    private final String jsse;

    Version(String jsse) {
      this.jsse = jsse;
    }

    /** Its name in JSSE. */
    public String jsse() {
      return jsse;
    }
  }
}
