package io.selvage.control.parse;

import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.selvage.engine.model.RbacFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Authorization filters. Everything in them must be understood: a matcher that is skipped would
 * widen an ALLOW or narrow a DENY.
 */
final class RbacParser {
  private static final int MAX_DEPTH = 32;
  private static final String PEER = "io.istio.peer_principal";
  private static final String TEMPLATE =
      "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";

  private RbacParser() {}

  static RbacFilter http(io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC rbac, Field f) {
    f.nothingUnknown(rbac);
    f.forbidden(rbac.hasMatcher(), "matcher");
    f.forbidden(rbac.hasShadowMatcher(), "shadow_matcher");
    return new RbacFilter(
        rbac.hasRules() ? rules(rbac.getRules(), f.at("rules")) : null,
        rbac.hasShadowRules() ? rules(rbac.getShadowRules(), f.at("shadow_rules")) : null);
  }

  static RbacFilter network(
      io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC rbac, Field f) {
    f.nothingUnknown(rbac);
    f.forbidden(rbac.hasMatcher(), "matcher");
    f.forbidden(rbac.hasShadowMatcher(), "shadow_matcher");
    return new RbacFilter(
        rbac.hasRules() ? rules(rbac.getRules(), f.at("rules")) : null,
        rbac.hasShadowRules() ? rules(rbac.getShadowRules(), f.at("shadow_rules")) : null);
  }

  private static RbacFilter.Rules rules(RBAC rbac, Field f) {
    f.nothingUnknown(rbac);
    RbacFilter.Action action =
        switch (rbac.getAction()) {
          case ALLOW -> RbacFilter.Action.ALLOW;
          case DENY -> RbacFilter.Action.DENY;
          case LOG -> RbacFilter.Action.LOG;
          case UNRECOGNIZED -> {
            f.at("action").refuse("unknown action " + rbac.getActionValue());
            yield RbacFilter.Action.DENY;
          }
        };
    Map<String, RbacFilter.Policy> policies = new TreeMap<>();
    rbac.getPoliciesMap()
        .forEach((name, policy) -> policies.put(name, policy(policy, f.at("policies", name))));
    return new RbacFilter.Rules(action, policies);
  }

  private static RbacFilter.Policy policy(Policy policy, Field f) {
    f.nothingUnknown(policy);
    f.forbidden(policy.hasCondition(), "condition");
    f.forbidden(policy.hasCheckedCondition(), "checked_condition");
    if (policy.getPermissionsCount() == 0) {
      f.at("permissions").refuse("must not be empty");
    }
    if (policy.getPrincipalsCount() == 0) {
      f.at("principals").refuse("must not be empty");
    }
    return new RbacFilter.Policy(
        permissions(policy.getPermissionsList(), f, "permissions", 0),
        principals(policy.getPrincipalsList(), f, "principals", 0));
  }

  private static List<io.selvage.engine.model.Permission> permissions(
      List<Permission> all, Field f, String name, int depth) {
    List<io.selvage.engine.model.Permission> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      io.selvage.engine.model.Permission p = permission(all.get(i), f.at(name, i), depth);
      if (p != null) {
        found.add(p);
      }
    }
    return found;
  }

  private static io.selvage.engine.model.@Nullable Permission permission(
      Permission p, Field f, int depth) {
    f.nothingUnknown(p);
    if (depth > MAX_DEPTH) {
      f.refuse("nested too deeply");
      return null;
    }
    switch (p.getRuleCase()) {
      case AND_RULES:
        return new io.selvage.engine.model.Permission.And(
            set(p.getAndRules(), f.at("and_rules"), depth));
      case OR_RULES:
        return new io.selvage.engine.model.Permission.Or(
            set(p.getOrRules(), f.at("or_rules"), depth));
      case NOT_RULE:
        io.selvage.engine.model.Permission of =
            permission(p.getNotRule(), f.at("not_rule"), depth + 1);
        return of == null ? null : new io.selvage.engine.model.Permission.Not(of);
      case ANY:
        return any(p.getAny(), f) ? new io.selvage.engine.model.Permission.Any() : null;
      case HEADER:
        return new io.selvage.engine.model.Permission.Header(
            Matchers.header(p.getHeader(), f.at("header")));
      case URL_PATH:
        return new io.selvage.engine.model.Permission.UrlPath(
            Matchers.string(p.getUrlPath().getPath(), f.at("url_path.path")));
      case URI_TEMPLATE:
        UriTemplateMatchConfig template =
            f.at("uri_template")
                .unpack(
                    p.getUriTemplate().getTypedConfig(), TEMPLATE, UriTemplateMatchConfig.parser());
        return template == null
            ? null
            : new io.selvage.engine.model.Permission.PathTemplate(template.getPathTemplate());
      case DESTINATION_IP:
        return new io.selvage.engine.model.Permission.DestinationIp(
            Values.cidr(p.getDestinationIp(), f.at("destination_ip")));
      case DESTINATION_PORT:
        return new io.selvage.engine.model.Permission.DestinationPort(p.getDestinationPort());
      case DESTINATION_PORT_RANGE:
        return new io.selvage.engine.model.Permission.DestinationPortRange(
            p.getDestinationPortRange().getStart(), p.getDestinationPortRange().getEnd());
      case REQUESTED_SERVER_NAME:
        return new io.selvage.engine.model.Permission.RequestedServerName(
            Matchers.string(p.getRequestedServerName(), f.at("requested_server_name")));
      default:
        f.refuse("permission not supported: " + p.getRuleCase());
        return null;
    }
  }

  private static List<io.selvage.engine.model.Permission> set(
      Permission.Set set, Field f, int depth) {
    f.nothingUnknown(set);
    if (set.getRulesCount() == 0) {
      f.at("rules").refuse("must not be empty");
    }
    return permissions(set.getRulesList(), f, "rules", depth + 1);
  }

  private static List<io.selvage.engine.model.Principal> principals(
      List<Principal> all, Field f, String name, int depth) {
    List<io.selvage.engine.model.Principal> found = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      io.selvage.engine.model.Principal p = principal(all.get(i), f.at(name, i), depth);
      if (p != null) {
        found.add(p);
      }
    }
    return found;
  }

  @SuppressWarnings("deprecation") // source_ip and metadata are what older controllers send
  private static io.selvage.engine.model.@Nullable Principal principal(
      Principal p, Field f, int depth) {
    f.nothingUnknown(p);
    if (depth > MAX_DEPTH) {
      f.refuse("nested too deeply");
      return null;
    }
    switch (p.getIdentifierCase()) {
      case AND_IDS:
        return new io.selvage.engine.model.Principal.And(
            set(p.getAndIds(), f.at("and_ids"), depth));
      case OR_IDS:
        return new io.selvage.engine.model.Principal.Or(set(p.getOrIds(), f.at("or_ids"), depth));
      case NOT_ID:
        io.selvage.engine.model.Principal of = principal(p.getNotId(), f.at("not_id"), depth + 1);
        return of == null ? null : new io.selvage.engine.model.Principal.Not(of);
      case ANY:
        return any(p.getAny(), f) ? new io.selvage.engine.model.Principal.Any() : null;
      case AUTHENTICATED:
        f.at("authenticated").nothingUnknown(p.getAuthenticated());
        return new io.selvage.engine.model.Principal.Authenticated(
            p.getAuthenticated().hasPrincipalName()
                ? Matchers.string(
                    p.getAuthenticated().getPrincipalName(), f.at("authenticated.principal_name"))
                : null);
      case SOURCE_IP:
        return new io.selvage.engine.model.Principal.DirectRemoteIp(
            Values.cidr(p.getSourceIp(), f.at("source_ip")));
      case DIRECT_REMOTE_IP:
        return new io.selvage.engine.model.Principal.DirectRemoteIp(
            Values.cidr(p.getDirectRemoteIp(), f.at("direct_remote_ip")));
      case REMOTE_IP:
        return new io.selvage.engine.model.Principal.RemoteIp(
            Values.cidr(p.getRemoteIp(), f.at("remote_ip")));
      case HEADER:
        return new io.selvage.engine.model.Principal.Header(
            Matchers.header(p.getHeader(), f.at("header")));
      case URL_PATH:
        return new io.selvage.engine.model.Principal.UrlPath(
            Matchers.string(p.getUrlPath().getPath(), f.at("url_path.path")));
      case METADATA:
        return MetadataParser.principal(p.getMetadata(), f.at("metadata"));
      case SOURCED_METADATA:
        return MetadataParser.principal(p.getSourcedMetadata(), f.at("sourced_metadata"));
      case FILTER_STATE:
        return peer(p, f.at("filter_state"));
      default:
        f.refuse("principal not supported: " + p.getIdentifierCase());
        return null;
    }
  }

  /** Istio's other way to name the authenticated peer. */
  private static io.selvage.engine.model.@Nullable Principal peer(Principal p, Field f) {
    if (!p.getFilterState().getKey().equals(PEER) || !p.getFilterState().hasStringMatch()) {
      f.refuse("filter state not supported: '" + p.getFilterState().getKey() + "'");
      return null;
    }
    return new io.selvage.engine.model.Principal.Authenticated(
        Matchers.string(p.getFilterState().getStringMatch(), f.at("string_match")));
  }

  private static List<io.selvage.engine.model.Principal> set(
      Principal.Set set, Field f, int depth) {
    f.nothingUnknown(set);
    if (set.getIdsCount() == 0) {
      f.at("ids").refuse("must not be empty");
    }
    return principals(set.getIdsList(), f, "ids", depth + 1);
  }

  private static boolean any(boolean value, Field f) {
    if (!value) {
      f.at("any").refuse("must be true");
    }
    return value;
  }
}
