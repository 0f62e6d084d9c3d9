package io.selvage.control.parse;

import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.FilterChain.InboundHttp;
import io.selvage.engine.model.FilterChain.Transport;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.RbacFilter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The way in: every filter and match must be understood, as leaving one out would let more in. */
final class InboundParser {
  private static final String RBAC_TYPE = "envoy.extensions.filters.network.rbac.v3.RBAC";

  private InboundParser() {}

  static InboundListener parse(Listener listener, Field f) {
    List<io.selvage.engine.model.FilterChain> chains = new ArrayList<>();
    int bound = listener.getAddress().getSocketAddress().getPortValue();
    boolean virtual =
        listener.getName().equals("virtualInbound") || listener.getUseOriginalDst().getValue();
    for (int i = 0; i < listener.getFilterChainsCount(); i++) {
      chains.add(chain(listener.getFilterChains(i), virtual ? 0 : bound, f.at("filter_chains", i)));
    }
    if (listener.hasDefaultFilterChain()) {
      chains.add(
          chain(
              listener.getDefaultFilterChain(), virtual ? 0 : bound, f.at("default_filter_chain")));
    }
    return new InboundListener(chains, OwnMetadata.workload(listener.getMetadata(), f));
  }

  private static io.selvage.engine.model.FilterChain chain(FilterChain chain, int bound, Field f) {
    FilterChainMatch match = chain.getFilterChainMatch();
    Transport transport = transport(match, f.at("filter_chain_match"));
    DownstreamTls tls = null;
    if (chain.hasTransportSocket() && !TlsParser.isRaw(chain.getTransportSocket())) {
      tls = TlsParser.downstream(chain.getTransportSocket(), f.at("transport_socket"));
      if (transport == Transport.RAW) {
        f.at("transport_socket").refuse("TLS on a chain for plaintext");
      }
    }
    InboundHttp http = null;
    List<RbacFilter> network = new ArrayList<>();
    for (int i = 0; i < chain.getFiltersCount(); i++) {
      Filter filter = chain.getFilters(i);
      Field at = f.at("filters", i).at("typed_config");
      switch (Field.typeOf(filter.getTypedConfig())) {
        case ListenerParser.HTTP -> {
          HttpConnectionManager manager =
              at.unpack(
                  filter.getTypedConfig(), ListenerParser.HTTP, HttpConnectionManager.parser());
          http = manager == null ? null : ManagerParser.inbound(manager, at);
        }
        case RBAC_TYPE -> {
          RBAC rbac = at.unpack(filter.getTypedConfig(), RBAC_TYPE, RBAC.parser());
          if (rbac != null) {
            network.add(RbacParser.network(rbac, at));
          }
        }
        case ListenerParser.TCP -> {}
        default -> {
          if (!HarmlessFilters.isOne(filter.getName())) {
            at.refuse(
                "filter not supported on the way in: "
                    + filter.getName()
                    + " ("
                    + Field.typeOf(filter.getTypedConfig())
                    + ")");
          }
        }
      }
    }
    int port = match.hasDestinationPort() ? match.getDestinationPort().getValue() : bound;
    return new io.selvage.engine.model.FilterChain(
        chain.getName(),
        port,
        transport,
        match.getApplicationProtocolsList(),
        tls,
        http,
        network,
        exempt(chain, transport, http, f));
  }

  /** Only requests can be told apart, and only their authorization says which are let in. */
  @SuppressWarnings("deprecation") // the chain's own metadata: Envoy reads it no more
  private static boolean exempt(
      FilterChain chain,
      Transport transport,
      io.selvage.engine.model.FilterChain.@Nullable InboundHttp http,
      Field f) {
    boolean exempt = OwnMetadata.exempt(chain.getMetadata(), f);
    if (exempt && (transport != Transport.RAW || http == null || http.rbac().isEmpty())) {
      f.at("metadata").refuse("exempts, but its requests are not authorized in plaintext");
    }
    return exempt;
  }

  private static Transport transport(FilterChainMatch match, Field f) {
    f.nothingUnknown(match);
    f.forbidden(match.getServerNamesCount() > 0, "server_names");
    f.forbidden(match.getSourcePrefixRangesCount() > 0, "source_prefix_ranges");
    f.forbidden(match.getDirectSourcePrefixRangesCount() > 0, "direct_source_prefix_ranges");
    f.forbidden(match.getSourcePortsCount() > 0, "source_ports");
    f.forbidden(match.getSourceTypeValue() != 0, "source_type");
    f.forbidden(match.hasSuffixLen() || !match.getAddressSuffix().isEmpty(), "address_suffix");
    for (int i = 0; i < match.getPrefixRangesCount(); i++) {
      if (match.getPrefixRanges(i).getPrefixLen().getValue() != 0) {
        f.at("prefix_ranges", i).refuse("only the range of all addresses is supported");
      }
    }
    return switch (match.getTransportProtocol()) {
      case "tls" -> Transport.TLS;
      case "raw_buffer" -> Transport.RAW;
      case "" -> Transport.ANY;
      default -> {
        f.at("transport_protocol").refuse("unknown: " + match.getTransportProtocol());
        yield Transport.TLS;
      }
    };
  }
}
