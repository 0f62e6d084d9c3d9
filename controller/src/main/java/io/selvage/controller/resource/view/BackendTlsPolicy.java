package io.selvage.controller.resource.view;

import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code gateway.networking.k8s.io} BackendTLSPolicy.
 *
 * @param wellKnown {@code System}, another set's name, or empty
 * @param hostname server name to ask for
 * @param subjectAltNames names of which the certificate holds one; empty means the hostname
 */
public record BackendTlsPolicy(
    Resource source,
    List<PolicyTarget> targets,
    List<CertificateRef> certificateRefs,
    String wellKnown,
    String hostname,
    List<SubjectName> subjectAltNames,
    Map<String, String> options) {

  /** Reads the document; unknown fields are not looked at (the schema refuses them). */
  public static Checked<BackendTlsPolicy> parse(Resource resource) {
    List<Violation> violations = new ArrayList<>();
    Fields f = new Fields(resource.spec(), "spec", violations);
    Fields validation = f.object("validation");
    BackendTlsPolicy value =
        new BackendTlsPolicy(
            resource,
            f.list("targetRefs", PolicyTarget::parse),
            validation.list("caCertificateRefs", CertificateRef::parse),
            validation.text("wellKnownCACertificates"),
            validation.text("hostname"),
            validation.list("subjectAltNames", SubjectName::parse),
            f.textMap("options"));
    return Checked.of(value, violations);
  }

  /** Where certificates are: a ConfigMap with {@code ca.crt}. */
  public record CertificateRef(String group, String kind, String name) {
    static CertificateRef parse(Fields f) {
      return new CertificateRef(f.text("group"), f.text("kind"), f.text("name"));
    }
  }

  /** A name in the certificate: of type {@code Hostname} or {@code URI}; other parts are empty. */
  public record SubjectName(String type, String hostname, String uri) {
    static SubjectName parse(Fields f) {
      return new SubjectName(f.text("type"), f.text("hostname"), f.text("uri"));
    }
  }
}
