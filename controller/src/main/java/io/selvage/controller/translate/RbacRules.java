package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.AuthorizationPolicy.Condition;
import io.selvage.controller.resource.view.AuthorizationPolicy.Operation;
import io.selvage.controller.resource.view.AuthorizationPolicy.Rule;
import io.selvage.controller.resource.view.AuthorizationPolicy.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One rule of an AuthorizationPolicy as an RBAC policy.
 *
 * <p>A part that cannot be checked (HTTP on a TCP port, a value that cannot be read) makes an ALLOW
 * rule void and a DENY rule broader: never more open than written.
 */
final class RbacRules {
  private static final Permission ANY_PERMISSION = Permission.newBuilder().setAny(true).build();
  private static final Principal ANY_PRINCIPAL = Principal.newBuilder().setAny(true).build();
  private final MeshSettings settings;
  private final Problems problems;
  private final AuthorizationPolicy policy;
  private final String field;
  private final boolean denies;
  private final boolean forTcp;

  RbacRules(
      MeshSettings settings,
      Problems problems,
      AuthorizationPolicy policy,
      String field,
      boolean denies,
      boolean forTcp) {
    this.settings = settings;
    this.problems = problems;
    this.policy = policy;
    this.field = field;
    this.denies = denies;
    this.forTcp = forTcp;
  }

  /** A part that cannot be checked. */
  private static final class Uncheckable extends Exception {
    private static final long serialVersionUID = 1L;

    Uncheckable(String message) {
      super(message, null, false, false);
    }
  }

  /** What a rule asks of one attribute; http where only requests have it. */
  private record Part<T>(
      List<String> values, List<String> notValues, boolean http, Function<String, T> matcher) {}

  /** Matches every request. */
  static Policy everything() {
    return Policy.newBuilder().addPermissions(ANY_PERMISSION).addPrincipals(ANY_PRINCIPAL).build();
  }

  /** Matches no request. */
  static Policy nothing() {
    return Policy.newBuilder()
        .addPermissions(Permission.newBuilder().setNotRule(ANY_PERMISSION))
        .addPrincipals(Principal.newBuilder().setNotId(ANY_PRINCIPAL))
        .build();
  }

  /** The rule; null where it is void. */
  @Nullable Policy of(Rule rule) {
    try {
      Policy.Builder out = Policy.newBuilder();
      List<Part<Permission>> permissionConditions = new ArrayList<>();
      List<Part<Principal>> principalConditions = new ArrayList<>();
      for (Condition each : rule.when()) {
        condition(each, permissionConditions, principalConditions);
      }
      if (rule.to().isEmpty()) {
        out.addPermissions(permission(permissionConditions));
      }
      for (Operation each : rule.to()) {
        List<Part<Permission>> parts = new ArrayList<>(operation(each));
        parts.addAll(permissionConditions);
        out.addPermissions(permission(parts));
      }
      if (rule.from().isEmpty()) {
        out.addPrincipals(principal(principalConditions));
      }
      for (Source each : rule.from()) {
        List<Part<Principal>> parts = new ArrayList<>(source(each));
        parts.addAll(principalConditions);
        out.addPrincipals(principal(parts));
      }
      return out.build();
    } catch (Uncheckable e) {
      if (!forTcp) {
        problems.add(
            policy.source(), field, Problems.Reason.INVALID, "rule is void: " + e.getMessage());
      }
      return null;
    }
  }

  private static List<Part<Permission>> operation(Operation from) {
    return List.of(
        new Part<>(
            from.hosts(),
            from.notHosts(),
            true,
            v -> RbacMatchers.permissionHeader(":authority", v, true)),
        new Part<>(
            from.methods(),
            from.notMethods(),
            true,
            v -> RbacMatchers.permissionHeader(":method", v, false)),
        new Part<>(from.paths(), from.notPaths(), true, RbacMatchers::path),
        new Part<>(from.ports(), from.notPorts(), false, RbacMatchers::port));
  }

  private List<Part<Principal>> source(Source from) {
    return List.of(
        new Part<>(
            aliases(from.principals()),
            aliases(from.notPrincipals()),
            false,
            RbacMatchers::principal),
        new Part<>(from.serviceAccounts(), from.notServiceAccounts(), false, this::serviceAccount),
        new Part<>(from.trustDomains(), from.notTrustDomains(), false, RbacMatchers::trustDomain),
        new Part<>(
            from.requestPrincipals(),
            from.notRequestPrincipals(),
            true,
            RbacMatchers::requestPrincipal),
        new Part<>(from.namespaces(), from.notNamespaces(), false, RbacMatchers::namespace),
        new Part<>(from.remoteIpBlocks(), from.notRemoteIpBlocks(), false, RbacMatchers::remoteIp),
        new Part<>(from.ipBlocks(), from.notIpBlocks(), false, RbacMatchers::directIp));
  }

  private List<String> aliases(List<String> principals) {
    return TrustDomains.expand(principals, settings);
  }

  private Principal serviceAccount(String value) {
    String full = value.contains("/") ? value : policy.source().namespace() + "/" + value;
    return RbacMatchers.serviceAccount(full);
  }

  private void condition(
      Condition from, List<Part<Permission>> permissions, List<Part<Principal>> principals)
      throws Uncheckable {
    List<String> values = from.values();
    List<String> not = from.notValues();
    String key = from.key();
    switch (key) {
      case "destination.ip" ->
          permissions.add(new Part<>(values, not, false, RbacMatchers::destinationIp));
      case "destination.port" ->
          permissions.add(new Part<>(values, not, false, RbacMatchers::port));
      case "connection.sni" -> permissions.add(new Part<>(values, not, false, RbacMatchers::sni));
      case "source.ip" -> principals.add(new Part<>(values, not, false, RbacMatchers::directIp));
      case "remote.ip" -> principals.add(new Part<>(values, not, false, RbacMatchers::remoteIp));
      case "source.namespace" ->
          principals.add(new Part<>(values, not, false, RbacMatchers::namespace));
      case "source.serviceAccount" ->
          principals.add(new Part<>(values, not, false, this::serviceAccount));
      case "source.trustDomain" ->
          principals.add(new Part<>(values, not, false, RbacMatchers::trustDomain));
      case "source.principal" ->
          principals.add(new Part<>(aliases(values), aliases(not), false, RbacMatchers::principal));
      case "request.auth.principal" ->
          principals.add(new Part<>(values, not, true, RbacMatchers::requestPrincipal));
      case "request.auth.audiences" ->
          principals.add(new Part<>(values, not, true, v -> RbacMatchers.claim("aud", v)));
      case "request.auth.presenter" ->
          principals.add(new Part<>(values, not, true, v -> RbacMatchers.claim("azp", v)));
      default -> bracketed(key, values, not, principals);
    }
  }

  private void bracketed(
      String key, List<String> values, List<String> not, List<Part<Principal>> principals)
      throws Uncheckable {
    String header = inBrackets(key, "request.headers[");
    String claim = inBrackets(key, "request.auth.claims[");
    if (header != null) {
      principals.add(new Part<>(values, not, true, v -> RbacMatchers.principalHeader(header, v)));
    } else if (claim != null) {
      principals.add(new Part<>(values, not, true, v -> RbacMatchers.claim(claim, v)));
    } else if (denies) {
      problems.unsupported(
          policy.source(), field + ".when", "unknown key " + key + "; the rule is broader");
    } else {
      throw new Uncheckable("unknown key " + key);
    }
  }

  private static @Nullable String inBrackets(String key, String prefix) {
    return key.startsWith(prefix) && key.endsWith("]")
        ? key.substring(prefix.length(), key.length() - 1)
        : null;
  }

  private Permission permission(List<Part<Permission>> parts) throws Uncheckable {
    Permission.Set.Builder and = Permission.Set.newBuilder();
    for (Part<Permission> part : parts) {
      for (boolean positive : new boolean[] {true, false}) {
        List<Permission> or = matchers(part, positive);
        if (!or.isEmpty()) {
          Permission any =
              Permission.newBuilder()
                  .setOrRules(Permission.Set.newBuilder().addAllRules(or))
                  .build();
          and.addRules(positive ? any : Permission.newBuilder().setNotRule(any).build());
        }
      }
    }
    if (and.getRulesCount() == 0) {
      and.addRules(ANY_PERMISSION);
    }
    return Permission.newBuilder().setAndRules(and).build();
  }

  private Principal principal(List<Part<Principal>> parts) throws Uncheckable {
    Principal.Set.Builder and = Principal.Set.newBuilder();
    for (Part<Principal> part : parts) {
      for (boolean positive : new boolean[] {true, false}) {
        List<Principal> or = matchers(part, positive);
        if (!or.isEmpty()) {
          Principal any =
              Principal.newBuilder().setOrIds(Principal.Set.newBuilder().addAllIds(or)).build();
          and.addIds(positive ? any : Principal.newBuilder().setNotId(any).build());
        }
      }
    }
    if (and.getIdsCount() == 0) {
      and.addIds(ANY_PRINCIPAL);
    }
    return Principal.newBuilder().setAndIds(and).build();
  }

  private <T> List<T> matchers(Part<T> part, boolean positive) throws Uncheckable {
    List<String> values = positive ? part.values() : part.notValues();
    if (values.isEmpty()) {
      return List.of();
    }
    if (forTcp && part.http()) {
      if (denies) {
        return List.of();
      }
      throw new Uncheckable("HTTP attributes on a TCP port");
    }
    List<T> all = new ArrayList<>();
    for (String value : values) {
      try {
        all.add(part.matcher().apply(value));
      } catch (IllegalArgumentException e) {
        if (!denies) {
          throw new Uncheckable(String.valueOf(e.getMessage()));
        }
        problems.add(policy.source(), field, Problems.Reason.INVALID, e.getMessage() + "; broader");
        return List.of();
      }
    }
    return all;
  }
}
