package io.selvage.controller.translate;

import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ClientTls;
import io.selvage.controller.resource.view.TrafficPolicy.ConnectionPool;
import io.selvage.controller.resource.view.TrafficPolicy.OutlierDetection;
import io.selvage.controller.resource.view.TrafficPolicy.PortPolicy;
import io.selvage.controller.resource.view.TrafficPolicy.ProxyProtocol;
import io.selvage.controller.resource.view.TrafficPolicy.RetryBudget;
import io.selvage.controller.resource.view.TrafficPolicy.Tunnel;
import org.jspecify.annotations.Nullable;

/** The traffic policy of one cluster after Istio's merging of rule, subset and port. */
record Policy(
    @Nullable LoadBalancer loadBalancer,
    @Nullable ConnectionPool connectionPool,
    @Nullable OutlierDetection outlierDetection,
    @Nullable ClientTls tls,
    @Nullable RetryBudget retryBudget,
    @Nullable Tunnel tunnel,
    @Nullable ProxyProtocol proxyProtocol) {
  private static final Policy NONE = new Policy(null, null, null, null, null, null, null);

  /** Nothing but limits of connections and requests. */
  static Policy of(@Nullable ConnectionPool pool) {
    return new Policy(null, pool, null, null, null, null, null);
  }

  /** The same with a retry budget of its own where one is given. */
  Policy with(@Nullable RetryBudget budget) {
    return budget == null
        ? this
        : new Policy(
            loadBalancer, connectionPool, outlierDetection, tls, budget, tunnel, proxyProtocol);
  }

  /** For a port of the rule itself, or of one of its subsets. */
  static Policy of(
      @Nullable DestinationRule rule, DestinationRule.@Nullable Subset subset, int port) {
    Policy merged = NONE;
    if (rule != null && rule.trafficPolicy() != null) {
      merged = merged.over(rule.trafficPolicy(), port);
    }
    if (subset != null && subset.trafficPolicy() != null) {
      merged = merged.over(subset.trafficPolicy(), port);
    }
    return merged;
  }

  /**
   * Fields of {@code next} win; a setting for the port replaces the four it can hold as a whole.
   */
  private Policy over(TrafficPolicy next, int port) {
    RetryBudget budget = next.retryBudget() == null ? retryBudget : next.retryBudget();
    Tunnel through = next.tunnel() == null ? tunnel : next.tunnel();
    ProxyProtocol preface = next.proxyProtocol() == null ? proxyProtocol : next.proxyProtocol();
    for (PortPolicy each : next.portLevelSettings()) {
      if (each.port() == port) {
        return new Policy(
            each.loadBalancer(),
            each.connectionPool(),
            each.outlierDetection(),
            each.tls(),
            budget,
            through,
            preface);
      }
    }
    return new Policy(
        next.loadBalancer() == null ? loadBalancer : next.loadBalancer(),
        next.connectionPool() == null ? connectionPool : next.connectionPool(),
        next.outlierDetection() == null ? outlierDetection : next.outlierDetection(),
        next.tls() == null ? tls : next.tls(),
        budget,
        through,
        preface);
  }
}
