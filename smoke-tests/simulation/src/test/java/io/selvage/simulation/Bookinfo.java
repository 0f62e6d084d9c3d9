package io.selvage.simulation;

import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import java.util.List;

/** The caller {@code productpage}, {@code reviews} in three versions, and what a test adds. */
final class Bookinfo {
  static final String HOST = "reviews.default.svc.cluster.local";
  static final String CALLER = "productpage";
  private static final String SUBSETS =
      """
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: subsets}
      spec:
        host: reviews
        subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]
      """;

  private Bookinfo() {}

  static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload(CALLER, "v1", 9080, "http")
        .workload("reviews", "v1", 9080, "http")
        .workload("reviews", "v2", 9080, "http")
        .workload("reviews", "v3", 9080, "http")
        .workload("ratings", "v1", 9080, "http");
  }

  /** With subsets and the HTTP rules of a VirtualService for reviews. */
  static SimulatedMesh routed(String http) {
    return mesh().with(SUBSETS).with(virtualService("hosts: [reviews]\nhttp:\n" + http.indent(2)));
  }

  static String virtualService(String spec) {
    return document("VirtualService", "reviews", spec);
  }

  /** With a DestinationRule for reviews, which has this policy. */
  static SimulatedMesh governed(String policy) {
    return mesh().with(destinationRule("host: reviews\ntrafficPolicy:\n" + policy.indent(2)));
  }

  static String destinationRule(String spec) {
    return document("DestinationRule", "reviews", spec);
  }

  static String document(String kind, String name, String spec) {
    return "apiVersion: networking.istio.io/v1\nkind: "
        + kind
        + "\nmetadata: {name: "
        + name
        + "}\nspec:\n"
        + spec.indent(2);
  }

  static String cluster(String subset) {
    return "outbound|9080|" + subset + "|" + HOST;
  }

  /** The cluster that a GET of the path would go to. */
  static String taken(SimulatedMesh mesh, String path, String... headers) {
    return mesh.get(CALLER, "reviews", 9080, path, headers).cluster();
  }

  /** What the caller's agent holds of reviews. */
  static Cluster held(SimulatedMesh mesh) {
    return mesh.configOf(CALLER).clusters().get(cluster(""));
  }

  static List<Endpoints.Group> groups(SimulatedMesh mesh) {
    return mesh.configOf(CALLER).endpoints().get(cluster("")).groups();
  }

  static Route route(SimulatedMesh mesh, int index) {
    return mesh.configOf(CALLER).routes().get("9080").virtualHosts().stream()
        .filter(v -> v.name().equals(HOST + ":9080"))
        .findFirst()
        .orElseThrow()
        .routes()
        .get(index);
  }

  static RouteAction.Forward forward(SimulatedMesh mesh) {
    return (RouteAction.Forward) route(mesh, 0).action();
  }
}
