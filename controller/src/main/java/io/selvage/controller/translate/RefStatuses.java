package io.selvage.controller.translate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTrafficPolicy;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.MeshRoute.Rule;
import io.selvage.controller.resource.view.PolicyTarget;
import io.selvage.controller.resource.view.RouteFilter;
import io.selvage.controller.resource.view.SessionPersistence;
import io.selvage.controller.translate.RefStatus.Condition;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Conditions of routes and policies, in the words of the Gateway API. */
final class RefStatuses {
  private static final String ACCEPTED = "Accepted";
  private static final String RESOLVED = "ResolvedRefs";

  private final GatewayApi gateway;

  /** What of a route's rules cannot be done. */
  private static final class Findings {
    final List<Condition> unresolved = new ArrayList<>();
    final List<String> refused = new ArrayList<>();
    final List<String> ineffective = new ArrayList<>();

    void unresolved(String reason, String text) {
      unresolved.add(new Condition(RESOLVED, false, reason, text));
    }
  }

  RefStatuses(GatewayApi gateway) {
    this.gateway = gateway;
  }

  List<RefStatus> all() {
    List<RefStatus> all = new ArrayList<>();
    gateway.routes().forEach(route -> all.add(of(route)));
    gateway.policies().tls().forEach(policy -> all.add(of(policy)));
    gateway.policies().traffic().forEach(policy -> all.add(of(policy)));
    return all;
  }

  private RefStatus of(MeshRoute route) {
    Findings findings = new Findings();
    for (int i = 0; i < route.rules().size(); i++) {
      rule(findings, route, route.rules().get(i), "spec.rules[" + i + "]");
    }
    ineffective(findings, route);
    List<RefStatus.Entry> entries = new ArrayList<>();
    List<Attachment> parents = gateway.attachments().of(route);
    for (int i = 0; i < parents.size(); i++) {
      entries.add(
          new RefStatus.Entry(
              written(route.source(), "parentRefs", i),
              conditions(route, parents.get(i), findings)));
    }
    return new RefStatus(route.source(), "parents", entries);
  }

  private static ObjectNode written(Resource source, String list, int index) {
    JsonNode ref = source.spec().path(list).path(index);
    return ref instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
  }

  private List<Condition> conditions(MeshRoute route, Attachment parent, Findings findings) {
    List<Condition> conditions = new ArrayList<>();
    boolean whole = !findings.refused.isEmpty() && findings.refused.size() == route.rules().size();
    String refused = String.join("; ", findings.refused);
    if (!parent.refusal().isEmpty()) {
      conditions.add(new Condition(ACCEPTED, false, "NoMatchingParent", parent.refusal()));
    } else if (gateway.attachments().conflicted(parent)) {
      conditions.add(
          new Condition(ACCEPTED, false, "Conflicted", "a GRPCRoute is attached to the same port"));
    } else if (whole) {
      conditions.add(new Condition(ACCEPTED, false, "UnsupportedValue", refused));
    } else {
      conditions.add(new Condition(ACCEPTED, true, ACCEPTED, effect(parent, findings)));
      if (!findings.refused.isEmpty()) {
        conditions.add(
            new Condition(
                "PartiallyInvalid",
                true,
                "UnsupportedValue",
                "Dropped Rule; requests that match get an error: " + refused));
      }
    }
    conditions.add(resolved(findings));
    return conditions;
  }

  private static String effect(Attachment parent, Findings findings) {
    String who =
        parent.consumer()
            ? "holds for callers in namespace " + parent.route().source().namespace()
            : "holds for all callers";
    return findings.ineffective.isEmpty()
        ? who
        : who + "; no effect: " + String.join("; ", findings.ineffective);
  }

  private static Condition resolved(Findings findings) {
    if (findings.unresolved.isEmpty()) {
      return new Condition(RESOLVED, true, RESOLVED, "");
    }
    return new Condition(
        RESOLVED,
        false,
        findings.unresolved.get(0).reason(),
        String.join("; ", findings.unresolved.stream().map(Condition::message).toList()));
  }

  private void rule(Findings findings, MeshRoute route, Rule rule, String field) {
    refused(findings, rule.filters(), field);
    filters(findings, route, rule.filters(), field);
    for (int i = 0; i < rule.backendRefs().size(); i++) {
      BackendRef ref = rule.backendRefs().get(i);
      String at = field + ".backendRefs[" + i + "]";
      backend(findings, route, ref, at);
      filters(findings, route, ref.filters(), at);
      String refusal = GatewayFilters.refusal(ref.filters());
      if (!refusal.isEmpty()) {
        findings.ineffective.add(at + ".filters: requests get an error; " + refusal);
      }
    }
    session(findings.ineffective, field, rule.sessionPersistence());
  }

  private static void refused(Findings findings, List<RouteFilter> filters, String field) {
    String refusal = GatewayFilters.refusal(filters);
    if (!refusal.isEmpty()) {
      findings.refused.add(field + ".filters: " + refusal);
    }
  }

  private void filters(
      Findings findings, MeshRoute route, List<RouteFilter> filters, String field) {
    for (RouteFilter filter : filters) {
      RouteFilter.Mirror mirror = filter.mirror();
      if (mirror != null) {
        backend(findings, route, mirror.backend(), field + ".filters.requestMirror.backendRef");
      }
      RouteFilter.ExternalAuth auth = filter.externalAuth();
      if (auth != null) {
        backend(findings, route, auth.backend(), field + ".filters.externalAuth.backendRef");
      }
      RouteFilter.ExtensionRef extension = filter.extension();
      if (extension != null) {
        findings.unresolved(
            "InvalidKind",
            field + ".filters.extensionRef: no filter " + extension.kind() + " is known");
      }
    }
  }

  private void backend(Findings findings, MeshRoute route, BackendRef ref, String field) {
    Backends.Backend found = gateway.backends().resolve(route.source(), ref);
    if (!found.resolved()) {
      findings.unresolved(found.reason(), field + ": " + found.text());
    }
  }

  static void session(List<String> to, String field, @Nullable SessionPersistence session) {
    if (session == null) {
      return;
    }
    String at = (field.isEmpty() ? "spec" : field) + ".sessionPersistence.";
    if (session.absoluteTimeout() != null && !session.permanent()) {
      to.add(at + "absoluteTimeout: only a permanent cookie ends by time");
    }
    if (session.idleTimeout()) {
      to.add(at + "idleTimeout: a session has no idle time");
    }
  }

  private static void ineffective(Findings findings, MeshRoute route) {
    if (!route.hostnames().isEmpty()) {
      findings.ineffective.add("spec.hostnames: a route of a Service holds for all its names");
    }
    if (route.useDefaultGateways().equals("All")) {
      findings.ineffective.add("spec.useDefaultGateways: no gateway is served by this mesh");
    }
  }

  private RefStatus of(BackendTlsPolicy policy) {
    List<RefStatus.Entry> entries = new ArrayList<>();
    for (int i = 0; i < policy.targets().size(); i++) {
      entries.add(
          new RefStatus.Entry(
              target(policy.source(), i), tlsConditions(policy, policy.targets().get(i))));
    }
    return new RefStatus(policy.source(), "ancestors", entries);
  }

  private List<Condition> tlsConditions(BackendTlsPolicy policy, PolicyTarget target) {
    List<String> refusal = gateway.policies().refusal(policy.source(), target);
    if (!refusal.isEmpty()) {
      return List.of(new Condition(ACCEPTED, false, refusal.get(0), refusal.get(1)));
    }
    BackendTls holds = gateway.policies().holds(policy.source(), target);
    if (holds == null || holds.policy() != policy) {
      String other = holds == null ? "another policy" : holds.policy().source().key().path();
      return List.of(
          new Condition(ACCEPTED, false, "Conflicted", other + " is older and holds instead"));
    }
    List<Condition> conditions = new ArrayList<>();
    String findings =
        String.join("; ", holds.findings().stream().map(BackendTls.Finding::text).toList());
    if (holds.unusable()) {
      boolean refs = !policy.certificateRefs().isEmpty();
      conditions.add(
          new Condition(
              ACCEPTED,
              false,
              refs ? "NoValidCACertificate" : "Invalid",
              refs
                  ? findings + "; connections fail"
                  : "wellKnownCACertificates "
                      + policy.wellKnown()
                      + " is not known; connections"
                      + " fail"));
    } else {
      List<String> unknown = holds.unknownOptions();
      conditions.add(
          new Condition(
              ACCEPTED,
              true,
              ACCEPTED,
              unknown.isEmpty()
                  ? ""
                  : "no effect: spec.options " + unknown + "; known: " + BackendTls.ALPN));
    }
    conditions.add(
        holds.findings().isEmpty()
            ? new Condition(RESOLVED, true, RESOLVED, "")
            : new Condition(RESOLVED, false, holds.findings().get(0).reason(), findings));
    return conditions;
  }

  private static ObjectNode target(Resource source, int index) {
    ObjectNode ref = written(source, "targetRefs", index).deepCopy();
    return ref.put("namespace", source.namespace());
  }

  private RefStatus of(BackendTrafficPolicy policy) {
    List<RefStatus.Entry> entries = new ArrayList<>();
    for (int i = 0; i < policy.targets().size(); i++) {
      entries.add(
          new RefStatus.Entry(
              target(policy.source(), i),
              List.of(trafficCondition(policy, policy.targets().get(i)))));
    }
    return new RefStatus(policy.source(), "ancestors", entries);
  }

  private Condition trafficCondition(BackendTrafficPolicy policy, PolicyTarget target) {
    List<String> refusal = gateway.policies().refusal(policy.source(), target);
    if (!refusal.isEmpty()) {
      return new Condition(ACCEPTED, false, refusal.get(0), refusal.get(1));
    }
    BackendTrafficPolicy holds = gateway.policies().trafficHolds(policy.source(), target);
    if (holds != null && holds != policy) {
      return new Condition(
          ACCEPTED,
          false,
          "Conflicted",
          holds.source().key().path() + " is older and holds instead");
    }
    List<String> ineffective = new ArrayList<>();
    session(ineffective, "", policy.sessionPersistence());
    return new Condition(ACCEPTED, true, ACCEPTED, String.join("; ", ineffective));
  }
}
