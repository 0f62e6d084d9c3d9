package io.selvage.controller.resource.validate;

import io.selvage.controller.resource.view.BackendRef;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.MeshRoute.Match;
import io.selvage.controller.resource.view.MeshRoute.Rule;
import io.selvage.controller.resource.view.ParentRef;
import io.selvage.controller.resource.view.SessionPersistence;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an HTTPRoute or GRPCRoute must mean; after the CEL rules of the published CRDs. */
final class MeshRouteRules {
  private static final int MAX_MATCHES = 128;
  private static final String PATH = "(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+";
  private static final String GRPC_SERVICE = "(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*";
  private static final String GRPC_METHOD = "[A-Za-z_][A-Za-z_0-9]*";
  private static final List<String> NEVER_WITHIN = List.of("//", "/./", "/../", "%2f", "%2F", "#");
  private static final List<String> NEVER_AT_END = List.of("/..", "/.");

  private final Findings findings;
  private final RouteFilterRules filters;

  MeshRouteRules(Findings findings) {
    this.findings = findings;
    this.filters = new RouteFilterRules(findings);
  }

  void check(MeshRoute route) {
    parents(route);
    Set<String> names = new HashSet<>();
    int matches = 0;
    for (int i = 0; i < route.rules().size(); i++) {
      Rule rule = route.rules().get(i);
      String field = "spec.rules[" + i + "]";
      // a rule without matches has the one that covers everything
      matches += Math.max(1, rule.matches().size());
      if (!rule.name().isEmpty() && !names.add(rule.name())) {
        findings.duplicate(field + ".name", rule.name());
      }
      rule(field, rule, route.grpc());
    }
    if (matches > MAX_MATCHES) {
      findings.invalid(
          "spec.rules",
          matches + " matches; a route may have " + MAX_MATCHES + " in all its rules");
    }
  }

  private void parents(MeshRoute route) {
    List<ParentRef> refs = route.parentRefs();
    for (int i = 0; i < refs.size(); i++) {
      for (int j = 0; j < i; j++) {
        ParentRef a = refs.get(i);
        ParentRef b = refs.get(j);
        if (!sameObject(a, b, route.source().namespace())) {
          continue;
        }
        String field = "spec.parentRefs[" + i + "]";
        boolean oneWhole = whole(a) || whole(b);
        if (oneWhole) {
          findings.invalid(
              field,
              "sectionName or port must be specified when parentRefs includes 2 or more references"
                  + " to the same parent");
        } else if (a.sectionName().equals(b.sectionName())
            && java.util.Objects.equals(a.port(), b.port())) {
          findings.invalid(
              field,
              "sectionName or port must be unique when parentRefs includes 2 or more references to"
                  + " the same parent");
        }
      }
    }
  }

  private static boolean whole(ParentRef ref) {
    return ref.sectionName().isEmpty() && ref.port() == null;
  }

  private static boolean sameObject(ParentRef a, ParentRef b, String own) {
    return a.group().equals(b.group())
        && a.kind().equals(b.kind())
        && a.name().equals(b.name())
        && (a.namespace().isEmpty() ? own : a.namespace())
            .equals(b.namespace().isEmpty() ? own : b.namespace());
  }

  private void rule(String field, Rule rule, boolean grpc) {
    for (int i = 0; i < rule.matches().size(); i++) {
      match(field + ".matches[" + i + "]", rule.matches().get(i), grpc);
    }
    filters.check(field + ".filters", rule.filters(), rule.matches());
    boolean redirects = rule.filters().stream().anyMatch(f -> f.redirect() != null);
    if (redirects && !rule.backendRefs().isEmpty()) {
      findings.forbidden(
          field + ".backendRefs",
          "RequestRedirect filter must not be used together with backendRefs");
    }
    for (int i = 0; i < rule.backendRefs().size(); i++) {
      BackendRef backend = rule.backendRefs().get(i);
      String at = field + ".backendRefs[" + i + "]";
      RouteFilterRules.backend(findings, at, backend);
      filters.check(at + ".filters", backend.filters(), rule.matches());
    }
    timeouts(field + ".timeouts", rule.timeouts());
    session(findings, field + ".sessionPersistence", rule.sessionPersistence());
  }

  private void match(String field, Match match, boolean grpc) {
    MeshRoute.Path path = match.path();
    if (path != null) {
      path(field + ".path.value", path);
    }
    named(field + ".headers", match.headers());
    named(field + ".queryParams", match.queryParams());
    MeshRoute.Call call = match.call();
    if (grpc && call != null) {
      call(field + ".method", call);
    }
  }

  private void path(String field, MeshRoute.Path path) {
    String value = path.value();
    if (path.type() == MeshRoute.Path.Type.REGEX) {
      findings.regex(field, value);
      return;
    }
    if (!value.startsWith("/")) {
      findings.invalid(field, "\"" + value + "\": must be an absolute path and start with '/'");
    }
    for (String never : NEVER_WITHIN) {
      if (value.contains(never)) {
        findings.invalid(field, "\"" + value + "\": must not contain '" + never + "'");
      }
    }
    for (String never : NEVER_AT_END) {
      if (value.endsWith(never)) {
        findings.invalid(field, "\"" + value + "\": must not end with '" + never + "'");
      }
    }
    if (!value.matches(PATH)) {
      findings.invalid(
          field, "\"" + value + "\": must only contain characters of a path (RFC 3986)");
    }
  }

  private void named(String field, List<MeshRoute.Named> all) {
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).regex()) {
        findings.regex(field + "[" + i + "].value", all.get(i).value());
      }
    }
  }

  private void call(String field, MeshRoute.Call call) {
    if (call.service().isEmpty() && call.method().isEmpty()) {
      findings.required(field, "one or both of 'service' or 'method' must be specified");
    }
    if (call.regex()) {
      findings.regex(field + ".service", call.service());
      findings.regex(field + ".method", call.method());
      return;
    }
    if (!call.service().isEmpty() && !call.service().matches(GRPC_SERVICE)) {
      findings.invalid(
          field + ".service", "\"" + call.service() + "\": must be the full name of a service");
    }
    if (!call.method().isEmpty() && !call.method().matches(GRPC_METHOD)) {
      findings.invalid(
          field + ".method", "\"" + call.method() + "\": must be the name of a method");
    }
  }

  private void timeouts(String field, MeshRoute.@Nullable Timeouts timeouts) {
    if (timeouts == null) {
      return;
    }
    Duration request = timeouts.request();
    Duration backend = timeouts.backendRequest();
    boolean longer =
        request != null && backend != null && !request.isZero() && backend.compareTo(request) > 0;
    if (longer) {
      findings.invalid(
          field + ".backendRequest",
          "backendRequest timeout cannot be longer than request timeout");
    }
  }

  static void session(Findings findings, String field, @Nullable SessionPersistence session) {
    if (session == null) {
      return;
    }
    if (session.permanent() && session.absoluteTimeout() == null) {
      findings.required(
          field + ".absoluteTimeout",
          "absoluteTimeout must be specified when cookie lifetimeType is Permanent");
    }
    if (session.cookieConfig() && session.header()) {
      findings.forbidden(field + ".cookieConfig", "cookieConfig can only be set with type Cookie");
    }
    if (!session.sessionName().isEmpty()) {
      findings.headerName(field + ".sessionName", session.sessionName());
    }
  }
}
