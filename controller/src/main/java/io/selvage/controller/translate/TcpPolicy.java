package io.selvage.controller.translate;

import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.envoyproxy.envoy.type.v3.HashPolicy;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.TrafficPolicy;

/** What a DestinationRule says of connections whose requests are not seen. */
final class TcpPolicy {
  private TcpPolicy() {}

  static void apply(TcpProxy.Builder proxy, Policy policy) {
    TrafficPolicy.ConnectionPool pool = policy.connectionPool();
    if (pool != null) {
      if (pool.tcp().idleTimeout() != null) {
        proxy.setIdleTimeout(Protos.duration(pool.tcp().idleTimeout()));
      }
      if (pool.tcp().maxConnectionDuration() != null) {
        proxy.setMaxDownstreamConnectionDuration(
            Protos.duration(pool.tcp().maxConnectionDuration()));
      }
    }
    LoadBalancer balancer = policy.loadBalancer();
    LoadBalancer.ConsistentHash hash = balancer == null ? null : balancer.consistentHash();
    if (hash != null && hash.useSourceIp()) {
      proxy.addHashPolicy(
          HashPolicy.newBuilder().setSourceIp(HashPolicy.SourceIp.getDefaultInstance()));
    }
    TrafficPolicy.Tunnel tunnel = policy.tunnel();
    if (tunnel != null) {
      proxy.setTunnelingConfig(
          TcpProxy.TunnelingConfig.newBuilder()
              .setHostname(tunnel.targetHost() + ":" + tunnel.targetPort())
              .setUsePost(tunnel.protocol().equals("POST")));
    }
  }
}
