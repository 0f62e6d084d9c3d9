package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.TargetRef;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What kinds of {@code selvage.io} must mean. */
final class OwnRules {
  private static final int MAX_SECONDS = 3_600;
  private final Findings findings;

  OwnRules(Findings findings) {
    this.findings = findings;
  }

  void check(ResiliencePolicy policy) {
    if (policy.targets().isEmpty()) {
      findings.required("spec.targetRefs", "a Service or a ServiceEntry");
    }
    targets(policy.targets());
    ResiliencePolicy.Breaker breaker = policy.breaker();
    if (breaker != null) {
      breaker("spec.circuitBreaker", breaker);
    }
    ResiliencePolicy.Bulkhead bulkhead = policy.bulkhead();
    if (bulkhead != null) {
      bulkhead("spec.bulkhead", bulkhead);
    }
    if (policy.destination().isEmpty()) {
      findings.required("spec", "circuitBreaker or bulkhead: the policy says nothing");
    }
  }

  private void targets(List<TargetRef> targets) {
    Set<TargetRef> seen = new HashSet<>();
    for (int i = 0; i < targets.size(); i++) {
      TargetRef target = targets.get(i);
      String field = "spec.targetRefs[" + i + "]";
      String group = target.isService() ? "" : "networking.istio.io";
      if (!target.group().equals(group)) {
        findings.invalid(
            field + ".group",
            "\"" + target.group() + "\": " + target.kind() + " is of group \"" + group + "\"");
      }
      if (!seen.add(target)) {
        findings.duplicate(field, target.name());
      }
    }
  }

  private void breaker(String field, ResiliencePolicy.Breaker breaker) {
    if (breaker.timed() && breaker.window() > MAX_SECONDS) {
      findings.invalid(
          field + ".slidingWindowSize",
          breaker.window() + ": a TIME_BASED window holds at most " + MAX_SECONDS + " seconds");
    }
    Integer minimum = breaker.minimum();
    if (!breaker.timed() && minimum != null && minimum > breaker.window()) {
      findings.invalid(
          field + ".minimumNumberOfCalls",
          minimum + ": a window of " + breaker.window() + " calls never holds so many");
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < breaker.names().size(); i++) {
      if (!names.add(breaker.names().get(i))) {
        findings.duplicate(field + ".operations[" + i + "].name", breaker.names().get(i));
      }
    }
  }

  private void bulkhead(String field, ResiliencePolicy.Bulkhead bulkhead) {
    if (bulkhead.waiting() > 0 && !bulkhead.waits()) {
      findings.required(field + ".maxWaitDuration", "how long calls wait, with maxWaitingCalls");
    }
    if (bulkhead.waiting() == 0 && bulkhead.waits()) {
      findings.required(field + ".maxWaitingCalls", "how many calls wait, with maxWaitDuration");
    }
  }
}
