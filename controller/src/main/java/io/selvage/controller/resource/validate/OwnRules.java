package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.TrafficLane;
import java.util.HashSet;
import java.util.Set;

/** What kinds of {@code selvage.io} must mean. */
final class OwnRules {
  private static final int MAX_SECONDS = 3_600;
  private final Findings findings;

  OwnRules(Findings findings) {
    this.findings = findings;
  }

  void check(ResiliencePolicy policy) {
    attachment(policy);
    findings.targets(policy.targets());
    ResiliencePolicy.Breaker breaker = policy.breaker();
    if (breaker != null) {
      breaker("spec.circuitBreaker", breaker);
    }
    ResiliencePolicy.Bulkhead bulkhead = policy.bulkhead();
    if (bulkhead != null) {
      bulkhead("spec.bulkhead", bulkhead);
    }
    ResiliencePolicy.Concurrency concurrency = policy.concurrency();
    if (concurrency != null) {
      concurrency("spec.adaptiveConcurrency", concurrency);
    }
    for (int i = 0; i < policy.rates().size(); i++) {
      rate("spec.rateLimit.rules[" + i + "].header", policy.rates().get(i));
    }
  }

  /** Sections about callers go with targets, those about workloads with a selector. */
  private void attachment(ResiliencePolicy policy) {
    boolean selects = policy.selector() != null;
    if (selects == !policy.targets().isEmpty()) {
      findings.required(
          "spec.targetRefs", "a Service or a ServiceEntry, or else selector, but not both");
      return;
    }
    Set<String> other =
        new HashSet<>((selects ? policy.destination() : policy.workload()).keySet());
    other.removeAll((selects ? policy.workload() : policy.destination()).keySet());
    for (String section : other) {
      findings.forbidden(
          "spec." + section,
          selects
              ? "is about callers of a service: give targetRefs in place of selector"
              : "is about workloads themselves: give selector in place of targetRefs");
    }
    if (policy.selector() != null) {
      findings.labels("spec.selector.matchLabels", policy.selector());
    }
    if (policy.destination().isEmpty() && policy.workload().isEmpty()) {
      findings.required(
          "spec",
          (selects ? "propagation, rateLimit" : "circuitBreaker, bulkhead, loadBalancer, hedging")
              + " or adaptiveConcurrency: the policy says nothing");
    }
  }

  void check(TrafficLane lane) {
    findings.dnsLabel("metadata.name", lane.lane());
    findings.labels("spec.selector.matchLabels", lane.selector());
    if (lane.selector().isEmpty()) {
      findings.required(
          "spec.selector.matchLabels", "labels of the lane's workloads; all would leave no base");
    }
    for (int i = 0; i < lane.entries().size(); i++) {
      TrafficLane.Entry entry = lane.entries().get(i);
      String field = "spec.entries[" + i + "]";
      findings.labels(field + ".selector.matchLabels", entry.selector());
      for (int j = 0; j < entry.matches().size(); j++) {
        TrafficLane.Match match = entry.matches().get(j);
        String at = field + ".match[" + j + "]";
        findings.stringMatch(at + ".uri", match.uri());
        match.headers().keySet().forEach(name -> findings.headerName(at + ".headers", name));
        findings.stringMatches(at + ".headers", match.headers());
        findings.stringMatches(at + ".cookies", match.cookies());
        findings.stringMatches(at + ".queryParams", match.queryParams());
      }
    }
  }

  private void rate(String field, ResiliencePolicy.Rate rate) {
    if (rate.byHeader() && rate.header().isEmpty()) {
      findings.required(field, "the header by whose value requests are counted");
    } else if (!rate.byHeader() && !rate.header().isEmpty()) {
      findings.forbidden(field, "only with by: HEADER");
    } else if (rate.byHeader()) {
      findings.headerName(field, rate.header());
    }
  }

  private void concurrency(String field, ResiliencePolicy.Concurrency concurrency) {
    if (concurrency.measured() && concurrency.fixed()) {
      findings.invalid(field + ".minRtt.fixedValue", "not with interval: it is measured or fixed");
    }
    if (concurrency.least() > concurrency.most()) {
      findings.invalid(
          field + ".maxConcurrencyLimit",
          concurrency.most() + " is less than minRtt.minConcurrency, " + concurrency.least());
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
