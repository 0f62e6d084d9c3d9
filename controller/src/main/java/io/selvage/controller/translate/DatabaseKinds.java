package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.DatabasePolicy;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.TargetRef;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What DatabasePolicies say to a workload as a caller, as it travels on {@code virtualOutbound}: in
 * order, the first that fits a place wins. Policies of services come before those of addresses,
 * older before younger.
 */
final class DatabaseKinds {
  private final List<DatabasePolicy> policies;
  private final Targets targets;

  /** Both lists oldest first. */
  DatabaseKinds(List<DatabasePolicy> policies, List<ServiceEntry> entries) {
    this.policies = policies;
    this.targets = new Targets(entries);
  }

  /** Labels of callers that any policy looks at. */
  Set<String> labels() {
    Set<String> labels = new LinkedHashSet<>();
    policies.forEach(p -> labels.addAll(p.selector().keySet()));
    return labels;
  }

  /**
   * For the listener of a caller; null = nothing.
   *
   * @param services that the caller sees
   */
  @Nullable Struct caller(MeshView view, Caller caller, Collection<MeshService> services) {
    ListValue.Builder list = ListValue.newBuilder();
    for (DatabasePolicy policy : policies) {
      if (ServiceIndex.matches(policy.selector(), caller.labels())) {
        services(services, caller, policy, list);
      }
    }
    for (DatabasePolicy policy : policies) {
      if (ServiceIndex.matches(policy.selector(), caller.labels())
          && holdsIn(view, policy.source(), caller.namespace())) {
        addresses(policy, list);
      }
    }
    return list.getValuesCount() == 0
        ? null
        : Struct.newBuilder()
            .putFields("databases", Value.newBuilder().setListValue(list).build())
            .build();
  }

  private static boolean holdsIn(MeshView view, Resource policy, String namespace) {
    return policy.namespace().equals(namespace)
        || policy.namespace().equals(view.settings().rootNamespace());
  }

  private void services(
      Collection<MeshService> services,
      Caller caller,
      DatabasePolicy policy,
      ListValue.Builder list) {
    for (MeshService service : services) {
      for (MeshPort port : service.ports()) {
        if (selected(policy, service, port)) {
          Set<String> hosts = new LinkedHashSet<>(service.namesFor(caller.namespace()));
          if (!service.vip().isEmpty()) {
            hosts.add(service.vip());
          }
          list.addValues(entry(policy, hosts, port.number()));
        }
      }
    }
  }

  private static void addresses(DatabasePolicy policy, ListValue.Builder list) {
    Map<Integer, Set<String>> byPort = new LinkedHashMap<>();
    policy
        .addresses()
        .forEach(a -> byPort.computeIfAbsent(a.port(), p -> new LinkedHashSet<>()).add(a.host()));
    byPort.forEach((port, hosts) -> list.addValues(entry(policy, hosts, port)));
  }

  private static Value entry(DatabasePolicy policy, Set<String> hosts, int port) {
    ListValue.Builder names = ListValue.newBuilder();
    hosts.forEach(host -> names.addValues(Protos.text(host)));
    Struct.Builder one =
        Struct.newBuilder()
            .putFields("policy", Protos.text(name(policy)))
            .putFields("hosts", Value.newBuilder().setListValue(names).build())
            .putFields("port", Value.newBuilder().setNumberValue(port).build());
    policy.sections().forEach((name, section) -> one.putFields(name, OwnKinds.value(section)));
    for (String name : List.of("databases", "callers")) {
      JsonNode section = policy.source().spec().get(name);
      if (section != null && section.isArray() && !section.isEmpty()) {
        one.putFields(name, OwnKinds.value(section));
      }
    }
    return Value.newBuilder().setStructValue(one).build();
  }

  private static String name(DatabasePolicy policy) {
    return policy.source().namespace() + "/" + policy.source().name();
  }

  /**
   * Notes targets that are not there, ports that are no database's, and policies without effect.
   */
  void check(MeshView view) {
    Map<String, DatabasePolicy> first = new LinkedHashMap<>();
    for (DatabasePolicy policy : policies) {
      for (int i = 0; i < policy.targets().size(); i++) {
        target(view, policy, i, first);
      }
    }
    for (DatabasePolicy policy : policies) {
      for (int i = 0; i < policy.addresses().size(); i++) {
        DatabasePolicy.Place at = policy.addresses().get(i);
        claim(view, policy, "spec.addresses[" + i + "]", at.host() + ":" + at.port(), first);
      }
      places(view, policy);
    }
  }

  private void target(
      MeshView view, DatabasePolicy policy, int index, Map<String, DatabasePolicy> first) {
    TargetRef target = policy.targets().get(index);
    String field = "spec.targetRefs[" + index + "]";
    boolean found = false;
    for (MeshService service : view.services()) {
      for (MeshPort port : service.ports()) {
        if (!targets.select(policy.source(), target, service, port)) {
          continue;
        }
        found = true;
        String where = service.host() + ":" + port.number();
        if (port.protocol().isHttp()) {
          view.problems()
              .unsupported(
                  policy.source(), field, where + " speaks HTTP; a database's port is TCP");
        }
        claim(view, policy, field, where, first);
      }
    }
    if (!found) {
      Targets.missing(view, policy.source(), field, target);
    }
  }

  private static void claim(
      MeshView view,
      DatabasePolicy policy,
      String field,
      String where,
      Map<String, DatabasePolicy> first) {
    String key =
        where + "|" + policy.selector() + "|" + new java.util.TreeSet<>(policy.databases());
    DatabasePolicy older = first.putIfAbsent(key, policy);
    if (older != null && older != policy) {
      view.problems()
          .add(
              policy.source(),
              field,
              Problems.Reason.CONFLICT,
              where + " keeps to the older DatabasePolicy " + name(older));
    }
  }

  /** A short name can only be a service's; a service must have the port. */
  private static void places(MeshView view, DatabasePolicy policy) {
    policy
        .places()
        .forEach(
            (field, place) -> {
              String host =
                  Hosts.resolve(place.host(), policy.source().namespace(), view.settings());
              MeshService service = view.service(host);
              if (service != null && service.port(place.port()) == null) {
                view.problems()
                    .add(
                        policy.source(),
                        field + ".port",
                        Problems.Reason.UNRESOLVED,
                        host + " has no port " + place.port());
              }
            });
  }

  private boolean selected(DatabasePolicy policy, MeshService service, MeshPort port) {
    for (TargetRef target : policy.targets()) {
      if (targets.select(policy.source(), target, service, port) && !port.protocol().isHttp()) {
        return true;
      }
    }
    return false;
  }
}
