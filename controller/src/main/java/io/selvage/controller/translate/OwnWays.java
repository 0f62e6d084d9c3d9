package io.selvage.controller.translate;

import io.selvage.controller.registry.WorkloadNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What only one data plane gets: its inbound listeners and clusters. Immutable; kept from one
 * generation to the next while neither the node nor any policy changed.
 *
 * @param policies fingerprint of all security resources and settings
 */
record OwnWays(
    WorkloadNode node,
    List<String> policies,
    ResourceSet clusters,
    ResourceSet listeners,
    Problems problems,
    ResourceSet belowClusters,
    ResourceSet allClusters,
    ResourceSet belowListeners,
    ResourceSet allListeners) {

  /** From {@code before} as far as that still holds. */
  static OwnWays of(
      MeshView view,
      WorkloadNode node,
      @Nullable OwnWays before,
      ResourceSet belowClusters,
      ResourceSet belowListeners) {
    OwnWays base =
        before != null
                && before.node().equals(node)
                && before.policies().equals(view.policyFingerprint())
            ? before
            : built(view, node);
    boolean sameClusters = base.belowClusters() == belowClusters;
    boolean sameListeners = base.belowListeners() == belowListeners;
    if (sameClusters && sameListeners) {
      return base;
    }
    return new OwnWays(
        node,
        base.policies(),
        base.clusters(),
        base.listeners(),
        base.problems(),
        belowClusters,
        sameClusters ? base.allClusters() : base.clusters().over(belowClusters),
        belowListeners,
        sameListeners ? base.allListeners() : base.listeners().over(belowListeners));
  }

  private static OwnWays built(MeshView view, WorkloadNode node) {
    Problems problems = new Problems();
    ResourceSet clusters = ResourceSet.EMPTY;
    ResourceSet listeners = ResourceSet.EMPTY;
    if (!node.proxyless()) {
      InboundListeners inbound = new InboundListeners(view, node, problems);
      List<XdsResource> in = new ArrayList<>();
      inbound.clusters().forEach(c -> in.add(XdsResource.of(c.getName(), c)));
      List<XdsResource> ways = new ArrayList<>();
      inbound.listeners().forEach(l -> ways.add(XdsResource.of(l.getName(), l)));
      clusters = ResourceSet.of(in);
      listeners = ResourceSet.of(ways);
    }
    return new OwnWays(
        node,
        view.policyFingerprint(),
        clusters,
        listeners,
        problems,
        ResourceSet.EMPTY,
        clusters,
        ResourceSet.EMPTY,
        listeners);
  }
}
