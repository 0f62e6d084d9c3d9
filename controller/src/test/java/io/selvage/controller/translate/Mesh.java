package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.selvage.controller.registry.Locality;
import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.ServicePort;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** A mesh in a test: YAML and workloads in, Envoy's messages out. */
public final class Mesh {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final List<Resource> resources = new ArrayList<>();
  private final List<RegisteredWorkload> workloads = new ArrayList<>();
  private final Map<String, String> vips = new TreeMap<>();
  MeshSettings settings = MeshSettings.defaults("cluster.local");

  /** Documents of one YAML text. */
  public static List<ObjectNode> documents(String yaml) {
    List<ObjectNode> all = new ArrayList<>();
    for (Object each : new Load(LoadSettings.builder().build()).loadAllFromString(yaml)) {
      if (each != null) {
        all.add(JSON.valueToTree(each));
      }
    }
    return all;
  }

  /** The kind of a document; null where the controller does not know it. */
  public static Kind kind(ObjectNode document) {
    return Kinds.byApiVersion(document.path("apiVersion").asText(), document.path("kind").asText())
        .orElse(null);
  }

  /** Adds documents; kinds that the controller does not know are passed over. */
  public Mesh apply(String yaml) {
    for (ObjectNode document : documents(yaml)) {
      if (kind(document) != null) {
        resources.add(Resource.of(kind(document), document, 1));
      }
    }
    return this;
  }

  /** A node as an agent describes itself. */
  public static WorkloadNode node(
      String service, String namespace, String version, int number, int target, String protocol) {
    return new WorkloadNode(
        "sidecar~127.0.0.1~" + service + "-" + target + "." + namespace + "~x",
        "127.0.0.1",
        service,
        namespace,
        service,
        version.isEmpty() ? Map.of("app", service) : Map.of("app", service, "version", version),
        "Kubernetes",
        false,
        true,
        service,
        service + target,
        number == 0 ? List.of() : List.of(new ServicePort(number, target, protocol)),
        Locality.UNKNOWN,
        "0.1.0",
        "17",
        "127.0.0.1");
  }

  /** The same as a proxy with interception describes itself. */
  public static WorkloadNode envoy(WorkloadNode node) {
    return new WorkloadNode(
        node.id(),
        node.address(),
        node.workload(),
        node.namespace(),
        node.serviceAccount(),
        node.labels(),
        node.clusterId(),
        node.proxyless(),
        node.intercepting(),
        node.service(),
        node.instance(),
        node.ports(),
        node.locality(),
        "",
        "",
        node.bind());
  }

  /** The same somewhere else. */
  public static WorkloadNode at(WorkloadNode node, String locality) {
    return new WorkloadNode(
        node.id(),
        node.address(),
        node.workload(),
        node.namespace(),
        node.serviceAccount(),
        node.labels(),
        node.clusterId(),
        node.proxyless(),
        node.intercepting(),
        node.service(),
        node.instance(),
        node.ports(),
        Locality.parse(locality),
        node.agentVersion(),
        node.jvm(),
        node.bind());
  }

  /** Registers a workload. */
  public Mesh runs(WorkloadNode node) {
    workloads.add(new RegisteredWorkload(node, true));
    return this;
  }

  /** Registers a workload that takes no requests. */
  public Mesh drains(WorkloadNode node) {
    workloads.add(new RegisteredWorkload(node, false));
    return this;
  }

  MeshView view() {
    return new MeshView(
        settings,
        kind -> resources.stream().filter(r -> r.kind().equals(kind)).toList(),
        workloads,
        host -> vips.computeIfAbsent(host, h -> "240.240.0." + (vips.size() + 1)));
  }

  /** What a caller sees. */
  public Seen by(WorkloadNode node) {
    return new Seen(view(), node);
  }

  /** The configuration of one data plane, typed. */
  public static final class Seen {
    private final MeshView view;
    private final Caller caller;
    private final Rules rules;
    private final InboundListeners inbound;

    Seen(MeshView view, WorkloadNode node) {
      this.view = view;
      this.caller = Caller.of(node, view);
      this.rules = new Rules(view, caller);
      this.inbound = new InboundListeners(view, node, view.problems());
    }

    Problems problems() {
      return view.problems();
    }

    RouteConfiguration table(int port) {
      return named(new RouteTables(view, caller, rules).all(), Integer.toString(port), "name");
    }

    Cluster cluster(String name) {
      List<Cluster> all = new ArrayList<>(new OutboundClusters(view, caller, rules).all());
      all.addAll(inbound.clusters());
      return named(all, name, "name");
    }

    ClusterLoadAssignment endpoints(String name) {
      return named(new Assignments(view, caller, rules).all(), name, "cluster_name");
    }

    Listener listener(String name) {
      RouteTables tables = new RouteTables(view, caller, rules);
      List<Listener> all =
          new ArrayList<>(new OutboundListeners(view, caller, rules, tables).all());
      all.addAll(inbound.listeners());
      return named(all, name, "name");
    }

    List<String> listeners() {
      RouteTables tables = new RouteTables(view, caller, rules);
      List<String> names = new ArrayList<>();
      new OutboundListeners(view, caller, rules, tables).all().forEach(l -> names.add(l.getName()));
      inbound.listeners().forEach(l -> names.add(l.getName()));
      return names;
    }

    List<Listener> proxyless() {
      return new Proxyless(view, caller, rules).listeners();
    }

    io.selvage.controller.translate.proto.NameTable names() {
      return NameTables.of(rules.scope(), caller);
    }

    private static <T extends Message> T named(List<T> all, String name, String field) {
      for (T each : all) {
        Object value = each.getField(each.getDescriptorForType().findFieldByName(field));
        if (name.equals(value)) {
          return each;
        }
      }
      throw new AssertionError("no " + name + " among " + all.size());
    }
  }

  static <T extends Message> T unpack(com.google.protobuf.Any any, Class<T> type) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
