package io.selvage.engine.observing;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Node;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Builds the labels of Istio's standard metrics
 * (https://istio.io/latest/docs/reference/config/metrics/); once per series.
 */
public final class IstioLabels {
  private static final String UNKNOWN = "unknown";

  private final Node node;
  private final String self;

  public IstioLabels(Node node) {
    this.node = node;
    this.self = spiffeId(node);
  }

  /** The SPIFFE id of a node. */
  public static String spiffeId(Node node) {
    return "spiffe://"
        + node.trustDomain()
        + "/ns/"
        + node.namespace()
        + "/sa/"
        + node.serviceAccount();
  }

  /** Labels of requests that this workload makes. */
  Map<String, String> outbound(
      Protocol protocol,
      String host,
      @Nullable Cluster cluster,
      @Nullable Endpoint endpoint,
      Conclusion how,
      boolean mutual,
      @Nullable Attempt attempt) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("reporter", "source");
    selfAs("source", labels, mutual);
    Endpoint.Workload workload = endpoint == null ? Endpoint.Workload.UNKNOWN : endpoint.workload();
    Cluster.Service service = cluster == null ? null : cluster.service();
    labels.put("destination_workload", known(workload.name()));
    labels.put(
        "destination_workload_namespace",
        known(
            workload.namespace().isEmpty() && service != null
                ? service.namespace()
                : workload.namespace()));
    labels.put(
        "destination_principal", mutual ? known(AccessLogLayer.principal(null, attempt)) : UNKNOWN);
    labels.put("destination_app", known(workload.service()));
    labels.put("destination_version", known(workload.version()));
    labels.put("destination_service", service == null ? known(host) : service.host());
    labels.put("destination_canonical_service", known(workload.service()));
    labels.put("destination_canonical_revision", revision(workload.version()));
    labels.put(
        "destination_service_name",
        service != null ? service.name() : cluster == null ? known(host) : cluster.name());
    labels.put("destination_service_namespace", service == null ? UNKNOWN : service.namespace());
    labels.put("destination_cluster", known(workload.cluster()));
    ending(labels, protocol, how);
    // the source cannot know what the destination enforced; Istio says unknown
    labels.put("connection_security_policy", UNKNOWN);
    return labels;
  }

  /** Labels of requests that this workload serves. */
  Map<String, String> inbound(
      Protocol protocol,
      @Nullable Peer peer,
      Endpoint.@Nullable Workload source,
      Conclusion how,
      boolean mutual) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("reporter", "destination");
    String principal = peer == null ? null : peer.principal();
    Endpoint.Workload from = source == null ? Endpoint.Workload.UNKNOWN : source;
    labels.put("source_workload", known(from.name()));
    labels.put(
        "source_workload_namespace",
        from.namespace().isEmpty() ? part(principal, "/ns/") : from.namespace());
    labels.put("source_principal", principal == null ? UNKNOWN : principal);
    labels.put("source_app", known(from.service()));
    labels.put("source_version", known(from.version()));
    labels.put("source_canonical_service", known(from.service()));
    labels.put("source_canonical_revision", revision(from.version()));
    labels.put("source_cluster", known(from.cluster()));
    selfAs("destination", labels, mutual);
    labels.put(
        "destination_service", node.service() + "." + node.namespace() + ".svc.cluster.local");
    labels.put("destination_service_name", known(node.service()));
    labels.put("destination_service_namespace", known(node.namespace()));
    ending(labels, protocol, how);
    labels.put("connection_security_policy", mutual ? "mutual_tls" : "none");
    return labels;
  }

  private void selfAs(String side, Map<String, String> labels, boolean mutual) {
    labels.put(side + "_workload", known(node.workload()));
    labels.put(side + "_workload_namespace", known(node.namespace()));
    labels.put(side + "_principal", mutual ? self : UNKNOWN);
    labels.put(side + "_app", known(node.labels().getOrDefault("app", node.service())));
    labels.put(side + "_version", known(node.version()));
    labels.put(side + "_canonical_service", known(node.service()));
    labels.put(side + "_canonical_revision", revision(node.version()));
    labels.put(side + "_cluster", known(node.clusterId()));
  }

  private static void ending(Map<String, String> labels, Protocol protocol, Conclusion how) {
    labels.put(
        "request_protocol",
        switch (protocol) {
          case HTTP1, HTTP2 -> "http";
          case GRPC -> "grpc";
          case TCP -> "tcp";
        });
    if (protocol != Protocol.TCP) {
      labels.put("response_code", Integer.toString(how.responseCode()));
      labels.put(
          "grpc_response_status", how.grpcStatus() < 0 ? "" : Integer.toString(how.grpcStatus()));
    }
    labels.put("response_flags", how.flags());
  }

  private static String part(@Nullable String principal, String marker) {
    int at = principal == null ? -1 : principal.indexOf(marker);
    if (principal == null || at < 0) {
      return UNKNOWN;
    }
    int from = at + marker.length();
    int end = principal.indexOf('/', from);
    return principal.substring(from, end < 0 ? principal.length() : end);
  }

  private static String known(String value) {
    return value.isEmpty() ? UNKNOWN : value;
  }

  private static String revision(String version) {
    return version.isEmpty() ? "latest" : version;
  }
}
