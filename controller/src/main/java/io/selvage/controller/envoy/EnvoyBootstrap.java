package io.selvage.controller.envoy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The bootstrap document of an Envoy that takes its configuration from the controller over mutual
 * TLS.
 */
final class EnvoyBootstrap {
  private EnvoyBootstrap() {}

  static Map<String, Object> of(EnvoySidecar.Workload w, Path folder, String trustDomain) {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("node", node(w));
    all.put("dynamic_resources", dynamic());
    all.put(
        "static_resources",
        Map.of(
            "clusters", List.of(controller(w, folder, trustDomain)), "secrets", secrets(folder)));
    if (w.adminPort() > 0) {
      all.put("admin", Map.of("address", socket("127.0.0.1", w.adminPort())));
    }
    return all;
  }

  private static Map<String, Object> node(EnvoySidecar.Workload w) {
    Map<String, Object> labels = new LinkedHashMap<>(Map.of("app", w.service()));
    if (!w.version().isEmpty()) {
      labels.put("version", w.version());
    }
    List<Map<String, Object>> ports =
        w.ports().stream()
            .map(
                p ->
                    Map.<String, Object>of(
                        "number",
                        p.number(),
                        "target",
                        p.target(),
                        "app",
                        p.app(),
                        "protocol",
                        p.protocol()))
            .toList();
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("NAMESPACE", w.namespace());
    metadata.put("SERVICE_ACCOUNT", w.serviceAccount());
    metadata.put("WORKLOAD_NAME", w.service());
    metadata.put("LABELS", labels);
    metadata.put("INSTANCE_IPS", List.of(w.address()));
    metadata.put("INTERCEPTION_MODE", "NONE");
    metadata.put(
        "SELVAGE",
        Map.of(
            "service",
            w.service(),
            "ports",
            ports,
            "bind",
            w.bind(),
            "instance",
            w.service() + "-" + w.ports().get(0).target()));
    Map<String, Object> node = new LinkedHashMap<>();
    node.put(
        "id",
        "sidecar~"
            + w.address()
            + "~"
            + w.service()
            + "-"
            + w.ports().get(0).target()
            + "."
            + w.namespace()
            + "~"
            + w.namespace()
            + ".svc.cluster.local");
    node.put("cluster", w.service() + "." + w.namespace());
    node.put("metadata", metadata);
    return node;
  }

  private static Map<String, Object> dynamic() {
    Map<String, Object> overAds = Map.of("ads", Map.of(), "resource_api_version", "V3");
    Map<String, Object> ads = new LinkedHashMap<>();
    ads.put("api_type", "DELTA_GRPC");
    ads.put("transport_api_version", "V3");
    ads.put("set_node_on_first_message_only", true);
    ads.put(
        "grpc_services",
        List.of(Map.of("envoy_grpc", Map.of("cluster_name", "selvage-controller"))));
    return Map.of("ads_config", ads, "lds_config", overAds, "cds_config", overAds);
  }

  private static Map<String, Object> controller(
      EnvoySidecar.Workload w, Path folder, String trustDomain) {
    int colon = w.controller().lastIndexOf(':');
    Map<String, Object> common =
        Map.of(
            "alpn_protocols", List.of("h2"),
            "tls_params",
                Map.of(
                    "tls_minimum_protocol_version",
                    "TLSv1_2",
                    "tls_maximum_protocol_version",
                    "TLSv1_3"),
            "tls_certificates", List.of(certificate(folder)),
            "validation_context",
                Map.of(
                    "trusted_ca", Map.of("filename", folder.resolve("roots.pem").toString()),
                    "match_typed_subject_alt_names",
                        List.of(
                            Map.of(
                                "san_type",
                                "URI",
                                "matcher",
                                Map.of(
                                    "exact",
                                    "spiffe://"
                                        + trustDomain
                                        + "/ns/selvage-system/sa/controller")))));
    Map<String, Object> cluster = new LinkedHashMap<>();
    cluster.put("name", "selvage-controller");
    cluster.put("type", "STRICT_DNS");
    cluster.put("connect_timeout", "5s");
    cluster.put(
        "typed_extension_protocol_options",
        Map.of(
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            Map.of(
                "@type",
                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config",
                Map.of(
                    "http2_protocol_options",
                    Map.of("connection_keepalive", Map.of("interval", "10s", "timeout", "5s"))))));
    cluster.put(
        "load_assignment",
        Map.of(
            "cluster_name",
            "selvage-controller",
            "endpoints",
            List.of(
                Map.of(
                    "lb_endpoints",
                    List.of(
                        Map.of(
                            "endpoint",
                            Map.of(
                                "address",
                                socket(
                                    w.controller().substring(0, colon),
                                    Integer.parseInt(w.controller().substring(colon + 1))))))))));
    cluster.put(
        "transport_socket",
        Map.of(
            "name",
            "envoy.transport_sockets.tls",
            "typed_config",
            Map.of(
                "@type",
                "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                "common_tls_context",
                common)));
    return cluster;
  }

  private static List<Map<String, Object>> secrets(Path folder) {
    return List.of(
        Map.of("name", "default", "tls_certificate", certificate(folder)),
        Map.of(
            "name",
            "ROOTCA",
            "validation_context",
            Map.of("trusted_ca", Map.of("filename", folder.resolve("roots.pem").toString()))));
  }

  private static Map<String, Object> certificate(Path folder) {
    return Map.of(
        "certificate_chain", Map.of("filename", folder.resolve("chain.pem").toString()),
        "private_key", Map.of("filename", folder.resolve("key.pem").toString()));
  }

  private static Map<String, Object> socket(String host, int port) {
    return Map.of("socket_address", Map.of("address", host, "port_value", port));
  }
}
