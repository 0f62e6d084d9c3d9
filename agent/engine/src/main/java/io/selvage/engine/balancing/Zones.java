package io.selvage.engine.balancing;

import io.selvage.engine.flow.Randomness;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Locality;
import io.selvage.engine.snapshot.CompiledCluster;
import io.selvage.engine.snapshot.Host;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * As many requests as the caller's own zone can bear stay in it; what is left goes to zones that
 * have more endpoints than callers. Source: Envoy {@code
 * ZoneAwareLoadBalancerBase::regenerateLocalityRoutingStructures}.
 */
final class Zones implements Algorithm {
  private static final int WHOLE = 10_000;

  private final Algorithm all;
  private final Algorithm[] zones;
  private final double enabled;
  private final long ownShare;
  private final long[] residualUpTo;

  private Zones(
      Algorithm all, Algorithm[] zones, double enabled, long ownShare, long[] residualUpTo) {
    this.all = all;
    this.zones = zones;
    this.enabled = enabled;
    this.ownShare = ownShare;
    this.residualUpTo = residualUpTo;
  }

  /** The algorithm over all hosts itself where zones do not count. */
  static Algorithm of(
      CompiledCluster cluster,
      CompiledCluster local,
      Cluster.ZoneAware config,
      Algorithm all,
      boolean degraded,
      Makings makings) {
    List<CompiledCluster.LocalityHosts> upstream = zonesOf(cluster, makings.own());
    List<CompiledCluster.LocalityHosts> callers = zonesOf(local, makings.own());
    boolean ownIsUpstream = startsWith(upstream, makings.own());
    if (!counts(upstream, callers, config, makings.own())) {
      return all;
    }
    if (inPanic(local)) {
      return config.failOnPanic() ? NONE : all;
    }
    Algorithm[] zones = new Algorithm[upstream.size()];
    for (int i = 0; i < zones.length; i++) {
      zones[i] = makings.algorithm(cluster, HostSets.usable(upstream.get(i).hosts(), degraded));
    }
    long[][] shares = shares(upstream, callers);
    long[] theirs = shares[0];
    long[] ours = shares[1];
    if (ownIsUpstream && ((theirs[0] > 0 && theirs[0] >= ours[0]) || config.forceDirect())) {
      return new Zones(all, zones, config.enabled(), WHOLE, new long[zones.length]);
    }
    long own = ownIsUpstream && ours[0] > 0 ? theirs[0] * WHOLE / ours[0] : 0;
    long[] residual = new long[zones.length];
    long sum = 0;
    for (int i = 0; i < zones.length; i++) {
      if (i > 0 || !ownIsUpstream) {
        sum += Math.max(0, theirs[i] - ours[i]);
      }
      residual[i] = sum;
    }
    return new Zones(all, zones, config.enabled(), own, residual);
  }

  private static boolean counts(
      List<CompiledCluster.LocalityHosts> upstream,
      List<CompiledCluster.LocalityHosts> callers,
      Cluster.ZoneAware config,
      Locality own) {
    long healthy = 0;
    for (CompiledCluster.LocalityHosts zone : upstream) {
      healthy += HostSets.usable(zone.hosts(), false).size();
    }
    return upstream.size() >= 2
        && (callers.size() >= 2 || config.forceDirect())
        && startsWith(callers, own)
        && !callers.get(0).hosts().isEmpty()
        && healthy >= config.minimumSize();
  }

  /** The caller's own zone first. */
  static List<CompiledCluster.LocalityHosts> ordered(
      List<CompiledCluster.LocalityHosts> localities, Locality own) {
    List<CompiledCluster.LocalityHosts> zones = new ArrayList<>();
    for (CompiledCluster.LocalityHosts zone : localities) {
      zones.add(zone.locality().equals(own) ? 0 : zones.size(), zone);
    }
    return zones;
  }

  private static List<CompiledCluster.LocalityHosts> zonesOf(
      CompiledCluster cluster, Locality own) {
    return cluster.priorities().isEmpty()
        ? List.of()
        : ordered(cluster.priorities().get(0).localities(), own);
  }

  private static boolean startsWith(List<CompiledCluster.LocalityHosts> zones, Locality own) {
    return !zones.isEmpty() && zones.get(0).locality().equals(own);
  }

  private static boolean inPanic(CompiledCluster local) {
    List<Host> hosts = local.priorities().get(0).hosts();
    long usable = hosts.stream().filter(h -> h.isHealthy() || h.isDegraded()).count();
    long counted = hosts.stream().filter(h -> !h.isDraining()).count();
    double share = counted == 0 ? 0 : (double) usable / counted;
    return share < local.cluster().locality().panicThreshold();
  }

  /** Of the healthy endpoints and of the healthy callers, in each zone of the endpoints. */
  private static long[][] shares(
      List<CompiledCluster.LocalityHosts> upstream, List<CompiledCluster.LocalityHosts> callers) {
    Map<Locality, Integer> counts = new HashMap<>();
    long allCallers = 0;
    for (CompiledCluster.LocalityHosts zone : callers) {
      int healthy = HostSets.usable(zone.hosts(), false).size();
      counts.put(zone.locality(), healthy);
      allCallers += healthy;
    }
    long allEndpoints = 0;
    for (CompiledCluster.LocalityHosts zone : upstream) {
      allEndpoints += HostSets.usable(zone.hosts(), false).size();
    }
    long[][] shares = new long[2][upstream.size()];
    for (int i = 0; i < upstream.size(); i++) {
      int healthy = HostSets.usable(upstream.get(i).hosts(), false).size();
      if (healthy > 0) {
        int same = counts.getOrDefault(upstream.get(i).locality(), 0);
        shares[0][i] = (long) WHOLE * healthy / allEndpoints;
        shares[1][i] = allCallers == 0 ? 0 : (long) WHOLE * same / allCallers;
      }
    }
    return shares;
  }

  @Override
  public @Nullable Host pick(long hash, int round, Randomness random) {
    if (!random.hits(enabled)) {
      return all.pick(hash, round, random);
    }
    if (ownShare >= WHOLE || random.below(WHOLE) < ownShare) {
      return zones[0].pick(hash, round, random);
    }
    long residual = residualUpTo[residualUpTo.length - 1];
    if (residual == 0) {
      return zones[random.below(zones.length)].pick(hash, round, random);
    }
    long at = random.below(residual);
    int zone = 0;
    while (at >= residualUpTo[zone]) {
      zone++;
    }
    return zones[zone].pick(hash, round, random);
  }
}
