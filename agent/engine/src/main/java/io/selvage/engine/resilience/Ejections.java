package io.selvage.engine.resilience;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.EndpointState;
import io.selvage.engine.snapshot.Host;

/**
 * The rules of outlier detection on the state of endpoints. Counters of errors in a row are changed
 * under the endpoint's lock, which is held for some additions only. Source: Envoy {@code
 * Outlier::DetectorHostMonitorImpl} and {@code DetectorImpl::ejectHost}.
 */
final class Ejections {
  private final Randomness random;

  Ejections(Randomness random) {
    this.random = random;
  }

  /** An answer of the upstream, as an HTTP status. */
  void answered(
      CompiledCluster cluster, OutlierDetection detection, Host host, int status, long now) {
    EndpointState state = host.state();
    state.answers.add(status < 500);
    if (status < 500 && state.consecutive5xx == 0 && state.consecutiveGatewayErrors == 0) {
      return; // the common case takes no lock; a stale read costs one reset
    }
    synchronized (state) {
      judge(cluster, detection, state, status, now);
    }
  }

  /** The endpoint could be reached. */
  void reached(Host host) {
    EndpointState state = host.state();
    state.reached.add(true);
    if (state.consecutiveLocalOrigin != 0) {
      synchronized (state) {
        state.consecutiveLocalOrigin = 0;
      }
    }
  }

  /** The endpoint could not be reached, or fell silent. */
  void unreached(CompiledCluster cluster, OutlierDetection detection, Host host, long now) {
    EndpointState state = host.state();
    state.reached.add(false);
    synchronized (state) {
      if (++state.consecutiveLocalOrigin == detection.consecutiveLocalOriginFailures()
          && !state.ejected) {
        state.consecutiveLocalOrigin = 0;
        eject(cluster, detection, state, detection.enforcing().localOriginFailures(), now);
      }
    }
  }

  private void judge(
      CompiledCluster cluster,
      OutlierDetection detection,
      EndpointState state,
      int status,
      long now) {
    if (status < 500) {
      state.consecutive5xx = 0;
      state.consecutiveGatewayErrors = 0;
      return;
    }
    state.consecutiveGatewayErrors =
        status >= 502 && status <= 504 ? state.consecutiveGatewayErrors + 1 : 0;
    state.consecutive5xx++;
    // who is ejected already keeps counting until it returns, as in Envoy
    if (state.consecutiveGatewayErrors == detection.consecutiveGatewayErrors()
        && state.consecutiveGatewayErrors > 0
        && !state.ejected) {
      state.consecutiveGatewayErrors = 0;
      eject(cluster, detection, state, detection.enforcing().gatewayErrors(), now);
    }
    if (state.consecutive5xx == detection.consecutive5xx() && !state.ejected) {
      state.consecutive5xx = 0;
      eject(cluster, detection, state, detection.enforcing().consecutive5xx(), now);
    }
  }

  /**
   * Takes an endpoint out, if there are not too many out already and the dice say so.
   *
   * @param enforced 0.0 to 1.0
   */
  void eject(
      CompiledCluster cluster,
      OutlierDetection detection,
      EndpointState state,
      double enforced,
      long now) {
    // Envoy decides on one thread: of two hosts that fail at once only one may be the last allowed
    synchronized (cluster.state()) {
      if (state.ejected || !isAllowed(cluster, detection) || !random.hits(enforced)) {
        return;
      }
      long jitter = detection.maxJitter().toMillis();
      state.jitterNanos = jitter == 0 ? 0 : random.below(jitter + 1) * 1_000_000;
      state.ejectedAtNanos = now;
      state.ejected = true;
      long base = detection.baseEjectionTime().toNanos();
      if (state.ejections * base < detection.maxEjectionTime().toNanos() + base) {
        state.ejections = state.ejections + 1;
      }
    }
    cluster.state().ejections.increment();
    cluster.state().healthChanged();
  }

  private static boolean isAllowed(CompiledCluster cluster, OutlierDetection detection) {
    int ejected = 0;
    for (Host host : cluster.hosts()) {
      ejected += host.state().ejected ? 1 : 0;
    }
    double percent = 100.0 * (ejected + 1) / cluster.hosts().size();
    return percent <= Math.round(detection.maxEjectionFraction() * 100)
        || (detection.alwaysEjectOne() && ejected == 0);
  }
}
