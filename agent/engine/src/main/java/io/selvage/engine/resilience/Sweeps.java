package io.selvage.engine.resilience;

import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.snapshot.ClusterState;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.EndpointState;
import io.selvage.engine.snapshot.Host;
import io.selvage.engine.snapshot.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What is done once an interval: endpoints whose time is over return, rates are compared, old
 * ejections are forgotten. Source: Envoy {@code DetectorImpl::onIntervalTimer}.
 *
 * <p>There is no timer: sweeps that were due are made up for by the next attempt, each as at its
 * own time.
 */
final class Sweeps {
  /** More than these are not made up for one by one. */
  private static final long MOST = 512;

  private record Rate(EndpointState state, double percent) {}

  private final Ejections ejections;

  Sweeps(Ejections ejections) {
    this.ejections = ejections;
  }

  /** Makes up for what is due. */
  void run(CompiledCluster cluster, OutlierDetection detection, long now) {
    ClusterState state = cluster.state();
    long due = state.nextSweepNanos.get();
    if (due == 0 || now - due < 0 || !state.sweeping.compareAndSet(false, true)) {
      return;
    }
    try {
      due = state.nextSweepNanos.get();
      long interval = Math.max(1, detection.interval().toNanos());
      while (due != 0 && now - due >= 0) {
        sweep(cluster, detection, due);
        due += interval;
        if ((now - due) / interval > MOST) {
          long missed = (now - due) / interval;
          due += missed * interval;
          forget(cluster, missed);
        }
      }
      state.nextSweepNanos.set(due);
    } finally {
      state.sweeping.set(false);
    }
  }

  private void sweep(CompiledCluster cluster, OutlierDetection detection, long now) {
    boolean changed = false;
    for (Host host : cluster.hosts()) {
      changed |= returned(host.state(), detection, now);
      host.state().answers.roll();
      host.state().reached.roll();
    }
    if (changed) {
      cluster.state().healthChanged();
    }
    OutlierDetection.Enforcing enforcing = detection.enforcing();
    compare(
        cluster,
        detection,
        state -> state.answers,
        enforcing.successRate(),
        enforcing.failurePercentage(),
        now);
    compare(
        cluster,
        detection,
        state -> state.reached,
        enforcing.localOriginSuccessRate(),
        enforcing.localOriginFailurePercentage(),
        now);
    for (Host host : cluster.hosts()) {
      EndpointState state = host.state();
      if (!state.ejected
          && state.ejections > 0
          && state.everReturned
          && now - state.returnedAtNanos >= detection.interval().toNanos()) {
        synchronized (state) {
          state.ejections = Math.max(0, state.ejections - 1);
        }
      }
    }
  }

  /** After a long peace. */
  private static void forget(CompiledCluster cluster, long sweeps) {
    for (Host host : cluster.hosts()) {
      EndpointState state = host.state();
      synchronized (state) {
        if (!state.ejected) {
          state.ejections = (int) Math.max(0, state.ejections - sweeps);
        }
      }
    }
  }

  private static boolean returned(EndpointState state, OutlierDetection detection, long now) {
    if (!state.ejected) {
      return false;
    }
    synchronized (state) {
      long time =
          Math.min(
              state.ejections * detection.baseEjectionTime().toNanos(),
              detection.maxEjectionTime().toNanos());
      if (now - state.ejectedAtNanos < time + state.jitterNanos) {
        return false;
      }
      state.ejected = false;
      state.everReturned = true;
      state.returnedAtNanos = now;
      state.consecutive5xx = 0;
      state.consecutiveGatewayErrors = 0;
      state.consecutiveLocalOrigin = 0;
      return true;
    }
  }

  private void compare(
      CompiledCluster cluster,
      OutlierDetection detection,
      Function<EndpointState, Results> results,
      double byRate,
      double byPercentage,
      long now) {
    OutlierDetection.SuccessRate rate = detection.successRate();
    OutlierDetection.FailurePercentage percentage = detection.failurePercentage();
    List<Rate> forRate = new ArrayList<>();
    List<Rate> forPercentage = new ArrayList<>();
    for (Host host : cluster.hosts()) {
      Results found = results.apply(host.state());
      int requests = found.requests();
      if (host.state().ejected || requests == 0) {
        continue;
      }
      Rate one = new Rate(host.state(), found.successes() * 100.0 / requests);
      if (requests >= rate.requestVolume()) {
        forRate.add(one);
      }
      if (requests >= percentage.requestVolume()) {
        forPercentage.add(one);
      }
    }
    if (!forRate.isEmpty() && forRate.size() >= rate.minimumHosts()) {
      double least = least(forRate, rate.deviations());
      for (Rate one : forRate) {
        if (one.percent < least) {
          eject(cluster, detection, one, byRate, now);
        }
      }
    }
    if (!forPercentage.isEmpty() && forPercentage.size() >= percentage.minimumHosts()) {
      for (Rate one : forPercentage) {
        if (100.0 - one.percent >= percentage.threshold()) {
          eject(cluster, detection, one, byPercentage, now);
        }
      }
    }
  }

  private void eject(
      CompiledCluster cluster, OutlierDetection detection, Rate one, double enforced, long now) {
    synchronized (one.state) {
      ejections.eject(cluster, detection, one.state, enforced, now);
    }
  }

  /** The mean less so many standard deviations. */
  private static double least(List<Rate> rates, double deviations) {
    double sum = 0;
    for (Rate one : rates) {
      sum += one.percent;
    }
    double mean = sum / rates.size();
    double variance = 0;
    for (Rate one : rates) {
      variance += (one.percent - mean) * (one.percent - mean);
    }
    return mean - deviations * Math.sqrt(variance / rates.size());
  }
}
