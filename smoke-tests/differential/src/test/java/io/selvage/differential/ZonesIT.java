package io.selvage.differential;

import static io.selvage.differential.Configs.at;
import static io.selvage.differential.Configs.listener;
import static io.selvage.differential.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.v3.Percent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Zone-aware routing of a caller in zone z0: shares of endpoints in three zones, given how many
 * callers each zone has, each within five standard deviations.
 */
@ExtendWith(Differential.class)
class ZonesIT {
  private static final int[][] CALLERS = {{2, 2, 2}, {1, 3, 2}, {4, 1, 1}, {0, 3, 3}};
  private static final int POOL = 12;

  /** The caller's own service, which a bootstrap names and an agent knows. */
  private static Cluster local(int[] callers) {
    ClusterLoadAssignment.Builder all = ClusterLoadAssignment.newBuilder().setClusterName("local");
    int n = 1;
    for (int zone = 0; zone < callers.length; zone++) {
      LocalityLbEndpoints.Builder group =
          LocalityLbEndpoints.newBuilder()
              .setLocality(Locality.newBuilder().setRegion("r").setZone("z" + zone));
      for (int i = 0; i < callers[zone]; i++) {
        group.addLbEndpoints(Configs.endpoint("127.0.0." + n++ + ":1"));
      }
      if (callers[zone] > 0) {
        all.addEndpoints(group);
      }
    }
    Struct service =
        Struct.newBuilder()
            .putFields("name", text("differential"))
            .putFields("namespace", text("default"))
            .putFields("host", text("differential.default.svc.cluster.local"))
            .build();
    return Configs.cluster("local")
        .setLoadAssignment(all)
        .setMetadata(
            Metadata.newBuilder()
                .putFilterMetadata(
                    "istio",
                    Struct.newBuilder()
                        .putFields(
                            "services",
                            Value.newBuilder()
                                .setListValue(
                                    ListValue.newBuilder()
                                        .addValues(Value.newBuilder().setStructValue(service)))
                                .build())
                        .build()))
        .build();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  /** The same cluster in JSON, and where the caller is. */
  private static String bootstrap(String plain, int[] callers) {
    List<String> groups = new ArrayList<>();
    int n = 1;
    for (int zone = 0; zone < callers.length; zone++) {
      List<String> hosts = new ArrayList<>();
      for (int i = 0; i < callers[zone]; i++) {
        hosts.add(
            "{\"endpoint\": {\"address\": {\"socket_address\": {\"address\": \"127.0.0."
                + n++
                + "\", \"port_value\": 1}}}}");
      }
      if (!hosts.isEmpty()) {
        groups.add(
            "{\"locality\": {\"region\": \"r\", \"zone\": \"z%d\"}, \"lb_endpoints\": [%s]}"
                .formatted(zone, String.join(", ", hosts)));
      }
    }
    String cluster =
        """
        {"name": "local", "type": "STATIC", "connect_timeout": "1s",
         "load_assignment": {"cluster_name": "local", "endpoints": [%s]}},
        """
            .formatted(String.join(", ", groups));
    return plain
        .replace(
            "\"cluster\": \"differential\"}",
            "\"cluster\": \"differential\", \"locality\": {\"region\": \"r\", \"zone\": \"z0\"}},"
                + " \"cluster_manager\": {\"local_cluster_name\": \"local\"}")
        .replace("\"clusters\": [", "\"clusters\": [" + cluster);
  }

  private record Case(Cluster cluster, HostSet hosts) {}

  @Test
  void sharesOfZones() throws Exception {
    int tables = Differential.count(40, 6);
    int requests = Differential.count(1_000, 250);
    for (int round = 0; round < CALLERS.length; round++) {
      int[] callers = CALLERS[round];
      long seed = 77L + round;
      try (RealEnvoy envoy = RealEnvoy.start(plain -> bootstrap(plain, callers));
          var scenario = Differential.scenario("zones", seed)) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> pool = new ArrayList<>();
        for (int i = 0; i < POOL; i++) {
          pool.add(envoy.upstream().open(envoy.address(10 + i)));
        }
        List<Case> cases = new ArrayList<>();
        Route.Builder[] routes = new Route.Builder[tables];
        for (int i = 0; i < tables; i++) {
          cases.add(some("set" + i, pool, random));
          routes[i] =
              Route.newBuilder()
                  .setMatch(RouteMatch.newBuilder().setPrefix("/set" + i + "/"))
                  .setRoute(to("set" + i));
        }
        compare(envoy, scenario, cases, routes, callers, requests);
      }
    }
  }

  private static void compare(
      RealEnvoy envoy,
      Differential.Scenario scenario,
      List<Case> cases,
      Route.Builder[] routes,
      int[] callers,
      int requests) {
    String address = envoy.address(0);
    var listeners = List.of(listener(envoy, address, Configs.routes(routes)));
    List<Cluster> clusters = new ArrayList<>(cases.stream().map(Case::cluster).toList());
    var endpoints = cases.stream().map(c -> c.hosts.build()).toList();
    assertThat(envoy.publish(new Resources(listeners, List.of(), clusters, endpoints))).isEmpty();
    clusters.add(local(callers));
    EngineSide engine = new EngineSide(1, new io.selvage.engine.model.Locality("r", "z0", ""));
    assertThat(engine.publish(new Resources(listeners, List.of(), clusters, endpoints))).isEmpty();
    for (int i = 0; i < cases.size(); i++) {
      List<Call> calls = new ArrayList<>();
      for (int n = 0; n < requests; n++) {
        calls.add(Call.get(at(address), "a.example", "/set" + i + "/"));
      }
      Map<String, Integer> envoys = new TreeMap<>();
      Map<String, Integer> engines = new TreeMap<>();
      Map<String, Decision> decided = envoy.decide(calls);
      for (Call call : calls) {
        envoys.merge(SpilloverIT.where(decided.get(call.id())), 1, Integer::sum);
        engines.merge(SpilloverIT.where(engine.decide(call)), 1, Integer::sum);
      }
      envoy.forget();
      scenario.judge(
          List.of(callers[0], callers[1], callers[2])
              + " callers, "
              + cases.get(i).hosts
              + "\n"
              + cases.get(i).cluster,
          "shares of " + requests,
          SpilloverIT.differences(envoys, engines, requests));
    }
  }

  private static Case some(String name, List<String> pool, SplittableRandom random) {
    HostSet hosts = new HostSet(name);
    List<String> free = new ArrayList<>(pool);
    for (int zone = 0; zone < 3; zone++) {
      int n = random.nextInt(5);
      if (n > 0) {
        hosts.group("z" + zone, 0, 0);
      }
      for (; n > 0; n--) {
        hosts.host(
            free.remove(0),
            1,
            random.nextInt(5) == 0 ? HealthStatus.UNHEALTHY : HealthStatus.HEALTHY);
      }
    }
    Cluster.CommonLbConfig.ZoneAwareLbConfig.Builder zones =
        Cluster.CommonLbConfig.ZoneAwareLbConfig.newBuilder();
    if (random.nextInt(2) == 0) {
      zones.setMinClusterSize(UInt64Value.of(1 + random.nextInt(6)));
    }
    if (random.nextInt(4) == 0) {
      zones.setRoutingEnabled(Percent.newBuilder().setValue(50));
    }
    return new Case(
        HostSet.cluster(name)
            .setLbPolicy(
                random.nextBoolean()
                    ? Cluster.LbPolicy.ROUND_ROBIN
                    : Cluster.LbPolicy.LEAST_REQUEST)
            .setCommonLbConfig(Cluster.CommonLbConfig.newBuilder().setZoneAwareLbConfig(zones))
            .build(),
        hosts);
  }
}
