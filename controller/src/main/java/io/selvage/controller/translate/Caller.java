package io.selvage.controller.translate;

import io.selvage.controller.registry.Locality;
import io.selvage.controller.registry.WorkloadNode;
import java.util.Map;

/**
 * What of a data plane decides its view of others: equal callers share one view.
 *
 * @param labels only those that some rule looks at
 * @param sds whether secrets come over Istio's local SDS rather than by name
 * @param bind where outbound listeners bind without interception
 * @param sidecar path of the Sidecar that holds for it; empty for none
 * @param agent whether it is an agent rather than an Envoy or a gRPC library
 */
record Caller(
    String namespace,
    Map<String, String> labels,
    Locality locality,
    boolean proxyless,
    boolean intercepting,
    boolean sds,
    String bind,
    String sidecar,
    boolean agent) {

  static Caller of(WorkloadNode node, MeshView view) {
    boolean byName = node.isAgent() || !node.intercepting();
    return new Caller(
        node.namespace(),
        view.relevantLabels(node),
        node.locality(),
        node.proxyless(),
        node.intercepting() || node.isAgent(),
        !byName,
        node.bind(),
        view.sidecarOf(node),
        node.isAgent());
  }
}
