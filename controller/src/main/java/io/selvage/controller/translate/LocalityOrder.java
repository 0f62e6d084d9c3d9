package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import io.selvage.controller.resource.view.LoadBalancer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Istio's locality load balancing: priorities for failover, weights for distribution.
 *
 * <p>Failover is on only where outlier detection is, as nothing else takes endpoints out; without
 * either, endpoints of all localities are one group of priorities 0.
 */
final class LocalityOrder {
  private static final Comparator<Locality> BY_NAME =
      Comparator.comparing(Locality::region)
          .thenComparing(Locality::zone)
          .thenComparing(Locality::subzone);

  private static final int REGION_LEVELS = 3;

  private LocalityOrder() {}

  /** Endpoints of one locality at one priority. */
  record Group(Locality locality, int priority, int weight, List<MeshEndpoint> endpoints) {}

  static List<Group> of(Caller caller, Policy policy, List<MeshEndpoint> endpoints) {
    LoadBalancer balancer = policy.loadBalancer();
    LoadBalancer.ZoneAware zones = balancer == null ? null : balancer.zoneAwareLbSetting();
    if (zones != null && !Boolean.FALSE.equals(zones.enabled())) {
      return byZones(caller, zones, endpoints);
    }
    LoadBalancer.Locality setting = balancer == null ? null : balancer.localityLbSetting();
    boolean off = setting != null && Boolean.FALSE.equals(setting.enabled());
    boolean known = !caller.locality().equals(Locality.UNKNOWN);
    if (!off && setting != null && known) {
      List<Group> distributed = distributed(caller, setting, endpoints);
      if (distributed != null) {
        return distributed;
      }
    }
    boolean byLabels = setting != null && !setting.failoverPriority().isEmpty();
    boolean failover = !off && policy.outlierDetection() != null && (known || byLabels);
    Map<Integer, Map<Locality, List<MeshEndpoint>>> groups = new TreeMap<>();
    for (MeshEndpoint each : endpoints) {
      int priority = failover ? priority(caller, setting, each) : 0;
      groups
          .computeIfAbsent(priority, p -> new TreeMap<>(BY_NAME))
          .computeIfAbsent(each.locality(), l -> new ArrayList<>())
          .add(each);
    }
    return numbered(groups);
  }

  /** Zones of the own region are one priority, which the data plane divides; regions follow. */
  private static List<Group> byZones(
      Caller caller, LoadBalancer.ZoneAware zones, List<MeshEndpoint> endpoints) {
    Map<Integer, Map<Locality, List<MeshEndpoint>>> groups = new TreeMap<>();
    for (MeshEndpoint each : endpoints) {
      int region = region(caller.locality(), each.locality(), zones.failover());
      int labels =
          zones.failoverPriority().isEmpty() ? 0 : byLabels(caller, zones.failoverPriority(), each);
      groups
          .computeIfAbsent(labels * REGION_LEVELS + region, p -> new TreeMap<>(BY_NAME))
          .computeIfAbsent(each.locality(), l -> new ArrayList<>())
          .add(each);
    }
    return numbered(groups);
  }

  private static int region(Locality here, Locality there, List<LoadBalancer.Failover> failover) {
    if (here.region().isEmpty() || here.region().equals(there.region())) {
      return 0;
    }
    List<LoadBalancer.Failover> own =
        failover.stream().filter(f -> f.from().equals(here.region())).toList();
    boolean next = own.isEmpty() || own.stream().anyMatch(f -> f.to().equals(there.region()));
    return next ? 1 : 2;
  }

  // Envoy wants priorities without gaps
  private static List<Group> numbered(Map<Integer, Map<Locality, List<MeshEndpoint>>> groups) {
    List<Group> all = new ArrayList<>();
    int priority = 0;
    for (Map<Locality, List<MeshEndpoint>> level : groups.values()) {
      for (Map.Entry<Locality, List<MeshEndpoint>> entry : level.entrySet()) {
        int weight = entry.getValue().stream().mapToInt(MeshEndpoint::weight).sum();
        all.add(new Group(entry.getKey(), priority, weight, entry.getValue()));
      }
      priority++;
    }
    return all;
  }

  private static int priority(
      Caller caller, LoadBalancer.@Nullable Locality setting, MeshEndpoint endpoint) {
    if (setting != null && !setting.failoverPriority().isEmpty()) {
      return byLabels(caller, setting.failoverPriority(), endpoint);
    }
    Locality here = caller.locality();
    Locality there = endpoint.locality();
    if (!here.region().equals(there.region())) {
      boolean named = false;
      if (setting != null) {
        for (LoadBalancer.Failover each : setting.failover()) {
          if (each.from().equals(here.region())) {
            named = true;
            if (each.to().equals(there.region())) {
              return 3;
            }
          }
        }
      }
      return named ? 4 : 3;
    }
    if (!here.zone().equals(there.zone())) {
      return 2;
    }
    return here.subzone().equals(there.subzone()) ? 0 : 1;
  }

  // as many leading labels as agree: all is best
  private static int byLabels(Caller caller, List<String> labels, MeshEndpoint endpoint) {
    int agree = 0;
    for (String each : labels) {
      int equals = each.indexOf('=');
      String name = equals < 0 ? each : each.substring(0, equals);
      String wanted = equals < 0 ? label(name, caller) : each.substring(equals + 1);
      if (!wanted.equals(label(name, endpoint))) {
        break;
      }
      agree++;
    }
    return labels.size() - agree;
  }

  private static String label(String name, Caller caller) {
    return topology(name, caller.locality(), caller.labels());
  }

  private static String label(String name, MeshEndpoint endpoint) {
    return topology(name, endpoint.locality(), endpoint.labels());
  }

  private static String topology(String name, Locality locality, Map<String, String> labels) {
    return switch (name) {
      case "topology.kubernetes.io/region" -> locality.region();
      case "topology.kubernetes.io/zone" -> locality.zone();
      case "topology.istio.io/subzone" -> locality.subzone();
      default -> labels.getOrDefault(name, "");
    };
  }

  private static @Nullable List<Group> distributed(
      Caller caller, LoadBalancer.Locality setting, List<MeshEndpoint> endpoints) {
    for (LoadBalancer.Distribute each : setting.distribute()) {
      if (!covers(each.from(), caller.locality())) {
        continue;
      }
      List<Group> groups = new ArrayList<>();
      for (Map.Entry<String, Integer> to : each.to().entrySet()) {
        groups.addAll(share(to.getKey(), to.getValue(), each.to(), endpoints));
      }
      return groups;
    }
    return null;
  }

  // localities under one pattern share its percentage by the weight of their endpoints
  private static List<Group> share(
      String pattern, int percent, Map<String, Integer> all, List<MeshEndpoint> endpoints) {
    Map<Locality, List<MeshEndpoint>> members = new LinkedHashMap<>();
    int total = 0;
    for (MeshEndpoint each : endpoints) {
      if (covers(pattern, each.locality()) && bestPattern(all, each.locality()).equals(pattern)) {
        members.computeIfAbsent(each.locality(), l -> new ArrayList<>()).add(each);
        total += each.weight();
      }
    }
    List<Group> groups = new ArrayList<>();
    for (Map.Entry<Locality, List<MeshEndpoint>> entry : members.entrySet()) {
      int own = entry.getValue().stream().mapToInt(MeshEndpoint::weight).sum();
      int weight = Math.max(1, Math.round((float) percent * own / total));
      groups.add(new Group(entry.getKey(), 0, weight, entry.getValue()));
    }
    return groups;
  }

  private static String bestPattern(Map<String, Integer> patterns, Locality locality) {
    return patterns.keySet().stream()
        .filter(p -> covers(p, locality))
        .max(Comparator.comparingInt(String::length))
        .orElse("");
  }

  /** {@code region/zone/subzone}, parts may be missing or {@code *}. */
  private static boolean covers(String pattern, Locality locality) {
    String[] parts = pattern.split("/");
    String[] own = {locality.region(), locality.zone(), locality.subzone()};
    for (int i = 0; i < parts.length && i < own.length; i++) {
      if (!parts[i].equals("*") && !parts[i].equals(own[i])) {
        return false;
      }
    }
    return true;
  }
}
