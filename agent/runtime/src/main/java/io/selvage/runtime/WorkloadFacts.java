package io.selvage.runtime;

import io.selvage.engine.model.Locality;
import io.selvage.engine.model.Node;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who this workload is, from settings, Kubernetes' downward variables and OpenTelemetry's.
 *
 * @param address where others reach it
 * @param instance another for each start of the process
 */
record WorkloadFacts(
    String service,
    String workload,
    String namespace,
    String version,
    String serviceAccount,
    String trustDomain,
    String clusterId,
    String address,
    Locality locality,
    Map<String, String> labels,
    List<Port> ports,
    String instance) {
  static final String AGENT_VERSION = "0.1.0";

  private static final Pattern PORT =
      Pattern.compile("(\\d{1,5})(?::(\\d{1,5}))?(?:/([a-zA-Z0-9-]+))?");

  /**
   * A port of the service.
   *
   * @param target what the application binds
   * @param protocol {@code http}, {@code http2}, {@code grpc} or {@code tcp}
   */
  record Port(int number, int target, String protocol) {}

  WorkloadFacts {
    labels = Map.copyOf(labels);
    ports = List.copyOf(ports);
  }

  /**
   * From settings.
   *
   * @param address where others reach this machine, if nobody says so
   */
  static WorkloadFacts of(Settings settings, String address, List<String> complaints) {
    Map<String, String> otel = pairs(settings.environment("OTEL_RESOURCE_ATTRIBUTES"));
    String service =
        first(
            settings.text(Setting.SERVICE),
            settings.environment("OTEL_SERVICE_NAME"),
            otel.getOrDefault("service.name", ""),
            podOwner(settings.environment("POD_NAME")));
    String namespace =
        settings.isSet(Setting.NAMESPACE)
            ? settings.text(Setting.NAMESPACE)
            : first(
                settings.environment("POD_NAMESPACE"),
                otel.getOrDefault("k8s.namespace.name", ""),
                settings.text(Setting.NAMESPACE));
    String version =
        first(settings.text(Setting.VERSION), otel.getOrDefault("service.version", ""));
    String account =
        first(
            settings.text(Setting.SERVICE_ACCOUNT),
            settings.environment("SERVICE_ACCOUNT"),
            service,
            "default");
    Map<String, String> labels = new LinkedHashMap<>();
    if (!service.isEmpty()) {
      labels.put("app", service);
    }
    if (!version.isEmpty()) {
      labels.put("version", version);
    }
    labels.putAll(pairs(settings.text(Setting.LABELS)));
    String[] place = (settings.text(Setting.LOCALITY) + "//").split("/", -1);
    return new WorkloadFacts(
        service,
        first(
            settings.text(Setting.WORKLOAD),
            podOwner(settings.environment("POD_NAME")),
            workload(service, version),
            "unknown"),
        namespace,
        version,
        account,
        settings.text(Setting.TRUST_DOMAIN),
        settings.text(Setting.CLUSTER_ID),
        first(
            settings.text(Setting.ADDRESS),
            settings.environment("POD_IP"),
            settings.environment("INSTANCE_IP"),
            address),
        new Locality(place[0], place[1], place[2]),
        labels,
        ports(settings.text(Setting.PORTS), complaints),
        UUID.randomUUID().toString());
  }

  private static String workload(String service, String version) {
    return version.isEmpty() ? service : service + "-" + version;
  }

  /**
   * {@code reviews-v2-5c8d8f9d6b-x2x4z} → {@code reviews-v2}: what a Deployment adds is taken off.
   */
  private static String podOwner(String pod) {
    return pod.replaceFirst("-[a-z0-9]{5,10}-[a-z0-9]{5}$", "");
  }

  private static String first(String... candidates) {
    for (String candidate : candidates) {
      if (!candidate.isEmpty()) {
        return candidate;
      }
    }
    return "";
  }

  private static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String part : text.split(",")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        pairs.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
      }
    }
    return pairs;
  }

  private static List<Port> ports(String text, List<String> complaints) {
    List<Port> ports = new ArrayList<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",")) {
      Matcher m = PORT.matcher(part.strip());
      int number = m.matches() ? Integer.parseInt(m.group(1)) : 0;
      int target = number > 0 && m.group(2) != null ? Integer.parseInt(m.group(2)) : number;
      if (number < 1 || number > 65_535 || target < 1 || target > 65_535) {
        complaints.add(
            "WARN [SELV-1014] (Settings selvage.ports) not a port; found '"
                + part.strip()
                + "', left out. Fix: write number[:target][/protocol], such as 9080:19081/http");
        continue;
      }
      String protocol = m.group(3) == null ? "http" : m.group(3).toLowerCase(Locale.ROOT);
      ports.add(new Port(number, target, protocol));
    }
    return ports;
  }

  /** This workload under the namespace and account that its certificate names. */
  WorkloadFacts as(String attestedNamespace, String attestedAccount) {
    return new WorkloadFacts(
        service,
        workload,
        attestedNamespace,
        version,
        attestedAccount,
        trustDomain,
        clusterId,
        address,
        locality,
        labels,
        ports,
        instance);
  }

  /** For metrics, logs and source matching. */
  Node node() {
    return new Node(
        id(),
        workload,
        namespace,
        service,
        version,
        serviceAccount,
        trustDomain,
        clusterId,
        locality,
        labels);
  }

  /** {@code sidecar~IP~workload.ns~ns.svc.cluster.local}. */
  String id() {
    String name = workload + "-" + instance.substring(0, 8);
    return "sidecar~"
        + address
        + "~"
        + name
        + "."
        + namespace
        + "~"
        + namespace
        + ".svc.cluster.local";
  }

  /** What names the folder of this workload: {@code ns.service.version[.target]}. */
  String folder() {
    StringBuilder name =
        new StringBuilder(namespace).append('.').append(service.isEmpty() ? workload : service);
    if (!version.isEmpty()) {
      name.append('.').append(version);
    }
    if (!ports.isEmpty()) {
      name.append('.').append(ports.get(0).target());
    }
    return name.toString().replaceAll("[^A-Za-z0-9._-]", "_");
  }

  /** Istio's node metadata, with ours under {@code SELVAGE}. */
  Map<String, Object> metadata() {
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("agent", AGENT_VERSION);
    own.put("jvm", System.getProperty("java.version", ""));
    own.put("instance", instance);
    own.put("service", service);
    List<Object> declared = new ArrayList<>();
    for (Port port : ports) {
      declared.add(
          Map.of("number", port.number(), "target", port.target(), "protocol", port.protocol()));
    }
    own.put("ports", declared);
    own.put("locality", locality.region() + "/" + locality.zone() + "/" + locality.subZone());
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("NAMESPACE", namespace);
    metadata.put("LABELS", labels);
    metadata.put("SERVICE_ACCOUNT", serviceAccount);
    metadata.put("CLUSTER_ID", clusterId);
    metadata.put("WORKLOAD_NAME", workload);
    metadata.put("INSTANCE_IPS", address);
    metadata.put("ISTIO_VERSION", "1.28.0");
    metadata.put("INTERCEPTION_MODE", "NONE");
    metadata.put("SELVAGE", own);
    return metadata;
  }
}
