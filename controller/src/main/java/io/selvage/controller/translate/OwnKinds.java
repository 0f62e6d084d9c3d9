package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.TargetRef;
import io.selvage.controller.resource.view.TrafficLane;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What kinds of {@code selvage.io} say of services and workloads, as it travels: {@code
 * filter_metadata["selvage"]}. Of policies of one target the oldest wins, section by section.
 */
final class OwnKinds {
  /** Key in the metadata of a resource. */
  static final String KEY = "selvage";

  private final List<ResiliencePolicy> resilience;
  private final Targets targets;
  private final Lanes lanes;

  /** All lists oldest first. */
  OwnKinds(List<ResiliencePolicy> resilience, List<TrafficLane> lanes, List<ServiceEntry> entries) {
    this.resilience = resilience;
    this.lanes = new Lanes(lanes);
    this.targets = new Targets(entries);
  }

  Lanes lanes() {
    return lanes;
  }

  /** For the way in of one workload; null = nothing. */
  @Nullable Struct workload(WorkloadNode node) {
    Map<String, ResiliencePolicy> sections = new LinkedHashMap<>();
    for (ResiliencePolicy policy : resilience) {
      if (policy.selector() != null
          && policy.source().namespace().equals(node.namespace())
          && ServiceIndex.matches(policy.selector(), node.labels())) {
        policy.workload().keySet().forEach(name -> sections.putIfAbsent(name, policy));
      }
    }
    ListValue rules = lanes.entries(node);
    if (sections.isEmpty() && rules.getValuesCount() == 0) {
      return null;
    }
    Struct.Builder struct = Struct.newBuilder();
    TreeSet<String> names = new TreeSet<>();
    sections.forEach(
        (name, policy) -> {
          names.add(policy.source().namespace() + "/" + policy.source().name());
          JsonNode section = policy.workload().get(name);
          if (section != null) {
            struct.putFields(name, value(section));
          }
        });
    struct.putFields("policy", Protos.text(String.join(",", names)));
    if (rules.getValuesCount() > 0) {
      struct.putFields("lanes", Value.newBuilder().setListValue(rules).build());
    }
    return Struct.newBuilder()
        .putFields("workload", Value.newBuilder().setStructValue(struct).build())
        .build();
  }

  /** What decides about the ways in of workloads. */
  List<String> fingerprint() {
    List<String> all = new ArrayList<>();
    resilience.forEach(p -> all.add(p.source().toString()));
    lanes.sources().forEach(s -> all.add(s.toString()));
    return all;
  }

  /** For the clusters of one port of a service; null = nothing. */
  @Nullable Struct destination(MeshService service, MeshPort port) {
    Map<String, ResiliencePolicy> sections = new LinkedHashMap<>();
    for (ResiliencePolicy policy : resilience) {
      if (policy.targets().stream()
          .anyMatch(t -> targets.select(policy.source(), t, service, port))) {
        policy.destination().keySet().forEach(name -> sections.putIfAbsent(name, policy));
      }
    }
    if (sections.isEmpty()) {
      return null;
    }
    Struct.Builder struct = Struct.newBuilder();
    TreeSet<String> names = new TreeSet<>();
    sections.forEach(
        (name, policy) -> {
          names.add(policy.source().namespace() + "/" + policy.source().name());
          JsonNode section = Objects.requireNonNull(policy.destination().get(name));
          struct.putFields(name, value(section));
        });
    struct.putFields("policy", Protos.text(String.join(",", names)));
    return Struct.newBuilder()
        .putFields("resilience", Value.newBuilder().setStructValue(struct).build())
        .build();
  }

  /** Notes targets that are not there and sections that an older policy has. */
  void check(MeshView view) {
    lanes.check(view);
    Map<String, ResiliencePolicy> first = new LinkedHashMap<>();
    for (ResiliencePolicy policy : resilience) {
      for (int i = 0; i < policy.targets().size(); i++) {
        TargetRef target = policy.targets().get(i);
        List<String> found = new ArrayList<>();
        for (MeshService service : view.services()) {
          for (MeshPort port : service.ports()) {
            if (targets.select(policy.source(), target, service, port)) {
              found.add(service.host() + ":" + port.number());
            }
          }
        }
        if (found.isEmpty()) {
          Targets.missing(view, policy.source(), "spec.targetRefs[" + i + "]", target);
        }
        for (String where : found) {
          policy.destination().keySet().forEach(s -> claim(first, view, policy, s, where));
        }
      }
    }
  }

  private static void claim(
      Map<String, ResiliencePolicy> first,
      MeshView view,
      ResiliencePolicy policy,
      String section,
      String where) {
    ResiliencePolicy older = first.putIfAbsent(section + " of " + where, policy);
    if (older != null && older != policy) {
      view.problems()
          .add(
              policy.source(),
              "spec." + section,
              Problems.Reason.CONFLICT,
              where
                  + " keeps to the older ResiliencePolicy "
                  + older.source().namespace()
                  + "/"
                  + older.source().name());
    }
  }

  /** Marks a route whose retry policy nobody wrote. */
  static Route.Builder defaulted(Route.Builder route) {
    Struct own =
        Struct.newBuilder()
            .putFields("retryDefaulted", Value.newBuilder().setBoolValue(true).build())
            .build();
    route.getMetadataBuilder().putFilterMetadata(KEY, own);
    return route;
  }

  static Value value(JsonNode json) {
    Value.Builder value = Value.newBuilder();
    switch (json.getNodeType()) {
      case BOOLEAN -> value.setBoolValue(json.booleanValue());
      case NUMBER -> value.setNumberValue(json.doubleValue());
      case OBJECT -> {
        Struct.Builder struct = Struct.newBuilder();
        json.properties().forEach(e -> struct.putFields(e.getKey(), value(e.getValue())));
        value.setStructValue(struct);
      }
      case ARRAY -> {
        ListValue.Builder list = ListValue.newBuilder();
        json.forEach(each -> list.addValues(value(each)));
        value.setListValue(list);
      }
      case NULL, MISSING -> value.setNullValue(NullValue.NULL_VALUE);
      default -> value.setStringValue(json.asText());
    }
    return value.build();
  }
}
