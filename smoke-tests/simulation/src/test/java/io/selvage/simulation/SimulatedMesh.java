package io.selvage.simulation;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.selvage.control.parse.ClusterParser;
import io.selvage.control.parse.EndpointParser;
import io.selvage.control.parse.ListenerParser;
import io.selvage.control.parse.NameTableParser;
import io.selvage.control.parse.Parsed;
import io.selvage.control.parse.RouteParser;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.Explanation;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mesh on paper: users' YAML and connected workloads, through the controller's translation and
 * the agent's parser into an engine.
 */
final class SimulatedMesh {
  private static final Method PREVIEW = preview("of");
  private static final Method PROBLEMS = preview("problems");
  private static final String ROOT = TestRoot.pem();

  private final StringBuilder yaml = new StringBuilder();
  private final List<String> nodes = new ArrayList<>();
  private final Map<String, Integer> index = new LinkedHashMap<>();

  private static Method preview(String name) {
    try {
      URL jar = new File(System.getProperty("selvage.controller.jar")).toURI().toURL();
      ClassLoader loader =
          new URLClassLoader(new URL[] {jar}, ClassLoader.getPlatformClassLoader());
      return Class.forName("io.selvage.controller.translate.Preview", true, loader)
          .getMethod(name, String.class, List.class, int.class, String.class, String.class);
    } catch (ReflectiveOperationException | java.net.MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One instance; its address is 10.0.0.N. {@code port} is service and target port. */
  SimulatedMesh workload(String service, String version, int port, String protocol) {
    return workload("default", service, version, port, protocol, "");
  }

  SimulatedMesh workload(
      String namespace,
      String service,
      String version,
      int port,
      String protocol,
      String locality) {
    String address = "10.0.0." + (nodes.size() + 1);
    index.putIfAbsent(service, nodes.size());
    nodes.add(
        """
        {"id": "sidecar~%1$s~%2$s-%3$s-%7$d.%6$s~%6$s.svc.cluster.local",
         "metadata": {"NAMESPACE": "%6$s", "SERVICE_ACCOUNT": "%2$s", "WORKLOAD_NAME": "%2$s-%3$s", "INSTANCE_IPS": ["%1$s"], "LABELS": {"app": "%2$s", "version": "%3$s"},
          "SELVAGE": {"agent": "test", "instance": "i%7$d", "service": "%2$s", "locality": "%8$s", "ports": [{"number": %4$d, "target": %4$d, "protocol": "%5$s"}]}}}
        """
            .formatted(
                address, service, version, port, protocol, namespace, nodes.size(), locality));
    return this;
  }

  SimulatedMesh with(String documents) {
    yaml.append("---\n").append(documents).append('\n');
    return this;
  }

  /** The engine of a workload, with what the controller would send it. */
  Engine engineOf(String service) {
    int caller = index.get(service);
    Engine engine =
        Engine.builder(
                new Node(
                    "n",
                    service,
                    "default",
                    service,
                    "v1",
                    service,
                    "cluster.local",
                    "Kubernetes",
                    Locality.UNKNOWN,
                    Map.of("app", service)))
            .build();
    engine.publish(config(caller));
    return engine;
  }

  /** What a call would meet, decided in the caller. */
  Explanation call(
      String from, String method, String host, int port, String path, String... headers) {
    return engineOf(from).explain(new Line(method, host + ":" + port, path, headers), host, port);
  }

  Explanation get(String from, String host, int port, String path, String... headers) {
    return call(from, "GET", host, port, path, headers);
  }

  /** What a request that came in would meet. Principal null = plaintext. */
  Explanation received(
      String by, int port, String principal, String method, String path, String... headers) {
    Peer peer =
        new Peer("10.9.9.9", 40000, "10.0.0.1", port, principal != null, principal, null, null);
    return engineOf(by).explainInbound(new Line(method, by + ":" + port, path, headers), peer);
  }

  MeshConfig config(int caller) {
    Map<String, Map<String, byte[]>> xds = translate(caller);
    List<io.selvage.engine.model.Listener> listeners = new ArrayList<>();
    InboundListener inbound = InboundListener.EMPTY;
    boolean registryOnly = false;
    List<DatabasePolicy> databases = List.of();
    Map<String, RouteConfig> routes = new LinkedHashMap<>();
    Map<String, io.selvage.engine.model.Cluster> clusters = new LinkedHashMap<>();
    Map<String, Endpoints> endpoints = new LinkedHashMap<>();
    NameTable names = NameTable.EMPTY;
    try {
      for (Any any : of(xds, "listener.v3.Listener")) {
        ListenerParser.Part part = good(ListenerParser.parse(Listener.parseFrom(any.getValue())));
        if (part instanceof ListenerParser.Outbound o) {
          listeners.add(o.listener());
        } else if (part instanceof ListenerParser.Inbound i) {
          inbound = i.listener();
        } else if (part instanceof ListenerParser.Rest r) {
          registryOnly = r.registryOnly();
          databases = r.databases();
        }
      }
      for (Any any : of(xds, "RouteConfiguration")) {
        RouteConfig route = good(RouteParser.parse(RouteConfiguration.parseFrom(any.getValue())));
        routes.put(route.name(), route);
      }
      for (Any any : of(xds, "cluster.v3.Cluster")) {
        io.selvage.engine.model.Cluster cluster =
            good(ClusterParser.parse(Cluster.parseFrom(any.getValue())));
        clusters.put(cluster.name(), cluster);
      }
      for (Any any : of(xds, "ClusterLoadAssignment")) {
        Endpoints all = good(EndpointParser.parse(ClusterLoadAssignment.parseFrom(any.getValue())));
        endpoints.put(all.clusterName(), all);
      }
      for (Any any : of(xds, "NameTable")) {
        names =
            good(
                NameTableParser.names(
                    io.selvage.xds.istio.nds.NameTable.parseFrom(any.getValue())));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
    return new MeshConfig(
        listeners, inbound, routes, clusters, endpoints, names, registryOnly, databases);
  }

  /** What the status of a document would say: {@code field: text}, in order. */
  @SuppressWarnings("unchecked")
  List<String> problems(String caller, String kind, String name) {
    Map<String, List<String>> all = (Map<String, List<String>>) invoke(PROBLEMS, index.get(caller));
    return all.getOrDefault(kind + " " + name, List.of());
  }

  /** What the agent of the workload holds after reading what the controller sends. */
  MeshConfig configOf(String service) {
    return config(index.get(service));
  }

  @SuppressWarnings("unchecked")
  private Map<String, Map<String, byte[]>> translate(int caller) {
    return (Map<String, Map<String, byte[]>>) invoke(PREVIEW, caller);
  }

  private Object invoke(Method method, int caller) {
    try {
      return method.invoke(null, yaml.toString(), nodes, caller, "cluster.local", ROOT);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Any> of(Map<String, Map<String, byte[]>> xds, String suffix)
      throws InvalidProtocolBufferException {
    List<Any> all = new ArrayList<>();
    for (Map.Entry<String, Map<String, byte[]>> type : xds.entrySet()) {
      if (type.getKey().endsWith(suffix)) {
        for (byte[] bytes : type.getValue().values()) {
          all.add(Any.parseFrom(bytes));
        }
      }
    }
    return all;
  }

  /** The agent must understand all that the controller says. */
  private static <T> T good(Parsed<T> parsed) {
    if (parsed.value() == null || !parsed.reasons().isEmpty()) {
      throw new AssertionError("the agent refuses what the controller sends: " + parsed.reasons());
    }
    return parsed.value();
  }
}
