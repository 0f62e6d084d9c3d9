package io.selvage.controller.resource;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The catalogue of kinds that the controller stores and serves. */
public final class Kinds {
  private static final String NETWORKING = "networking.istio.io";
  private static final String SECURITY = "security.istio.io";
  private static final String GATEWAY_API = "gateway.networking.k8s.io";
  private static final String GATEWAY_API_EXPERIMENTAL = "gateway.networking.x-k8s.io";

  public static final Kind NAMESPACE =
      new Kind(
          "", List.of("v1"), "Namespace", "namespaces", "namespace", List.of("ns"), false, false);
  public static final Kind SERVICE =
      new Kind("", List.of("v1"), "Service", "services", "service", List.of("svc"), true, false);
  public static final Kind VIRTUAL_SERVICE = networking("VirtualService", "virtualservices", "vs");
  public static final Kind DESTINATION_RULE =
      networking("DestinationRule", "destinationrules", "dr");
  public static final Kind SERVICE_ENTRY = networking("ServiceEntry", "serviceentries", "se");
  public static final Kind WORKLOAD_ENTRY = networking("WorkloadEntry", "workloadentries", "we");

  public static final Kind SIDECAR = networking("Sidecar", "sidecars", "");

  /** What is said to those who write a {@link #GATEWAY}. */
  public static final String GATEWAY_NOT_SERVED =
      "[SELV-7120] the Gateway is stored and checked, but no gateway process serves it in this"
          + " version; nothing listens on its ports";

  /** Stored and checked; its status says that nothing serves it yet. */
  public static final Kind GATEWAY = networking("Gateway", "gateways", "gw");

  public static final Kind PEER_AUTHENTICATION =
      security("PeerAuthentication", "peerauthentications", "pa");
  public static final Kind REQUEST_AUTHENTICATION =
      security("RequestAuthentication", "requestauthentications", "ra");
  public static final Kind AUTHORIZATION_POLICY =
      security("AuthorizationPolicy", "authorizationpolicies", "ap");

  /** Certificates for policies come from here; nothing else reads it. */
  public static final Kind CONFIG_MAP =
      new Kind(
          "", List.of("v1"), "ConfigMap", "configmaps", "configmap", List.of("cm"), true, false);

  public static final Kind HTTP_ROUTE =
      gatewayApi(List.of("v1", "v1beta1"), "HTTPRoute", "httproutes", List.of());
  public static final Kind GRPC_ROUTE =
      gatewayApi(List.of("v1"), "GRPCRoute", "grpcroutes", List.of());
  public static final Kind BACKEND_TLS_POLICY =
      gatewayApi(
          List.of("v1", "v1alpha3"),
          "BackendTLSPolicy",
          "backendtlspolicies",
          List.of("btlspolicy"));
  public static final Kind REFERENCE_GRANT =
      gatewayApi(
          List.of("v1", "v1beta1"), "ReferenceGrant", "referencegrants", List.of("refgrant"));
  public static final Kind BACKEND_TRAFFIC_POLICY =
      new Kind(
          GATEWAY_API_EXPERIMENTAL,
          List.of("v1alpha1"),
          "XBackendTrafficPolicy",
          "xbackendtrafficpolicies",
          "xbackendtrafficpolicy",
          List.of("xbtrafficpolicy"),
          true,
          false);

  private static final List<Kind> ALL =
      withOwn(
          NAMESPACE,
          SERVICE,
          CONFIG_MAP,
          VIRTUAL_SERVICE,
          DESTINATION_RULE,
          SERVICE_ENTRY,
          WORKLOAD_ENTRY,
          SIDECAR,
          GATEWAY,
          PEER_AUTHENTICATION,
          REQUEST_AUTHENTICATION,
          AUTHORIZATION_POLICY,
          HTTP_ROUTE,
          GRPC_ROUTE,
          BACKEND_TLS_POLICY,
          REFERENCE_GRANT,
          BACKEND_TRAFFIC_POLICY);

  private Kinds() {}

  private static List<Kind> withOwn(Kind... published) {
    return Stream.concat(Stream.of(published), SelvageKinds.all().stream()).toList();
  }

  /** Every kind, in the order of discovery. */
  public static List<Kind> all() {
    return ALL;
  }

  /** The kind with this group and plural. */
  public static Optional<Kind> byPlural(String group, String plural) {
    return ALL.stream()
        .filter(k -> k.group().equals(group) && k.plural().equals(plural))
        .findFirst();
  }

  /** The kind that serves {@code apiVersion} under the name {@code kind}. */
  public static Optional<Kind> byApiVersion(String apiVersion, String kind) {
    return ALL.stream().filter(k -> k.kind().equals(kind) && k.serves(apiVersion)).findFirst();
  }

  private static Kind networking(String kind, String plural, String shortName) {
    return istio(NETWORKING, List.of("v1", "v1beta1", "v1alpha3"), kind, plural, shortName, false);
  }

  private static Kind security(String kind, String plural, String shortName) {
    return istio(SECURITY, List.of("v1", "v1beta1"), kind, plural, shortName, true);
  }

  private static Kind gatewayApi(
      List<String> versions, String kind, String plural, List<String> shortNames) {
    return new Kind(
        GATEWAY_API,
        versions,
        kind,
        plural,
        kind.toLowerCase(java.util.Locale.ROOT),
        shortNames,
        true,
        false);
  }

  private static Kind istio(
      String group,
      List<String> versions,
      String kind,
      String plural,
      String shortName,
      boolean security) {
    return new Kind(
        group,
        versions,
        kind,
        plural,
        kind.toLowerCase(java.util.Locale.ROOT),
        shortName.isEmpty() ? List.of() : List.of(shortName),
        true,
        security);
  }
}
