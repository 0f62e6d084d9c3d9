package io.selvage.engine.snapshot;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.RoutingPriority;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A cluster of one snapshot with its hosts and the state that outlives the snapshot. */
public final class CompiledCluster {
  /** Hosts of one locality within a priority. */
  public record LocalityHosts(Locality locality, int weight, List<Host> hosts) {}

  /**
   * Hosts of one priority; 0 is used first.
   *
   * @param localities in their natural order, each once
   * @param hosts all of them, in the order of their arrival
   */
  public record PriorityHosts(int priority, List<LocalityHosts> localities, List<Host> hosts) {}

  private final Cluster cluster;
  private final ClusterState state;
  private final List<PriorityHosts> priorities;
  private final List<Host> hosts;
  private final Endpoints.Policy policy;
  private final Picker picker;
  private final ConnectionLimits highLimits;
  private final @Nullable ErrorTest errorTest;
  private @Nullable CompiledCluster local;
  private @Nullable ConcurrencyLimiter concurrency;
  private Map<String, CompiledCluster> lanes = Map.of();
  private CompiledCluster whole = this;

  CompiledCluster(
      Cluster cluster,
      ClusterState state,
      List<PriorityHosts> priorities,
      Endpoints.Policy policy,
      Picker.Factory pickers) {
    this.cluster = cluster;
    this.state = state;
    this.priorities = List.copyOf(priorities);
    this.hosts = priorities.stream().flatMap(p -> p.hosts().stream()).toList();
    this.policy = policy;
    this.errorTest =
        cluster.outlierDetection() == null || cluster.outlierDetection().errors() == null
            ? null
            : ErrorTest.of(cluster.outlierDetection().errors());
    this.picker = pickers.of(this);
    this.highLimits =
        cluster.connections().with(cluster.circuitBreakers().of(RoutingPriority.HIGH));
  }

  public Cluster cluster() {
    return cluster;
  }

  public ClusterState state() {
    return state;
  }

  /** In order of priority. */
  public List<PriorityHosts> priorities() {
    return priorities;
  }

  /** All hosts, best priority first. */
  public List<Host> hosts() {
    return hosts;
  }

  /** What came with the endpoints, or stands for it. */
  public Endpoints.Policy policy() {
    return policy;
  }

  /** Which answers speak against an endpoint; null = those of 500 and above. */
  public @Nullable ErrorTest errorTest() {
    return errorTest;
  }

  /** How many requests may be under way to it, by their latency; null = all. */
  public @Nullable ConcurrencyLimiter concurrency() {
    return whole.concurrency;
  }

  /** Before the cluster is published. */
  void concurrency(@Nullable ConcurrencyLimiter limiter) {
    concurrency = limiter;
  }

  /** The cluster that the caller belongs to; null when zones do not count or it is not known. */
  public @Nullable CompiledCluster local() {
    return local;
  }

  /** Before the cluster is published. */
  void local(@Nullable CompiledCluster callers) {
    local = callers;
  }

  /** Before the cluster is published: its endpoints by lane; the base lane is the empty name. */
  void lanes(Map<String, CompiledCluster> byName) {
    lanes = Map.copyOf(byName);
    lanes.values().forEach(lane -> lane.whole = this);
  }

  /** The cluster with the endpoints of all lanes: health is seen to as one. */
  public CompiledCluster whole() {
    return whole;
  }

  /**
   * The endpoints that requests of a lane use: the lane's own while one of them is healthy, else
   * those of the base lane; the cluster itself where no endpoint is in a lane.
   *
   * @param name null = the base lane
   */
  public CompiledCluster inLane(@Nullable String name) {
    if (lanes.isEmpty()) {
      return this;
    }
    CompiledCluster own = name == null ? null : lanes.get(name);
    if (own != null && own.isUsable()) {
      return own;
    }
    return lanes.getOrDefault("", this);
  }

  void eachLane(Consumer<CompiledCluster> task) {
    lanes.values().forEach(task);
  }

  private boolean isUsable() {
    for (int i = 0; i < hosts.size(); i++) {
      if (hosts.get(i).isHealthy()) {
        return true;
      }
    }
    return false;
  }

  public Picker picker() {
    return picker;
  }

  /** What connections for requests of a priority must keep to. */
  public ConnectionLimits limits(RoutingPriority priority) {
    return priority == RoutingPriority.DEFAULT ? cluster.connections() : highLimits;
  }

  /** Whether requests go where the library would send them (Envoy {@code ORIGINAL_DST}). */
  public boolean isPassthrough() {
    return cluster.discovery() == Cluster.Discovery.ORIGINAL_DST;
  }

  /** The host of an address with port, of any priority and health; null when there is none. */
  public @Nullable Host host(String authority) {
    for (Host host : hosts) {
      if (host.authority().equals(authority)) {
        return host;
      }
    }
    return null;
  }

  /** The host that an attempt was given; null when it has none of this cluster. */
  public static @Nullable Host leased(@Nullable Object lease) {
    return lease instanceof Host host ? host : null;
  }
}
