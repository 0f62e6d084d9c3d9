package io.selvage.control;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.selvage.engine.model.Locality;
import java.util.Map;

/**
 * Who asks: what the first message of a stream says.
 *
 * @param id {@code sidecar~IP~workload.ns~ns.svc.cluster.local}
 * @param metadata Istio's keys and {@code SELVAGE}; strings, numbers, booleans, lists and maps
 */
public record ControlNode(
    String id, String cluster, Locality locality, Map<String, Object> metadata) {
  public ControlNode {
    metadata = Map.copyOf(metadata);
  }

  Node proto() {
    return Node.newBuilder()
        .setId(id)
        .setCluster(cluster)
        .setUserAgentName("selvage-agent")
        .setLocality(
            io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
                .setRegion(locality.region())
                .setZone(locality.zone())
                .setSubZone(locality.subZone()))
        .setMetadata(Structs.struct(metadata))
        .build();
  }

  /** A node that carries one more entry, for reports and answers. */
  Node with(String key, Map<String, ?> value) {
    return Node.newBuilder()
        .setId(id)
        .setCluster(cluster)
        .setMetadata(Struct.newBuilder().putFields(key, Structs.value(value)))
        .build();
  }
}
