package io.selvage.controller.translate;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.AuthorizationPolicy.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * AuthorizationPolicies of one workload as Envoy's RBAC filters, built as Istio builds them: AUDIT,
 * DENY, ALLOW, each one filter; dry-run policies as shadow rules.
 *
 * <p>CUSTOM is closed until it is served: what it covers is denied. So is what an unreadable policy
 * could cover.
 */
final class Authorization {
  private static final String HTTP = "envoy.filters.http.rbac";
  private static final String NETWORK = "envoy.filters.network.rbac";
  private final MeshView view;
  private final Problems problems;
  private final List<AuthorizationPolicy> policies = new ArrayList<>();
  private final List<Resource> unreadable;
  private final List<HttpFilter> http;
  private final List<Filter> tcp;

  Authorization(MeshView view, WorkloadNode node, Problems problems) {
    this.problems = problems;
    this.view = view;
    for (AuthorizationPolicy policy : view.authorizationPolicies()) {
      if (covers(policy, node)) {
        policies.add(policy);
      }
    }
    List<Resource> closed =
        new ArrayList<>(view.unreadable(Kinds.AUTHORIZATION_POLICY, node.namespace()));
    closed.addAll(view.unreadable(Kinds.REQUEST_AUTHENTICATION, node.namespace()));
    this.unreadable = List.copyOf(closed);
    this.http = buildHttp();
    this.tcp = buildTcp();
  }

  /** Lets GET and HEAD of these paths through, whoever asks, and nothing else. */
  static HttpFilter only(List<String> paths) {
    Permission.Set methods =
        Permission.Set.newBuilder()
            .addRules(RbacMatchers.permissionHeader(":method", "GET", false))
            .addRules(RbacMatchers.permissionHeader(":method", "HEAD", false))
            .build();
    Permission.Set.Builder named = Permission.Set.newBuilder();
    paths.forEach(path -> named.addRules(RbacMatchers.path(path)));
    RBAC rules =
        RBAC.newBuilder()
            .setAction(RBAC.Action.ALLOW)
            .putPolicies(
                "plaintext-paths",
                Policy.newBuilder()
                    .addPermissions(
                        Permission.newBuilder()
                            .setAndRules(
                                Permission.Set.newBuilder()
                                    .addRules(Permission.newBuilder().setOrRules(methods))
                                    .addRules(Permission.newBuilder().setOrRules(named))))
                    .addPrincipals(Principal.newBuilder().setAny(true))
                    .build())
            .build();
    return HttpFilter.newBuilder()
        .setName(HTTP)
        .setTypedConfig(
            Any.pack(
                io.envoyproxy
                    .envoy
                    .extensions
                    .filters
                    .http
                    .rbac
                    .v3
                    .RBAC
                    .newBuilder()
                    .setRules(rules)
                    .build()))
        .build();
  }

  private boolean covers(AuthorizationPolicy policy, WorkloadNode node) {
    String namespace = policy.source().namespace();
    boolean here =
        namespace.equals(node.namespace()) || namespace.equals(view.settings().rootNamespace());
    if (!here) {
      return false;
    }
    if (!policy.targetRefs().isEmpty()) {
      return policy.targetRefs().stream()
          .anyMatch(
              ref ->
                  ref.kind().equals("Service")
                      && namespace.equals(node.namespace())
                      && serves(node, ref.name()));
    }
    return ServiceIndex.matches(policy.selector(), node.labels());
  }

  /** Registered under the name, or selected by the service of the name. */
  private boolean serves(WorkloadNode node, String name) {
    MeshService service = view.service(view.settings().hostOf(name, node.namespace()));
    return name.equals(node.service())
        || service != null
            && service.endpoints().values().stream()
                .flatMap(List::stream)
                .anyMatch(
                    e -> e.address().equals(node.address()) && e.labels().equals(node.labels()));
  }

  List<HttpFilter> httpFilters() {
    return http;
  }

  List<Filter> tcpFilters() {
    return tcp;
  }

  private List<HttpFilter> buildHttp() {
    List<HttpFilter> filters = new ArrayList<>();
    for (Built each : build(false)) {
      io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.Builder rbac =
          io.envoyproxy
              .envoy
              .extensions
              .filters
              .http
              .rbac
              .v3
              .RBAC
              .newBuilder()
              .setShadowRulesStatPrefix(each.shadowPrefix());
      if (each.rules() != null) {
        rbac.setRules(each.rules());
      }
      if (each.shadow() != null) {
        rbac.setShadowRules(each.shadow());
      }
      filters.add(
          HttpFilter.newBuilder().setName(HTTP).setTypedConfig(Any.pack(rbac.build())).build());
    }
    return List.copyOf(filters);
  }

  private List<Filter> buildTcp() {
    List<Filter> filters = new ArrayList<>();
    for (Built each : build(true)) {
      io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.Builder rbac =
          io.envoyproxy
              .envoy
              .extensions
              .filters
              .network
              .rbac
              .v3
              .RBAC
              .newBuilder()
              .setStatPrefix("tcp.")
              .setShadowRulesStatPrefix(each.shadowPrefix());
      if (each.rules() != null) {
        rbac.setRules(each.rules());
      }
      if (each.shadow() != null) {
        rbac.setShadowRules(each.shadow());
      }
      filters.add(
          Filter.newBuilder().setName(NETWORK).setTypedConfig(Any.pack(rbac.build())).build());
    }
    return List.copyOf(filters);
  }

  private record Built(
      @org.jspecify.annotations.Nullable RBAC rules,
      @org.jspecify.annotations.Nullable RBAC shadow,
      String shadowPrefix) {}

  private List<Built> build(boolean forTcp) {
    List<Built> all = new ArrayList<>();
    addClosed(all);
    add(all, Action.AUDIT, RBAC.Action.LOG, forTcp);
    add(all, Action.DENY, RBAC.Action.DENY, forTcp);
    add(all, Action.ALLOW, RBAC.Action.ALLOW, forTcp);
    return all;
  }

  private void addClosed(List<Built> to) {
    RBAC.Builder rules = RBAC.newBuilder().setAction(RBAC.Action.DENY);
    for (Resource each : unreadable) {
      rules.putPolicies(
          "ns[" + each.namespace() + "]-policy[" + each.name() + "]-unreadable",
          RbacRules.everything());
    }
    for (AuthorizationPolicy policy : policies) {
      if (policy.action() == Action.CUSTOM && !policy.dryRun()) {
        problems.unsupported(
            policy.source(),
            "spec.action",
            "CUSTOM is not served yet; what the policy covers is denied");
        putRules(rules, policy, true, false);
      }
    }
    if (rules.getPoliciesCount() > 0) {
      to.add(new Built(rules.build(), null, "istio_dry_run_allow_"));
    }
  }

  private void add(List<Built> to, Action action, RBAC.Action wire, boolean forTcp) {
    RBAC.Builder enforced = RBAC.newBuilder().setAction(wire);
    RBAC.Builder shadow = RBAC.newBuilder().setAction(wire);
    boolean hasShadow = false;
    boolean hasEnforced = false;
    for (AuthorizationPolicy policy : policies) {
      if (policy.action() != action) {
        continue;
      }
      hasShadow |= policy.dryRun();
      hasEnforced |= !policy.dryRun();
      putRules(policy.dryRun() ? shadow : enforced, policy, action != Action.ALLOW, forTcp);
    }
    if (!hasShadow && !hasEnforced) {
      return;
    }
    boolean denies = hasShadow && action == Action.DENY;
    to.add(
        new Built(
            hasEnforced ? sorted(enforced) : null,
            hasShadow ? sorted(shadow) : null,
            denies ? "istio_dry_run_deny_" : "istio_dry_run_allow_"));
  }

  // equal content must give equal bytes whatever the order of resources
  private static RBAC sorted(RBAC.Builder rules) {
    Map<String, io.envoyproxy.envoy.config.rbac.v3.Policy> ordered =
        new TreeMap<>(rules.getPoliciesMap());
    return rules.clearPolicies().putAllPolicies(ordered).build();
  }

  private void putRules(
      RBAC.Builder rules, AuthorizationPolicy policy, boolean denies, boolean forTcp) {
    String prefix =
        "ns[" + policy.source().namespace() + "]-policy[" + policy.source().name() + "]-rule[";
    if (policy.rules().isEmpty()) {
      rules.putPolicies(prefix + "0]", RbacRules.nothing());
      return;
    }
    for (int i = 0; i < policy.rules().size(); i++) {
      RbacRules builder =
          new RbacRules(view.settings(), problems, policy, "spec.rules[" + i + "]", denies, forTcp);
      io.envoyproxy.envoy.config.rbac.v3.Policy built = builder.of(policy.rules().get(i));
      if (built != null) {
        rules.putPolicies(prefix + i + "]", built);
      }
    }
    if (rules.getPoliciesCount() == 0 && !denies) {
      // an ALLOW policy none of whose rules can match still closes the workload
      rules.putPolicies(prefix + "0]", RbacRules.nothing());
    }
  }
}
