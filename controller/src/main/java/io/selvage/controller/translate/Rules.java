package io.selvage.controller.translate;

import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.VirtualService;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which VirtualService and DestinationRule hold for a host as one caller sees it. */
final class Rules {
  private final MeshView view;
  private final Caller caller;
  private final Map<String, Optional<VirtualService>> services = new HashMap<>();
  private final Map<String, Optional<DestinationRule>> destinations = new HashMap<>();
  private final Scope scope;

  Rules(MeshView view, Caller caller) {
    this.view = view;
    this.caller = caller;
    this.scope = Scope.of(view, caller);
  }

  /** What the caller sees at all. */
  Scope scope() {
    return scope;
  }

  /** The most specific visible VirtualService of a host, the oldest of equals. */
  @Nullable VirtualService virtualService(String host) {
    return services.computeIfAbsent(host, this::findVirtualService).orElse(null);
  }

  private Optional<VirtualService> findVirtualService(String host) {
    VirtualService best = null;
    int bestScore = -1;
    for (VirtualService service : scope.virtualServices()) {
      for (String written : service.hosts()) {
        String pattern = Hosts.resolve(written, service.source().namespace(), view.settings());
        int score = Hosts.specificity(pattern);
        if (Hosts.covers(pattern, host) && score > bestScore) {
          best = service;
          bestScore = score;
        } else if (best != null
            && best != service
            && score == bestScore
            && Hosts.covers(pattern, host)) {
          view.problems()
              .add(
                  service.source(),
                  "spec.hosts",
                  Problems.Reason.CONFLICT,
                  host + " is already routed by VirtualService " + best.source().key().path());
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** Istio's order: the caller's namespace, the service's, the root namespace. */
  @Nullable DestinationRule destinationRule(MeshService service) {
    return destinations
        .computeIfAbsent(service.host(), h -> findDestinationRule(service))
        .orElse(null);
  }

  private Optional<DestinationRule> findDestinationRule(MeshService service) {
    for (String namespace :
        List.of(caller.namespace(), service.namespace(), view.settings().rootNamespace())) {
      DestinationRule found = bestIn(namespace, service.host());
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  private @Nullable DestinationRule bestIn(String namespace, String host) {
    DestinationRule best = null;
    int bestScore = -1;
    for (DestinationRule rule : view.destinationRules()) {
      String pattern = Hosts.resolve(rule.host(), rule.source().namespace(), view.settings());
      if (!rule.source().namespace().equals(namespace)
          || !Hosts.covers(pattern, host)
          || !Hosts.exported(rule.exportTo(), namespace, caller.namespace())
          || (!rule.workloadSelector().isEmpty() && !namespace.equals(caller.namespace()))
          || !ServiceIndex.matches(rule.workloadSelector(), caller.labels())) {
        continue;
      }
      // a rule for these workloads in particular beats one for all
      int score = Hosts.specificity(pattern) * 2 + (rule.workloadSelector().isEmpty() ? 0 : 1);
      if (score > bestScore) {
        best = rule;
        bestScore = score;
      } else if (best != null && score == bestScore) {
        best = withSubsetsOf(best, rule);
      }
    }
    return best;
  }

  // Istio merges rules of one host: policy of the oldest, subsets of all
  private static DestinationRule withSubsetsOf(DestinationRule first, DestinationRule second) {
    Map<String, DestinationRule.Subset> subsets = new LinkedHashMap<>();
    first.subsets().forEach(s -> subsets.put(s.name(), s));
    second.subsets().forEach(s -> subsets.putIfAbsent(s.name(), s));
    return new DestinationRule(
        first.source(),
        first.host(),
        first.trafficPolicy() == null ? second.trafficPolicy() : first.trafficPolicy(),
        List.copyOf(subsets.values()),
        first.exportTo(),
        first.workloadSelector());
  }

  /** The HTTP rules of a VirtualService with delegates put in their places. */
  List<HttpRoute> httpRoutes(VirtualService service) {
    return Delegates.expand(service, view, caller.namespace());
  }
}
