package io.selvage.telemetry;

import io.selvage.engine.observing.AccessRecord;
import java.time.Instant;

/**
 * One access-log line as JSON, with Istio's field names
 * (https://istio.io/latest/docs/tasks/observability/logs/access-log/) and what only an in-process
 * data plane knows.
 */
final class AccessLine {
  private AccessLine() {}

  static String of(AccessRecord r) {
    Json json =
        new Json()
            .put("start_time", Instant.ofEpochSecond(0, r.startEpochNanos()).toString())
            .put("direction", r.inbound() ? "inbound" : "outbound")
            .put("method", r.method())
            .put("path", r.path())
            .put("protocol", r.protocol().name())
            .put("authority", r.authority())
            .put("response_code", r.responseCode());
    if (r.grpcStatus() >= 0) {
      json.put("grpc_status", r.grpcStatus());
    }
    json.put("response_flags", r.responseFlags())
        .put("response_code_details", r.responseDetail())
        .put("bytes_received", Math.max(0, r.requestBytes()))
        .put("bytes_sent", Math.max(0, r.responseBytes()))
        .put("duration", r.durationNanos() / 1_000_000)
        .put("duration_us", r.durationNanos() / 1_000)
        .put("x_forwarded_for", r.forwardedFor())
        .put("user_agent", r.userAgent())
        .put("request_id", r.requestId())
        .put("upstream_host", r.upstreamAddress())
        .put("upstream_cluster", r.upstreamCluster())
        .put("downstream_remote_address", r.downstreamAddress())
        .put("local_port", r.localPort())
        .put("requested_server_name", r.requestedServerName())
        .put("route_name", r.routeName())
        .put("peer", r.peerPrincipal())
        .put("local", r.localPrincipal())
        .put("mtls", r.mutualTls())
        .put("attempts", r.attempts())
        .put("policy", r.policy())
        .put("dry_run", r.dryRun())
        .put("audit", r.audited())
        .put("trace_id", r.traceId())
        .put("lane", r.lane());
    return json.end();
  }
}
