package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTlsPolicy.SubjectName;
import io.selvage.controller.resource.view.BackendTrafficPolicy;
import io.selvage.controller.resource.view.PolicyTarget;
import java.time.Duration;
import java.util.List;

/** What policies towards backends must mean; after the CEL rules of the published CRDs. */
final class BackendPolicyRules {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Findings findings;

  BackendPolicyRules(Findings findings) {
    this.findings = findings;
  }

  void check(BackendTlsPolicy policy) {
    targets(policy.targets());
    String field = "spec.validation";
    boolean refs = !policy.certificateRefs().isEmpty();
    boolean wellKnown = !policy.wellKnown().isEmpty();
    if (refs && wellKnown) {
      findings.forbidden(
          field, "must not contain both caCertificateRefs and wellKnownCACertificates");
    }
    if (!refs && !wellKnown) {
      findings.required(field, "must specify either caCertificateRefs or wellKnownCACertificates");
    }
    for (int i = 0; i < policy.subjectAltNames().size(); i++) {
      name(field + ".subjectAltNames[" + i + "]", policy.subjectAltNames().get(i));
    }
  }

  private void name(String field, SubjectName name) {
    boolean host = name.type().equals("Hostname");
    if (host == name.hostname().isEmpty()) {
      findings.invalid(field + ".hostname", "must be given when, and only when, type is Hostname");
    }
    if (host != name.uri().isEmpty()) {
      findings.invalid(field + ".uri", "must be given when, and only when, type is URI");
    }
  }

  private void targets(List<PolicyTarget> targets) {
    for (int i = 0; i < targets.size(); i++) {
      for (int j = 0; j < i; j++) {
        PolicyTarget a = targets.get(i);
        PolicyTarget b = targets.get(j);
        boolean same =
            a.group().equals(b.group()) && a.kind().equals(b.kind()) && a.name().equals(b.name());
        boolean whole = a.sectionName().isEmpty() || b.sectionName().isEmpty();
        if (same && whole) {
          findings.invalid(
              "spec.targetRefs[" + i + "]",
              "sectionName must be specified when targetRefs includes 2 or more references to the"
                  + " same target");
        } else if (same && a.sectionName().equals(b.sectionName())) {
          findings.invalid(
              "spec.targetRefs[" + i + "]",
              "sectionName must be unique when targetRefs includes 2 or more references to the"
                  + " same target");
        }
      }
    }
  }

  void check(BackendTrafficPolicy policy) {
    BackendTrafficPolicy.RetryConstraint retries = policy.retryConstraint();
    if (retries != null) {
      Duration budget = retries.interval();
      if (budget.compareTo(SECOND) < 0 || budget.compareTo(HOUR) > 0) {
        findings.invalid(
            "spec.retryConstraint.budget.interval",
            "interval cannot be greater than one hour or less than one second");
      }
      Duration rate = retries.minInterval();
      if (rate.isZero() || rate.compareTo(HOUR) > 0) {
        findings.invalid(
            "spec.retryConstraint.minRetryRate.interval",
            "interval cannot be greater than one hour or zero");
      }
    }
    MeshRouteRules.session(findings, "spec.sessionPersistence", policy.sessionPersistence());
  }
}
