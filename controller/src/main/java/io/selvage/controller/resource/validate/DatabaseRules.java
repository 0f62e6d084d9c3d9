package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.DatabasePolicy;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a DatabasePolicy must mean. */
final class DatabaseRules {
  private final Findings findings;

  DatabaseRules(Findings findings) {
    this.findings = findings;
  }

  void check(DatabasePolicy policy) {
    if (policy.targets().isEmpty() && policy.addresses().isEmpty()) {
      findings.required("spec", "targetRefs or addresses: the policy governs no database");
    }
    if (policy.sections().isEmpty() && policy.callers().isEmpty()) {
      findings.required(
          "spec",
          "readOnly, connect, statements, circuitBreaker, bulkhead, callers or audit: the policy"
              + " says nothing");
    }
    findings.targets(policy.targets());
    addresses(policy.addresses());
    policy.places().forEach((field, place) -> findings.host(field + ".host", place.host(), false));
    findings.labels("spec.selector.matchLabels", policy.selector());
    unique("spec.databases", policy.databases());
    callers(policy.callers());
    DatabasePolicy.Window window = policy.breaker();
    if (window.minimum() > window.size()) {
      findings.invalid(
          "spec.circuitBreaker.minimumNumberOfCalls",
          window.minimum() + ": a window of " + window.size() + " calls never holds so many");
    }
  }

  private void addresses(List<DatabasePolicy.Place> addresses) {
    Set<DatabasePolicy.Place> seen = new HashSet<>();
    for (int i = 0; i < addresses.size(); i++) {
      String field = "spec.addresses[" + i + "]";
      findings.host(field + ".host", addresses.get(i).host(), true);
      if (!seen.add(addresses.get(i))) {
        findings.duplicate(field, addresses.get(i).host() + ":" + addresses.get(i).port());
      }
    }
  }

  private void unique(String field, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (!seen.add(names.get(i))) {
        findings.duplicate(field + "[" + i + "]", names.get(i));
      }
    }
  }

  private void callers(List<DatabasePolicy.Caller> callers) {
    boolean everybody = false;
    for (int i = 0; i < callers.size(); i++) {
      DatabasePolicy.Caller caller = callers.get(i);
      String field = "spec.callers[" + i + "]";
      if (everybody) {
        findings.invalid(field, "never reached: an entry before it fits every caller");
      }
      everybody |= caller.principals().isEmpty();
      if (caller.burst() && !caller.rate()) {
        findings.required(field + ".statementsPerSecond", "a rate, with burst");
      }
      if (!caller.limits()) {
        findings.required(
            field, "maxConcurrentStatements, statementsPerSecond or writes: it limits nothing");
      }
      for (int j = 0; j < caller.principals().size(); j++) {
        if (caller.principals().get(j).startsWith("spiffe://")) {
          findings.invalid(
              field + ".principals[" + j + "]",
              "\"" + caller.principals().get(j) + "\": as in Istio, without spiffe://");
        }
      }
    }
  }
}
