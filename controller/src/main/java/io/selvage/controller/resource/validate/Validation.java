package io.selvage.controller.resource.validate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.schema.Schemas;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTrafficPolicy;
import io.selvage.controller.resource.view.DatabasePolicy;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.MeshConfig;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.PeerAuthentication;
import io.selvage.controller.resource.view.RequestAuthentication;
import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.Service;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.TrafficLane;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.WorkloadEntry;
import java.util.List;
import java.util.function.Consumer;

/**
 * Judges a document: schema first, then what it means. Never throws for any JSON.
 *
 * @param violations reasons to refuse it, in document order
 * @param unknownFields paths that the schema does not know; the caller decides what they mean
 */
public record Validation(List<Violation> violations, List<String> unknownFields) {

  /**
   * Checks a document of the kind; {@code metadata.namespace} counts as {@code default} if absent.
   */
  public static Validation of(Kind kind, ObjectNode document) {
    SchemaCheck schema = new SchemaCheck();
    schema.check(Schemas.get().of(kind), document);
    if (!schema.violations().isEmpty()) {
      return new Validation(List.copyOf(schema.violations()), schema.unknownFields());
    }
    Findings findings = new Findings();
    Resource resource = Resource.of(kind, document, 0);
    new CoreRules(findings).metadata(resource);
    meaning(resource, findings);
    return new Validation(List.copyOf(findings.violations()), schema.unknownFields());
  }

  private static void meaning(Resource resource, Findings findings) {
    ServiceEntryRules entries = new ServiceEntryRules(findings);
    SecurityRules security = new SecurityRules(findings);
    switch (resource.kind().kind()) {
      case "VirtualService" ->
          judge(VirtualService.parse(resource), new VirtualServiceRules(findings)::check, findings);
      case "DestinationRule" ->
          judge(
              DestinationRule.parse(resource), new DestinationRuleRules(findings)::check, findings);
      case "ServiceEntry" -> judge(ServiceEntry.parse(resource), entries::check, findings);
      case "WorkloadEntry" -> judge(WorkloadEntry.parse(resource), entries::check, findings);
      case "PeerAuthentication" ->
          judge(PeerAuthentication.parse(resource), security::check, findings);
      case "RequestAuthentication" ->
          judge(RequestAuthentication.parse(resource), new TokenRules(findings)::check, findings);
      case "AuthorizationPolicy" ->
          judge(AuthorizationPolicy.parse(resource), security::check, findings);
      case "Sidecar" -> judge(Sidecar.parse(resource), new SidecarRules(findings)::check, findings);
      case "TrafficLane" ->
          judge(TrafficLane.parse(resource), new OwnRules(findings)::check, findings);
      case "ResiliencePolicy" ->
          judge(ResiliencePolicy.parse(resource), new OwnRules(findings)::check, findings);
      case "DatabasePolicy" ->
          judge(DatabasePolicy.parse(resource), new DatabaseRules(findings)::check, findings);
      case "Gateway" -> new GatewayRules(findings).check(resource);
      case "HTTPRoute", "GRPCRoute" ->
          judge(MeshRoute.parse(resource), new MeshRouteRules(findings)::check, findings);
      case "BackendTLSPolicy" ->
          judge(
              BackendTlsPolicy.parse(resource), new BackendPolicyRules(findings)::check, findings);
      case "XBackendTrafficPolicy" ->
          judge(
              BackendTrafficPolicy.parse(resource),
              new BackendPolicyRules(findings)::check,
              findings);
      case "ConfigMap" -> {
        if (resource.name().equals(MeshConfig.NAME)) {
          findings.violations().addAll(MeshConfig.parse(resource).violations());
        }
      }
      case "Service" -> judge(Service.parse(resource), new CoreRules(findings)::check, findings);
      default -> {}
    }
  }

  private static <T> void judge(Checked<T> parsed, Consumer<T> rules, Findings findings) {
    findings.violations().addAll(parsed.violations());
    parsed.toOptional().ifPresent(rules);
  }
}
