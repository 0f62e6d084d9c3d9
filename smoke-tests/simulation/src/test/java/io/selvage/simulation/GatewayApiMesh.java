package io.selvage.simulation;

/** Bookinfo with routes of the Gateway API. */
final class GatewayApiMesh {
  static final String PORTS =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: echo}
      spec: {selector: {app: echo}, ports: [{name: http, port: 80}, {name: http-alt, port: 8080}, {name: tcp, port: 9090}, {name: grpc, port: 7070}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: echo-v1}
      spec: {selector: {app: echo, version: v1}, ports: [{name: http, port: 80}, {name: http-alt, port: 8080}, {name: grpc, port: 7070}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: echo-v2}
      spec: {selector: {app: echo, version: v2}, ports: [{name: http, port: 80}, {name: http-alt, port: 8080}, {name: grpc, port: 7070}]}
      """;

  private GatewayApiMesh() {}

  /**
   * The services of the published mesh conformance tests, and a caller in each of two namespaces.
   */
  static SimulatedMesh echo() {
    return new SimulatedMesh()
        .workload("client", "v1", 80, "http")
        .workload("away", "traveller", "v1", 80, "http", "")
        .workload("echo", "v1", 80, "http")
        .workload("echo", "v2", 80, "http")
        .workload("echo", "v1", 7070, "grpc")
        .workload("echo", "v2", 7070, "grpc")
        .workload("echo", "v1", 8080, "http")
        .with(PORTS);
  }

  static String httpRoute(String rules) {
    return httpRoute("route", "default", "{group: '', kind: Service, name: echo, port: 80}", rules);
  }

  static String httpRoute(String name, String namespace, String parent, String rules) {
    return route("HTTPRoute", name, namespace, parent, rules);
  }

  static String grpcRoute(String rules) {
    return route(
        "GRPCRoute",
        "route",
        "default",
        "{group: '', kind: Service, name: echo, port: 7070}",
        rules);
  }

  static String route(String kind, String name, String namespace, String parent, String rules) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: %s
        metadata: {name: %s, namespace: %s}
        spec:
          parentRefs: [%s]
          rules:
        """
            .formatted(kind, name, namespace, parent)
        + rules.indent(2);
  }

  /** Name of the cluster of a service. */
  static String cluster(String service, int port) {
    return "outbound|" + port + "||" + service + ".default.svc.cluster.local";
  }
}
