package io.selvage.control.parse;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.Filter;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import java.util.Set;

/**
 * Names what Envoy does and an agent does not, resource by resource, so that nothing is left out in
 * silence. What only observes, and limits of Envoy's own buffers, are not named; what would let in
 * more, or trust more, is refused.
 */
final class LeftOut {
  /** Ways of reading a JVM's connections that the library has by itself. */
  private static final Set<String> UPGRADES = Set.of("websocket", "connect");

  private LeftOut() {}

  @SuppressWarnings("deprecation") // what older controllers send is named too
  static void cluster(Cluster cluster, Field f) {
    f.unsupported(cluster.hasUpstreamBindConfig(), "upstream_bind_config");
    f.unsupported(
        cluster.getCloseConnectionsOnHostHealthFailure(),
        "close_connections_on_host_health_failure");
    f.unsupported(cluster.getIgnoreHealthOnHostRemoval(), "ignore_health_on_host_removal");
    f.unsupported(cluster.hasPreconnectPolicy(), "preconnect_policy");
    f.unsupported(
        cluster.getConnectionPoolPerDownstreamConnection(),
        "connection_pool_per_downstream_connection");
    f.unsupported(cluster.getDnsResolversCount() > 0, "dns_resolvers");
    f.unsupported(cluster.hasDnsResolutionConfig(), "dns_resolution_config");
    f.unsupported(cluster.hasTypedDnsResolverConfig(), "typed_dns_resolver_config");
    f.unsupported(cluster.getUseTcpForDnsLookups(), "use_tcp_for_dns_lookups");
    if (cluster.getRespectDnsTtl() && isNamed(cluster)) {
      f.at("respect_dns_ttl")
          .warn(
              "no effect: the JVM's resolver tells no time to live; names are asked anew every"
                  + " dns_refresh_rate");
    }
    var common = cluster.getCommonLbConfig();
    Field at = f.at("common_lb_config");
    at.unsupported(
        common.getCloseConnectionsOnHostSetChange(), "close_connections_on_host_set_change");
    at.unsupported(common.getIgnoreNewHostsUntilFirstHc(), "ignore_new_hosts_until_first_hc");
    for (int i = 0; i < cluster.getFiltersCount(); i++) {
      Filter filter = cluster.getFilters(i);
      f.at("filters", i)
          .unsupported(!HarmlessFilters.isOne(filter.getName()), "name: " + filter.getName());
    }
  }

  private static boolean isNamed(Cluster cluster) {
    return cluster.getType() == Cluster.DiscoveryType.STRICT_DNS
        || cluster.getType() == Cluster.DiscoveryType.LOGICAL_DNS;
  }

  @SuppressWarnings("deprecation") // as above
  static void action(RouteAction action, Field f) {
    f.unsupported(action.hasInternalRedirectPolicy(), "internal_redirect_policy");
    f.unsupported(action.hasEarlyDataPolicy(), "early_data_policy");
    f.unsupported(action.hasRetryPolicyTypedConfig(), "retry_policy_typed_config");
    f.forbidden(action.hasCors(), "cors");
    for (int i = 0; i < action.getUpgradeConfigsCount(); i++) {
      String kind = action.getUpgradeConfigs(i).getUpgradeType();
      f.at("upgrade_configs", i).unsupported(!UPGRADES.contains(kind), "upgrade_type: " + kind);
    }
  }

  @SuppressWarnings("deprecation") // as above
  static void host(VirtualHost host, Field f) {
    f.forbidden(host.hasCors(), "cors");
    f.unsupported(host.hasRetryPolicyTypedConfig(), "retry_policy_typed_config");
  }

  static void route(Route route, Field f) {
    f.unsupported(
        route.hasTracing() && route.getTracing().hasRandomSampling(), "tracing.random_sampling");
  }

  static void manager(HttpConnectionManager manager, Field f) {
    f.unsupported(manager.hasRequestTimeout(), "request_timeout");
    f.unsupported(manager.hasRequestHeadersTimeout(), "request_headers_timeout");
    f.unsupported(manager.hasLocalReplyConfig(), "local_reply_config");
    f.unsupported(manager.getStripMatchingHostPort(), "strip_matching_host_port");
    f.unsupported(manager.getStripAnyHostPort(), "strip_any_host_port");
    f.unsupported(
        manager.getEarlyHeaderMutationExtensionsCount() > 0, "early_header_mutation_extensions");
  }

  /** What says whom to believe about the caller. */
  static void trust(HttpConnectionManager manager, Field f) {
    f.forbidden(
        manager.getOriginalIpDetectionExtensionsCount() > 0, "original_ip_detection_extensions");
  }
}
