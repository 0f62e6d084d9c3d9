package io.selvage.engine.snapshot;

import io.selvage.engine.model.AdaptiveConcurrency;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.Resilience;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Compiles clusters and ties them to the states that outlive a snapshot. */
final class ClusterCompiler {
  private final StateTable states;
  private final Picker.Factory pickers;

  ClusterCompiler(StateTable states, Picker.Factory pickers) {
    this.states = states;
    this.pickers = pickers;
  }

  /**
   * @param self whose own cluster tells how many callers each zone has
   * @param names addresses of names
   */
  Map<String, CompiledCluster> compile(MeshConfig config, Node self, HostNames names) {
    Map<String, CompiledCluster> compiled = new HashMap<>();
    for (Cluster cluster : config.clusters().values()) {
      compiled.put(cluster.name(), cluster(cluster, assignment(cluster, config), names));
    }
    states.retain(compiled.keySet());
    CompiledCluster own = own(compiled, self);
    for (CompiledCluster cluster : compiled.values()) {
      cluster.local(cluster.cluster().locality().zones() == null ? null : own);
      cluster.eachLane(lane -> lane.local(cluster.local()));
      if (cluster.state().wasUsed()) {
        cluster.picker().prepare();
      }
    }
    return compiled;
  }

  /** The cluster of the caller's own service; of several ports the first by name. */
  private static @Nullable CompiledCluster own(Map<String, CompiledCluster> all, Node self) {
    CompiledCluster own = null;
    for (CompiledCluster each : all.values()) {
      Cluster.Service service = each.cluster().service();
      if (service != null
          && service.subset().isEmpty()
          && service.name().equals(self.service())
          && service.namespace().equals(self.namespace())
          && (own == null || each.cluster().name().compareTo(own.cluster().name()) < 0)) {
        own = each;
      }
    }
    return own;
  }

  private static @Nullable Endpoints assignment(Cluster cluster, MeshConfig config) {
    if (cluster.discovery() != Cluster.Discovery.EDS) {
      return cluster.endpoints();
    }
    String name = cluster.edsName().isEmpty() ? cluster.name() : cluster.edsName();
    Endpoints found = config.endpoints().get(name);
    return found == null ? cluster.endpoints() : found;
  }

  private CompiledCluster cluster(
      Cluster cluster, @Nullable Endpoints assignment, HostNames names) {
    ClusterState state = states.cluster(cluster.name());
    Set<String> addresses = new HashSet<>();
    Map<Integer, Priority> byPriority = new TreeMap<>();
    for (Endpoints.Group group :
        assignment == null ? List.<Endpoints.Group>of() : assignment.groups()) {
      Priority priority = byPriority.computeIfAbsent(group.priority(), p -> new Priority());
      List<Host> hosts = priority.locality(group);
      for (Endpoint endpoint : endpoints(cluster, group, names)) {
        String address = endpoint.address() + ":" + endpoint.port();
        if (addresses.add(address)) {
          Host host =
              new Host(
                  endpoint.announced(cluster.proxyProtocol()),
                  state.endpoint(address),
                  group.priority());
          host.state().seen(endpoint.health() == Endpoint.Health.HEALTHY, states.now());
          hosts.add(host);
          priority.hosts.add(host);
        }
      }
    }
    state.retain(addresses);
    if (!breaksEndpoints(cluster)) {
      state.forgetBreakers();
    }
    state.detect(cluster.outlierDetection(), states.now());
    Function<Predicate<Host>, CompiledCluster> with =
        wanted -> {
          List<CompiledCluster.PriorityHosts> priorities = new ArrayList<>();
          byPriority.forEach(
              (number, priority) -> priorities.add(priority.compiled(number, wanted)));
          return new CompiledCluster(
              cluster, state, priorities, policy(cluster, assignment), pickers);
        };
    CompiledCluster all = with.apply(host -> true);
    all.lanes(lanes(all.hosts(), with));
    all.concurrency(concurrency(cluster, state));
    return all;
  }

  /** Its state goes on unless its configuration is another now. */
  private @Nullable ConcurrencyLimiter concurrency(Cluster cluster, ClusterState state) {
    Resilience own = cluster.resilience();
    AdaptiveConcurrency config = own == null ? null : own.concurrency();
    if (config == null) {
      return null;
    }
    ConcurrencyLimiter kept = state.kept(ConcurrencyLimiter.class);
    return kept != null && kept.config().equals(config)
        ? kept
        : state.keep(ConcurrencyLimiter.class, kept, new ConcurrencyLimiter(config, states.now()));
  }

  /** Where all endpoints are in lanes, the base lane is all of them. */
  private static Map<String, CompiledCluster> lanes(
      List<Host> hosts, Function<Predicate<Host>, CompiledCluster> with) {
    Set<String> names = new HashSet<>();
    hosts.forEach(host -> names.add(lane(host)));
    Map<String, CompiledCluster> lanes = new HashMap<>();
    if (names.size() > 1 || !names.contains("")) {
      names.forEach(name -> lanes.put(name, with.apply(host -> lane(host).equals(name))));
    }
    return hosts.isEmpty() ? Map.of() : lanes;
  }

  private static String lane(Host host) {
    return host.endpoint().metadata().getOrDefault(Endpoint.LANE, "");
  }

  private static List<Endpoint> endpoints(Cluster cluster, Endpoints.Group group, HostNames names) {
    return cluster.discovery() != Cluster.Discovery.STRICT_DNS
        ? group.endpoints()
        : group.endpoints().stream().flatMap(e -> names.endpoints(cluster, e).stream()).toList();
  }

  private static Endpoints.Policy policy(Cluster cluster, @Nullable Endpoints assignment) {
    if (assignment != null && assignment.policy() != null) {
      return assignment.policy();
    }
    int factor = (int) Math.round(cluster.locality().overprovisioningFactor() * 100);
    return new Endpoints.Policy(factor, false, 0);
  }

  /** The hosts of one priority on their way into a snapshot. */
  private static final class Priority {
    private static final Comparator<Locality> ORDER =
        Comparator.comparing(Locality::region)
            .thenComparing(Locality::zone)
            .thenComparing(Locality::subZone);

    private final List<Host> hosts = new ArrayList<>();
    private final Map<Locality, List<Host>> localities = new TreeMap<>(ORDER);
    private final Map<Locality, Integer> weights = new HashMap<>();

    List<Host> locality(Endpoints.Group group) {
      weights.put(group.locality(), group.weight());
      return localities.computeIfAbsent(group.locality(), l -> new ArrayList<>());
    }

    CompiledCluster.PriorityHosts compiled(int number, Predicate<Host> wanted) {
      List<CompiledCluster.LocalityHosts> all = new ArrayList<>();
      localities.forEach(
          (locality, some) ->
              all.add(
                  new CompiledCluster.LocalityHosts(
                      locality,
                      weights.getOrDefault(locality, 0),
                      some.stream().filter(wanted).toList())));
      return new CompiledCluster.PriorityHosts(
          number, List.copyOf(all), hosts.stream().filter(wanted).toList());
    }
  }

  private static boolean breaksEndpoints(Cluster cluster) {
    Resilience policy = cluster.resilience();
    return policy != null && policy.breaker() != null && policy.breaker().perEndpoint();
  }
}
