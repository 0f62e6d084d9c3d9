package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTlsPolicy.CertificateRef;
import io.selvage.controller.resource.view.BackendTlsPolicy.SubjectName;
import io.selvage.controller.resource.view.ConfigMap;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * A BackendTLSPolicy with its certificates found.
 *
 * @param anchors PEM of the certificates to trust; empty for the platform's
 * @param findings what could not be found: a reason in a word and a sentence each
 * @param unusable no certificate to trust is left: connections must fail
 */
record BackendTls(
    BackendTlsPolicy policy, String anchors, List<Finding> findings, boolean unusable) {
  /** Key of {@code options}: protocols to offer, by comma. */
  static final String ALPN = "selvage.io/alpn";

  private static final String NEVER = "unresolved.invalid";
  private static final String KEY = "ca.crt";

  /** One thing that could not be found. */
  record Finding(String reason, String text) {}

  static BackendTls of(BackendTlsPolicy policy, List<ConfigMap> configMaps) {
    List<Finding> findings = new ArrayList<>();
    StringBuilder anchors = new StringBuilder();
    for (CertificateRef ref : policy.certificateRefs()) {
      anchors.append(read(policy, ref, configMaps, findings));
    }
    boolean refs = !policy.certificateRefs().isEmpty();
    boolean unusable = refs ? anchors.length() == 0 : !policy.wellKnown().equals("System");
    return new BackendTls(policy, anchors.toString(), List.copyOf(findings), unusable);
  }

  private static String read(
      BackendTlsPolicy policy,
      CertificateRef ref,
      List<ConfigMap> configMaps,
      List<Finding> findings) {
    String named = ref.kind() + " " + policy.source().namespace() + "/" + ref.name();
    if (!ref.group().isEmpty() || !ref.kind().equals("ConfigMap")) {
      findings.add(new Finding("InvalidKind", named + ": certificates come from a ConfigMap"));
      return "";
    }
    ConfigMap found =
        configMaps.stream()
            .filter(c -> c.source().namespace().equals(policy.source().namespace()))
            .filter(c -> c.source().name().equals(ref.name()))
            .findFirst()
            .orElse(null);
    String text = found == null ? "" : found.data().getOrDefault(KEY, "");
    if (text.isEmpty()) {
      findings.add(
          new Finding(
              "InvalidCACertificateRef",
              found == null ? "no " + named : named + " has no text under " + KEY));
      return "";
    }
    try {
      List<X509Certificate> certificates = Pem.certificates(text);
      if (!certificates.isEmpty()) {
        return Pem.of(certificates);
      }
      findings.add(
          new Finding("InvalidCACertificateRef", named + " has no PEM certificate under " + KEY));
    } catch (RuntimeException notCertificates) {
      findings.add(
          new Finding(
              "InvalidCACertificateRef",
              named + " " + KEY + ": not PEM certificates; " + notCertificates.getMessage()));
    }
    return "";
  }

  /** Options that mean nothing here. */
  List<String> unknownOptions() {
    return policy.options().keySet().stream().filter(k -> !k.equals(ALPN)).sorted().toList();
  }

  /** TLS as the policy says; without certificates to trust one that no server can satisfy. */
  TransportSocket socket(boolean http2, MeshSettings settings) {
    List<String> alpn = http2 ? List.of("h2") : List.of();
    String offered = policy.options().getOrDefault(ALPN, "");
    if (!offered.isEmpty()) {
      alpn = List.of(offered.strip().split("\\s*,\\s*"));
    }
    return TlsContexts.backend(policy.hostname(), anchors, names(), alpn, settings);
  }

  private List<String> names() {
    if (unusable) {
      return List.of(NEVER);
    }
    if (policy.subjectAltNames().isEmpty()) {
      return List.of(policy.hostname());
    }
    return policy.subjectAltNames().stream().map(BackendTls::name).toList();
  }

  private static String name(SubjectName name) {
    return name.type().equals("URI") ? name.uri() : name.hostname();
  }
}
