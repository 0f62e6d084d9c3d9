package io.selvage.controller.registry;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a data plane says about itself in the first message of its stream (contract, section 3).
 *
 * @param service the service it is an instance of; empty where it registers nothing
 * @param instance unique for each process start
 * @param bind address for outbound listeners of an Envoy without interception
 */
public record WorkloadNode(
    String id,
    String address,
    String workload,
    String namespace,
    String serviceAccount,
    Map<String, String> labels,
    String clusterId,
    boolean proxyless,
    boolean intercepting,
    String service,
    String instance,
    List<ServicePort> ports,
    Locality locality,
    String agentVersion,
    String jvm,
    String bind) {

  /** Copies the collections. */
  public WorkloadNode {
    labels = Map.copyOf(labels);
    ports = List.copyOf(ports);
  }

  /** Whether it is one of our agents rather than a proxy or a gRPC library. */
  public boolean isAgent() {
    return !agentVersion.isEmpty();
  }

  /** {@code version} of its labels, or empty. */
  public String version() {
    return labels.getOrDefault("version", "");
  }

  /**
   * Reads a node.
   *
   * @param provenNamespace namespace of the client certificate
   * @param provenAccount service account of the client certificate
   * @throws IllegalArgumentException where the id has not Istio's four parts
   */
  public static WorkloadNode parse(Node node, String provenNamespace, String provenAccount) {
    String[] parts = node.getId().split("~", -1);
    if (parts.length != 4 || parts[2].lastIndexOf('.') <= 0) {
      throw new IllegalArgumentException(
          "node id '" + node.getId() + "' is not of the form TYPE~IP~NAME.NAMESPACE~DOMAIN");
    }
    int dot = parts[2].lastIndexOf('.');
    Struct metadata = node.getMetadata();
    Struct own = struct(metadata, "SELVAGE");
    List<String> ips = strings(metadata, "INSTANCE_IPS");
    String locality = text(own, "locality");
    return new WorkloadNode(
        node.getId(),
        ips.isEmpty() ? parts[1] : ips.get(0),
        or(text(metadata, "WORKLOAD_NAME"), parts[2].substring(0, dot)),
        claimed(provenNamespace, text(metadata, "NAMESPACE"), parts[2].substring(dot + 1)),
        or(text(metadata, "SERVICE_ACCOUNT"), provenAccount),
        labels(metadata),
        or(text(metadata, "CLUSTER_ID"), "Kubernetes"),
        text(metadata, "GENERATOR").equals("grpc"),
        !text(metadata, "INTERCEPTION_MODE").equals("NONE"),
        text(own, "service"),
        or(text(own, "instance"), node.getId()),
        ports(own),
        locality.isEmpty()
            ? new Locality(
                node.getLocality().getRegion(),
                node.getLocality().getZone(),
                node.getLocality().getSubZone())
            : Locality.parse(locality),
        text(own, "agent"),
        text(own, "jvm"),
        or(text(own, "bind"), "127.0.0.1"));
  }

  // every namespace that the node names must be the proven one; the first that differs is returned
  private static String claimed(String proven, String metadata, String id) {
    return metadata.isEmpty() || metadata.equals(proven) ? id : metadata;
  }

  private static Map<String, String> labels(Struct metadata) {
    Map<String, String> labels = new LinkedHashMap<>();
    struct(metadata, "LABELS")
        .getFieldsMap()
        .forEach(
            (k, v) -> {
              if (v.getKindCase() == Value.KindCase.STRING_VALUE) {
                labels.put(k, v.getStringValue());
              }
            });
    return labels;
  }

  private static List<ServicePort> ports(Struct own) {
    List<ServicePort> ports = new ArrayList<>();
    for (Value value :
        own.getFieldsOrDefault("ports", Value.getDefaultInstance())
            .getListValue()
            .getValuesList()) {
      Struct port = value.getStructValue();
      int number = number(port, "number");
      int target = number(port, "target") == 0 ? number : number(port, "target");
      int app = number(port, "app") == 0 ? target : number(port, "app");
      if (inRange(number) && inRange(target) && inRange(app)) {
        ports.add(new ServicePort(number, target, or(text(port, "protocol"), "http"), app));
      }
    }
    return ports;
  }

  private static boolean inRange(int port) {
    return port > 0 && port <= 65535;
  }

  static int number(Struct struct, String key) {
    Value value = struct.getFieldsOrDefault(key, Value.getDefaultInstance());
    return (int) value.getNumberValue();
  }

  static String text(Struct struct, String key) {
    return struct.getFieldsOrDefault(key, Value.getDefaultInstance()).getStringValue();
  }

  static Struct struct(Struct struct, String key) {
    return struct.getFieldsOrDefault(key, Value.getDefaultInstance()).getStructValue();
  }

  private static List<String> strings(Struct struct, String key) {
    List<String> list = new ArrayList<>();
    Value value = struct.getFieldsOrDefault(key, Value.getDefaultInstance());
    value.getListValue().getValuesList().forEach(v -> list.add(v.getStringValue()));
    // Istio's own agents send one comma-separated string
    if (list.isEmpty() && !value.getStringValue().isEmpty()) {
      list.addAll(List.of(value.getStringValue().split(",")));
    }
    return list;
  }

  private static String or(String first, String second) {
    return first.isEmpty() ? second : first;
  }
}
