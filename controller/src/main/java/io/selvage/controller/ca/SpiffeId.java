package io.selvage.controller.ca;

import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A workload identity {@code spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/SERVICE_ACCOUNT}.
 *
 * <p>The grammar is SPIFFE's (lower-case trust domain, no port, user, query, fragment or percent
 * encoding) narrowed to Istio's path. Immutable.
 */
public record SpiffeId(String trustDomain, String namespace, String serviceAccount) {
  private static final Pattern TRUST_DOMAIN = Pattern.compile("[a-z0-9][a-z0-9._-]{0,254}");
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern ACCOUNT = Pattern.compile("[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?");
  private static final int MAX_BYTES = 2048;
  private static final int URI_NAME = 6;

  /**
   * Refuses parts outside the grammar.
   *
   * @throws IllegalArgumentException naming the part
   */
  public SpiffeId {
    require(TRUST_DOMAIN, trustDomain, "trust domain");
    require(NAMESPACE, namespace, "namespace");
    require(ACCOUNT, serviceAccount, "service account");
    if (serviceAccount.contains("..")) {
      throw new IllegalArgumentException("service account '" + serviceAccount + "' holds '..'");
    }
  }

  private static void require(Pattern pattern, String value, String what) {
    if (!pattern.matcher(value).matches()) {
      throw new IllegalArgumentException(what + " '" + value + "' is not valid");
    }
  }

  /** The identity that {@code uri} spells, or empty where it is not exactly of this form. */
  public static Optional<SpiffeId> parse(String uri) {
    if (!uri.startsWith("spiffe://") || uri.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      return Optional.empty();
    }
    String[] parts = uri.substring("spiffe://".length()).split("/", -1);
    if (parts.length != 5 || !parts[1].equals("ns") || !parts[3].equals("sa")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new SpiffeId(parts[0], parts[2], parts[4]));
    } catch (IllegalArgumentException notOfThisForm) {
      return Optional.empty();
    }
  }

  /**
   * The identity of a certificate: its one URI SAN; empty where there is none, more than one, or
   * one of another form. The common name never counts.
   */
  public static Optional<SpiffeId> of(X509Certificate certificate) {
    List<String> uris = uriNames(certificate);
    return uris.size() == 1 ? parse(uris.get(0)) : Optional.empty();
  }

  private static List<String> uriNames(X509Certificate certificate) {
    List<String> uris = new ArrayList<>();
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null) {
        for (List<?> name : names) {
          if (name.get(0) instanceof Integer kind && kind == URI_NAME) {
            uris.add((String) name.get(1));
          }
        }
      }
      return uris;
    } catch (CertificateParsingException unreadable) {
      return List.of();
    }
  }

  /** The URI. */
  @Override
  public String toString() {
    return "spiffe://" + trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
  }
}
