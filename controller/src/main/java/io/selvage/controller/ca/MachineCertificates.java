package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Arrays;
import java.util.Date;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Lets machines in by certificates of an authority of theirs (X.509 proof of possession): the TLS
 * handshake is the challenge that only the holder of the key can answer, bound to the connection.
 *
 * <p>The bindings say which certificate is which workload: a JSON list of {@code {"sha256" or
 * "dns": …, "namespace": …, "serviceAccount": …}}; the file is read for each admission, so a change
 * counts at once. Thread-safe.
 */
public final class MachineCertificates {
  private static final String CLIENT_USE = "1.3.6.1.5.5.7.3.2";
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Set<X509Certificate> authorities;
  private final Path bindings;
  private final String trustDomain;
  private final Clock clock;

  /**
   * Takes certificates under {@code authorities}.
   *
   * @throws CodedException SELV-4157 where there is no authority, or the bindings are unreadable
   */
  public MachineCertificates(
      List<X509Certificate> authorities, Path bindings, String trustDomain, Clock clock) {
    this.authorities = Set.copyOf(authorities);
    this.bindings = bindings;
    this.trustDomain = trustDomain;
    this.clock = clock;
    if (authorities.isEmpty()) {
      throw invalid("the authority's file holds no certificate");
    }
    read();
  }

  Set<X509Certificate> authorities() {
    return authorities;
  }

  /** Whether a leaf may be a machine's: one that names any SPIFFE id never is. */
  boolean isMachine(X509Certificate leaf) {
    return names(leaf, URI).stream().noneMatch(uri -> uri.startsWith("spiffe:"));
  }

  /**
   * Verifies a chain that TLS received.
   *
   * @throws CertificateException with SELV-4130 where it is not of a machine's authority
   */
  void check(X509Certificate[] chain) throws CertificateException {
    X509Certificate leaf = chain[0];
    boolean[] usage = leaf.getKeyUsage();
    List<String> uses = leaf.getExtendedKeyUsage();
    if (leaf.getBasicConstraints() >= 0
        || usage != null && (!usage[0] || usage[5] || usage[6])
        || uses != null && !uses.contains(CLIENT_USE)) {
      throw new CertificateException(
          "[SELV-4130] peer certificate refused; found one that is not for a client");
    }
    try {
      Set<TrustAnchor> anchors = new HashSet<>();
      authorities.forEach(a -> anchors.add(new TrustAnchor(a, null)));
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(clock.instant()));
      List<X509Certificate> path =
          Arrays.stream(chain).filter(c -> !authorities.contains(c)).toList();
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
    } catch (CertificateException e) {
      throw e;
    } catch (GeneralSecurityException e) {
      throw new CertificateException("[SELV-4130] peer certificate refused; " + e.getMessage(), e);
    }
  }

  /**
   * Who the machine of a verified leaf is.
   *
   * @throws CodedException SELV-4158 where no binding, or more than one, fits
   */
  SpiffeId identity(X509Certificate leaf) {
    SpiffeId found = null;
    for (JsonNode binding : read()) {
      if (fits(binding, leaf)) {
        SpiffeId id = bound(binding);
        if (found != null && !found.equals(id)) {
          throw refused(leaf, "is bound to two identities");
        }
        found = id;
      }
    }
    if (found == null) {
      throw refused(leaf, "is bound to no identity");
    }
    return found;
  }

  private static CodedException refused(X509Certificate leaf, String what) {
    return new CodedException(
        "SELV-4158",
        "the machine's certificate "
            + fingerprint(leaf)
            + " "
            + what
            + ". Fix: bind it in the file of --machine-bindings.");
  }

  private static boolean fits(JsonNode binding, X509Certificate leaf) {
    String sha256 = binding.path("sha256").asText("").replace(":", "").toLowerCase(Locale.ROOT);
    String dns = binding.path("dns").asText("").toLowerCase(Locale.ROOT);
    boolean right = sha256.isEmpty() || sha256.equals(fingerprint(leaf));
    return right
        && (dns.isEmpty()
            || names(leaf, DNS).stream().anyMatch(n -> n.toLowerCase(Locale.ROOT).equals(dns)));
  }

  private SpiffeId bound(JsonNode binding) {
    return new SpiffeId(
        trustDomain, binding.path("namespace").asText(), binding.path("serviceAccount").asText());
  }

  private JsonNode read() {
    try {
      JsonNode all = JSON.readTree(Files.readString(bindings));
      if (all == null || !all.isArray()) {
        throw invalid("it is no list");
      }
      for (JsonNode each : all) {
        if (each.path("sha256").asText("").isEmpty() && each.path("dns").asText("").isEmpty()) {
          throw invalid("a binding names neither sha256 nor dns");
        }
        bound(each);
      }
      return all;
    } catch (JsonProcessingException e) {
      throw invalid("it is no JSON");
    } catch (IOException | IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  private CodedException invalid(String what) {
    return new CodedException(
        "SELV-4157",
        "machines cannot be let in by "
            + bindings
            + "; "
            + what
            + ". Fix: a JSON list of {\"sha256\" or \"dns\", \"namespace\", \"serviceAccount\"}.");
  }

  private static Set<String> names(X509Certificate leaf, int kind) {
    Set<String> names = new LinkedHashSet<>();
    try {
      if (leaf.getSubjectAlternativeNames() != null) {
        for (List<?> name : leaf.getSubjectAlternativeNames()) {
          if (name.get(0) instanceof Integer found && found == kind) {
            names.add(String.valueOf(name.get(1)));
          }
        }
      }
      return names;
    } catch (CertificateException unreadable) {
      // who cannot be read is not let in as a machine
      return Set.of("spiffe:unreadable");
    }
  }

  private static String fingerprint(X509Certificate leaf) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-256 is part of every Java runtime", e);
    }
  }
}
