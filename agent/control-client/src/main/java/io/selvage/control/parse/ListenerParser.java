package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy;
import io.selvage.engine.model.CidrRange;
import io.selvage.engine.model.DatabasePolicy;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.WeightedCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Listeners (LDS): {@code virtualInbound}, {@code virtualOutbound}, and one for each port called.
 */
public final class ListenerParser {
  static final String HTTP =
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  static final String TCP = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  private static final String VIRTUAL_OUTBOUND = "virtualOutbound";
  private static final String VIRTUAL_INBOUND = "virtualInbound";
  private static final String BLACK_HOLE = "BlackHoleCluster";

  private ListenerParser() {}

  /** What a listener resource turned out to be. */
  public sealed interface Part {}

  /** Calls to one port, or to one address and port. */
  public record Outbound(io.selvage.engine.model.Listener listener) implements Part {}

  /** Connections to the application's own ports. */
  public record Inbound(InboundListener listener) implements Part {}

  /** What happens to calls that no listener knows, and to the databases that are used. */
  public record Rest(boolean registryOnly, List<DatabasePolicy> databases) implements Part {
    public Rest {
      databases = List.copyOf(databases);
    }

    public Rest(boolean registryOnly) {
      this(registryOnly, List.of());
    }
  }

  /** A whole resource. */
  public static Parsed<Part> parse(Listener listener) {
    return Field.read(f -> part(listener, f));
  }

  private static @Nullable Part part(Listener listener, Field f) {
    if (listener.getName().equals(VIRTUAL_INBOUND)
        || listener.getTrafficDirection() == TrafficDirection.INBOUND) {
      return new Inbound(InboundParser.parse(listener, f));
    }
    if (listener.hasApiListener()) {
      f.at("api_listener").refuse("not supported: this is no proxyless gRPC client");
      return null;
    }
    if (listener.getName().equals(VIRTUAL_OUTBOUND)) {
      return new Rest(isBlackHole(listener, f), OwnMetadata.databases(listener.getMetadata(), f));
    }
    SocketAddress address = listener.getAddress().getSocketAddress();
    int port = address.getPortValue();
    if (port < 1 || port > 65_535) {
      f.at("address.socket_address.port_value")
          .refuse("not a port: " + Integer.toUnsignedString(port));
    }
    io.selvage.engine.model.Listener.Target target = target(listener, f);
    return target == null
        ? null
        : new Outbound(
            new io.selvage.engine.model.Listener(
                listener.getName(), address.getAddress(), port, target));
  }

  /** The HTTP chain, wherever it stands; else the first with a TCP proxy. */
  private static io.selvage.engine.model.Listener.@Nullable Target target(
      Listener listener, Field f) {
    List<FilterChain> chains = new ArrayList<>(listener.getFilterChainsList());
    if (listener.hasDefaultFilterChain()) {
      chains.add(listener.getDefaultFilterChain());
    }
    io.selvage.engine.model.Listener.Tcp tcp = null;
    List<io.selvage.engine.model.Listener.Chain> choices = new ArrayList<>();
    for (int i = 0; i < chains.size(); i++) {
      Field at =
          i < listener.getFilterChainsCount()
              ? f.at("filter_chains", i)
              : f.at("default_filter_chain");
      for (int j = 0; j < chains.get(i).getFiltersCount(); j++) {
        Filter filter = chains.get(i).getFilters(j);
        Field in = at.at("filters", j).at("typed_config");
        switch (Field.typeOf(filter.getTypedConfig())) {
          case HTTP -> {
            HttpConnectionManager manager =
                in.unpack(filter.getTypedConfig(), HTTP, HttpConnectionManager.parser());
            return manager == null ? null : ManagerParser.outbound(manager, in);
          }
          case TCP -> {
            TcpProxy proxy = in.unpack(filter.getTypedConfig(), TCP, TcpProxy.parser());
            if (proxy == null) {
              break;
            }
            in.unsupported(proxy.hasTunnelingConfig(), "tunneling_config");
            if (isChoice(chains.get(i).getFilterChainMatch())) {
              choices.add(choice(chains.get(i).getFilterChainMatch(), clusters(proxy, in), at));
            } else if (tcp == null) {
              tcp =
                  new io.selvage.engine.model.Listener.Tcp(
                      clusters(proxy, in), proxy.getStatPrefix());
            }
          }
          default -> {
            if (!HarmlessFilters.isOne(filter.getName())) {
              in.warn("filter not supported, left out: " + filter.getName());
            }
          }
        }
      }
    }
    if (tcp == null && choices.isEmpty()) {
      f.at("filter_chains").refuse("no chain handles HTTP or TCP");
      return null;
    }
    return tcp == null
        ? new io.selvage.engine.model.Listener.Tcp(List.of(), "", choices)
        : new io.selvage.engine.model.Listener.Tcp(tcp.clusters(), tcp.statPrefix(), choices);
  }

  private static boolean isChoice(FilterChainMatch match) {
    return match.getServerNamesCount() > 0 || match.getPrefixRangesCount() > 0;
  }

  private static io.selvage.engine.model.Listener.Chain choice(
      FilterChainMatch match, List<WeightedCluster> clusters, Field f) {
    List<CidrRange> ranges = new ArrayList<>();
    match
        .getPrefixRangesList()
        .forEach(
            r ->
                ranges.add(
                    new CidrRange(
                        r.getAddressPrefix(),
                        Values.number(r.hasPrefixLen(), r.getPrefixLen(), 0))));
    f.at("filter_chain_match").nothingUnknown(match);
    return new io.selvage.engine.model.Listener.Chain(
        match.getServerNamesList().stream().map(n -> n.toLowerCase(Locale.ROOT)).toList(),
        ranges,
        clusters);
  }

  static List<WeightedCluster> clusters(TcpProxy proxy, Field f) {
    List<WeightedCluster> found = new ArrayList<>();
    switch (proxy.getClusterSpecifierCase()) {
      case CLUSTER -> found.add(WeightedCluster.all(proxy.getCluster()));
      case WEIGHTED_CLUSTERS ->
          proxy
              .getWeightedClusters()
              .getClustersList()
              .forEach(
                  share ->
                      found.add(
                          new WeightedCluster(
                              share.getName(),
                              Math.max(0, share.getWeight()),
                              io.selvage.engine.model.HeaderOps.NONE,
                              io.selvage.engine.model.HeaderOps.NONE)));
      default -> f.refuse("cluster specifier not supported: " + proxy.getClusterSpecifierCase());
    }
    if (found.stream().mapToLong(WeightedCluster::weight).sum() < 1) {
      f.refuse("no cluster has a weight");
    }
    return found;
  }

  private static boolean isBlackHole(Listener listener, Field f) {
    List<FilterChain> chains = new ArrayList<>(listener.getFilterChainsList());
    if (listener.hasDefaultFilterChain()) {
      chains.add(listener.getDefaultFilterChain());
    }
    boolean passes = false;
    boolean refuses = false;
    for (FilterChain chain : chains) {
      for (Filter filter : chain.getFiltersList()) {
        Any any = filter.getTypedConfig();
        if (Field.typeOf(any).equals(TCP)) {
          TcpProxy proxy = f.unpack(any, TCP, TcpProxy.parser());
          boolean hole = proxy != null && proxy.getCluster().equals(BLACK_HOLE);
          // Istio's own loop guard: a chain for the listener's own port
          boolean guard = chain.getFilterChainMatch().hasDestinationPort();
          refuses |= hole && !guard;
          passes |= !hole;
        }
      }
    }
    return refuses && !passes;
  }
}
