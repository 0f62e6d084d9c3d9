package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTrafficPolicy;
import io.selvage.controller.resource.view.ConfigMap;
import io.selvage.controller.resource.view.PolicyTarget;
import io.selvage.controller.resource.view.SessionPersistence;
import io.selvage.controller.resource.view.TrafficPolicy.RetryBudget;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * BackendTLSPolicy and XBackendTrafficPolicy: which holds for a service. The oldest wins, as the
 * specification says; one for a port beats one for the whole service.
 */
final class BackendPolicies {
  private final MeshSettings settings;
  private final Function<String, @Nullable MeshService> services;
  private final List<BackendTlsPolicy> tls;
  private final List<BackendTrafficPolicy> traffic;
  private final Map<String, BackendTls> tlsByTarget = new HashMap<>();
  private final Map<String, BackendTrafficPolicy> trafficByHost = new HashMap<>();

  BackendPolicies(
      MeshSettings settings,
      Function<String, @Nullable MeshService> services,
      List<BackendTlsPolicy> tls,
      List<BackendTrafficPolicy> traffic,
      List<ConfigMap> configMaps) {
    this.settings = settings;
    this.services = services;
    this.tls = tls;
    this.traffic = traffic;
    for (BackendTlsPolicy policy : tls) {
      BackendTls checked = BackendTls.of(policy, configMaps);
      for (PolicyTarget target : policy.targets()) {
        if (refusal(policy.source(), target).isEmpty()) {
          tlsByTarget.putIfAbsent(key(policy.source(), target), checked);
        }
      }
    }
    for (BackendTrafficPolicy policy : traffic) {
      for (PolicyTarget target : policy.targets()) {
        if (refusal(policy.source(), target).isEmpty()) {
          trafficByHost.putIfAbsent(host(policy.source(), target), policy);
        }
      }
    }
  }

  private String host(Resource owner, PolicyTarget target) {
    return settings.hostOf(target.name(), owner.namespace());
  }

  private String key(Resource owner, PolicyTarget target) {
    return host(owner, target) + "|" + target.sectionName();
  }

  /** Why a target is none: the reason in a word and a sentence; empty where it is one. */
  List<String> refusal(Resource owner, PolicyTarget target) {
    String named = target.kind() + " " + owner.namespace() + "/" + target.name();
    if (!target.isService()) {
      return List.of("Invalid", named + ": a policy is for a Service here");
    }
    MeshService service = services.apply(host(owner, target));
    if (service == null) {
      return List.of("TargetNotFound", "no " + named);
    }
    boolean there =
        target.sectionName().isEmpty()
            || service.ports().stream().anyMatch(p -> p.name().equals(target.sectionName()));
    return there
        ? List.of()
        : List.of("TargetNotFound", named + " has no port named " + target.sectionName());
  }

  List<BackendTlsPolicy> tls() {
    return tls;
  }

  List<BackendTrafficPolicy> traffic() {
    return traffic;
  }

  /** What the policy that holds for a target says; null where there is none. */
  @Nullable BackendTls holds(Resource owner, PolicyTarget target) {
    return tlsByTarget.get(key(owner, target));
  }

  /** The traffic policy that holds for a target; null where there is none. */
  @Nullable BackendTrafficPolicy trafficHolds(Resource owner, PolicyTarget target) {
    return trafficByHost.get(host(owner, target));
  }

  /** TLS that is asked for towards a port; null where none is. */
  @Nullable BackendTls tlsOf(MeshService service, MeshPort port) {
    BackendTls section =
        port.name().isEmpty() ? null : tlsByTarget.get(service.host() + "|" + port.name());
    return section != null ? section : tlsByTarget.get(service.host() + "|");
  }

  /** The socket towards a port; null where no policy asks for one. */
  @Nullable TransportSocket socket(MeshService service, MeshPort port, boolean http2) {
    BackendTls found = tlsOf(service, port);
    return found == null ? null : found.socket(http2, settings);
  }

  /** The retry budget of a service; null where no policy gives one. */
  @Nullable RetryBudget retryBudget(String host) {
    BackendTrafficPolicy policy = trafficByHost.get(host);
    BackendTrafficPolicy.RetryConstraint asked = policy == null ? null : policy.retryConstraint();
    if (asked == null) {
      return null;
    }
    // Envoy knows retries under way, not retries in a time: those of one second
    double perSecond = asked.minCount() * 1e9 / Math.max(1, asked.minInterval().toNanos());
    int atLeast = (int) Math.min(Integer.MAX_VALUE, Math.max(1, Math.round(perSecond)));
    return new RetryBudget((double) asked.percent(), atLeast, asked.interval());
  }

  /** The policy that gives a service its retry budget; null where none does. */
  @Nullable Resource retryBudgetFrom(String host) {
    BackendTrafficPolicy policy = trafficByHost.get(host);
    return policy == null || policy.retryConstraint() == null ? null : policy.source();
  }

  boolean persistsSessions() {
    return traffic.stream().anyMatch(p -> p.sessionPersistence() != null);
  }

  /** Puts on a route to {@code host} what a policy says about sessions. */
  void persistSession(Route.Builder route, String host) {
    BackendTrafficPolicy policy = trafficByHost.get(host);
    SessionPersistence session = policy == null ? null : policy.sessionPersistence();
    if (session != null) {
      StatefulSessions.apply(route, session, Objects.requireNonNull(policy).source().key().path());
    }
  }
}
