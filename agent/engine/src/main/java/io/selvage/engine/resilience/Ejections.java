package io.selvage.engine.resilience;

import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.EndpointState;
import io.selvage.engine.snapshot.Host;

/**
 * The rules of outlier detection on the state of endpoints. Counters are changed under the
 * endpoint's lock, which is held for some additions only.
 */
final class Ejections {
  private Ejections() {}

  /** An answer of the upstream, as an HTTP status. */
  static void answered(
      CompiledCluster cluster, OutlierDetection detection, Host host, int status, long now) {
    EndpointState state = host.state();
    if (status < 500
        && state.consecutive5xx == 0
        && state.consecutiveGatewayErrors == 0
        && state.consecutiveLocalOrigin == 0) {
      return; // the common case takes no lock; a stale read costs one reset
    }
    synchronized (state) {
      state.consecutiveLocalOrigin = 0;
      judge(cluster, detection, state, status, now);
    }
  }

  /** No answer: counted apart if the detector is split, else as this status. */
  static void localOrigin(
      CompiledCluster cluster, OutlierDetection detection, Host host, int status, long now) {
    EndpointState state = host.state();
    synchronized (state) {
      if (!detection.splitLocalOrigin()) {
        judge(cluster, detection, state, status, now);
        return;
      }
      state.consecutiveLocalOrigin++;
      if (reached(state.consecutiveLocalOrigin, detection.consecutiveLocalOriginFailures())) {
        state.consecutiveLocalOrigin = 0;
        eject(cluster, detection, state, now);
      }
    }
  }

  private static void judge(
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
    if (reached(state.consecutiveGatewayErrors, detection.consecutiveGatewayErrors())) {
      state.consecutiveGatewayErrors = 0;
      eject(cluster, detection, state, now);
    }
    if (reached(state.consecutive5xx, detection.consecutive5xx())) {
      state.consecutive5xx = 0;
      eject(cluster, detection, state, now);
    }
  }

  private static boolean reached(int count, int limit) {
    return limit > 0 && count >= limit;
  }

  private static void eject(
      CompiledCluster cluster, OutlierDetection detection, EndpointState state, long now) {
    if (state.ejected) {
      return;
    }
    int ejected = 1;
    int all = 0;
    for (Host host : cluster.hosts()) {
      all++;
      ejected += host.state().ejected ? 1 : 0;
    }
    if (ejected > detection.maxEjectionFraction() * all + 1e-9) {
      return;
    }
    state.ejected = true;
    state.ejectedAtNanos = now;
    long base = detection.baseEjectionTime().toNanos();
    if (state.ejections * base < detection.maxEjectionTime().toNanos() + base) {
      state.ejections = state.ejections + 1;
    }
    cluster.state().ejections.increment();
    cluster.state().healthChanged();
  }

  /** Once an interval: returns endpoints whose time is over, and forgets old ejections. */
  static void sweep(CompiledCluster cluster, OutlierDetection detection, long now) {
    long due = cluster.state().nextSweepNanos.get();
    if (due != 0 && now < due) {
      return;
    }
    long interval = Math.max(1, detection.interval().toNanos());
    long next = due == 0 ? now + interval : due + ((now - due) / interval + 1) * interval;
    if (!cluster.state().nextSweepNanos.compareAndSet(due, next) || due == 0) {
      return;
    }
    boolean changed = false;
    for (Host host : cluster.hosts()) {
      changed |= swept(host.state(), detection, now);
    }
    if (changed) {
      cluster.state().healthChanged();
    }
  }

  private static boolean swept(EndpointState state, OutlierDetection detection, long now) {
    synchronized (state) {
      if (!state.ejected) {
        if (state.ejections > 0 && now - state.returnedAtNanos > detection.interval().toNanos()) {
          state.ejections = state.ejections - 1;
        }
        return false;
      }
      long time =
          Math.min(
              state.ejections * detection.baseEjectionTime().toNanos(),
              detection.maxEjectionTime().toNanos());
      if (now - state.ejectedAtNanos < time) {
        return false;
      }
      state.ejected = false;
      state.returnedAtNanos = now;
      state.consecutive5xx = 0;
      state.consecutiveGatewayErrors = 0;
      state.consecutiveLocalOrigin = 0;
      return true;
    }
  }
}
