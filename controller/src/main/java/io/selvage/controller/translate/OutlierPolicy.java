package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.type.v3.Percent;
import io.selvage.controller.resource.view.TrafficPolicy;

/** {@code outlierDetection} as Istio hands it to Envoy: only what was asked for is enforced. */
final class OutlierPolicy {
  private OutlierPolicy() {}

  static void apply(Cluster.Builder cluster, Policy policy) {
    TrafficPolicy.OutlierDetection asked = policy.outlierDetection();
    if (asked == null) {
      return;
    }
    OutlierDetection.Builder out =
        OutlierDetection.newBuilder()
            // Istio: success rate is never a reason
            .setEnforcingSuccessRate(Protos.number(0))
            .setSplitExternalLocalOriginErrors(asked.splitExternalLocalOriginErrors());
    Integer consecutive = asked.consecutive5xxErrors();
    if (consecutive != null) {
      out.setConsecutive5Xx(Protos.number(consecutive));
      out.setEnforcingConsecutive5Xx(Protos.number(consecutive > 0 ? 100 : 0));
    }
    Integer gateway = asked.consecutiveGatewayErrors();
    if (gateway != null) {
      out.setConsecutiveGatewayFailure(Protos.number(gateway));
      out.setEnforcingConsecutiveGatewayFailure(Protos.number(gateway > 0 ? 100 : 0));
    }
    Integer local = asked.consecutiveLocalOriginFailures();
    // Istio: without the split they count among the others
    if (local != null && asked.splitExternalLocalOriginErrors()) {
      out.setConsecutiveLocalOriginFailure(Protos.number(local));
      out.setEnforcingConsecutiveLocalOriginFailure(Protos.number(local > 0 ? 100 : 0));
      out.setEnforcingLocalOriginSuccessRate(Protos.number(0));
    }
    if (asked.interval() != null) {
      out.setInterval(Protos.duration(asked.interval()));
    }
    if (asked.baseEjectionTime() != null) {
      out.setBaseEjectionTime(Protos.duration(asked.baseEjectionTime()));
    }
    if (asked.maxEjectionPercent() != null && asked.maxEjectionPercent() > 0) {
      out.setMaxEjectionPercent(Protos.number(asked.maxEjectionPercent()));
    }
    cluster.setOutlierDetection(out);
    Integer panic = asked.minHealthPercent();
    cluster
        .getCommonLbConfigBuilder()
        .setHealthyPanicThreshold(Percent.newBuilder().setValue(panic == null ? 0 : panic));
  }
}
