package io.selvage.engine.snapshot;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Resilience;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Compiles clusters and ties them to the states that outlive a snapshot. */
final class ClusterCompiler {
  private final StateTable states;
  private final Picker.Factory pickers;

  ClusterCompiler(StateTable states, Picker.Factory pickers) {
    this.states = states;
    this.pickers = pickers;
  }

  Map<String, CompiledCluster> compile(MeshConfig config) {
    Map<String, CompiledCluster> compiled = new HashMap<>();
    for (Cluster cluster : config.clusters().values()) {
      compiled.put(cluster.name(), cluster(cluster, groups(cluster, config)));
    }
    states.retain(compiled.keySet());
    return compiled;
  }

  private static List<Endpoints.Group> groups(Cluster cluster, MeshConfig config) {
    if (cluster.discovery() != Cluster.Discovery.EDS) {
      return cluster.staticGroups();
    }
    String name = cluster.edsName().isEmpty() ? cluster.name() : cluster.edsName();
    Endpoints found = config.endpoints().get(name);
    return found == null ? cluster.staticGroups() : found.groups();
  }

  private CompiledCluster cluster(Cluster cluster, List<Endpoints.Group> groups) {
    ClusterState state = states.cluster(cluster.name());
    Set<String> addresses = new HashSet<>();
    Map<Integer, List<CompiledCluster.LocalityHosts>> byPriority = new TreeMap<>();
    for (Endpoints.Group group : groups) {
      List<Host> hosts = new ArrayList<>();
      for (Endpoint endpoint : group.endpoints()) {
        String address = endpoint.address() + ":" + endpoint.port();
        if (addresses.add(address)) {
          hosts.add(new Host(endpoint, state.endpoint(address), group.priority()));
        }
      }
      byPriority
          .computeIfAbsent(group.priority(), p -> new ArrayList<>())
          .add(
              new CompiledCluster.LocalityHosts(
                  group.locality(), group.weight(), List.copyOf(hosts)));
    }
    state.retain(addresses);
    if (cluster.outlierDetection() == null) {
      state.returnAll();
    }
    if (!breaksEndpoints(cluster)) {
      state.forgetBreakers();
    }
    List<CompiledCluster.PriorityHosts> priorities = new ArrayList<>();
    byPriority.forEach(
        (priority, localities) ->
            priorities.add(new CompiledCluster.PriorityHosts(priority, List.copyOf(localities))));
    return new CompiledCluster(cluster, state, priorities, pickers);
  }

  private static boolean breaksEndpoints(Cluster cluster) {
    Resilience policy = cluster.resilience();
    return policy != null && policy.breaker() != null && policy.breaker().perEndpoint();
  }
}
