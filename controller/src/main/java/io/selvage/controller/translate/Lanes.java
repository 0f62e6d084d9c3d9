package io.selvage.controller.translate;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.TrafficLane;
import java.util.List;

/** Which endpoints are in which traffic lane, and which workloads put requests into one. */
final class Lanes {
  private final List<TrafficLane> lanes;

  /** Oldest first. */
  Lanes(List<TrafficLane> lanes) {
    this.lanes = lanes;
  }

  /** The lane of an endpoint; the oldest that selects it; empty = the base lane. */
  String of(MeshEndpoint endpoint) {
    String[] workload = endpoint.workload().split(";", -1);
    String namespace = workload.length > 1 ? workload[1] : "";
    for (TrafficLane lane : lanes) {
      if (lane.source().namespace().equals(namespace)
          && ServiceIndex.matches(lane.selector(), endpoint.labels())) {
        return lane.lane();
      }
    }
    return "";
  }

  List<Resource> sources() {
    return lanes.stream().map(TrafficLane::source).toList();
  }

  /** Rules of a workload, in order of age; empty = none. */
  ListValue entries(WorkloadNode node) {
    ListValue.Builder rules = ListValue.newBuilder();
    for (TrafficLane lane : lanes) {
      for (TrafficLane.Entry entry : lane.entries()) {
        if (lane.source().namespace().equals(node.namespace())
            && ServiceIndex.matches(entry.selector(), node.labels())) {
          Struct.Builder rule = OwnKinds.value(entry.json()).getStructValue().toBuilder();
          rule.removeFields("selector").putFields("lane", Protos.text(lane.lane()));
          rules.addValues(Value.newBuilder().setStructValue(rule));
        }
      }
    }
    return rules.build();
  }

  /** Notes lanes that no workload serves: their requests go to the base lane. */
  void check(MeshView view) {
    for (TrafficLane lane : lanes) {
      boolean served =
          view.services().stream()
              .flatMap(s -> s.endpoints().values().stream())
              .flatMap(List::stream)
              .anyMatch(e -> of(e).equals(lane.lane()));
      if (!served) {
        view.problems()
            .add(
                lane.source(),
                "spec.selector",
                Problems.Reason.UNRESOLVED,
                "no endpoint is in the lane; its requests go to the base lane");
      }
    }
  }
}
