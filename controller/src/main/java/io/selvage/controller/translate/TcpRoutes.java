package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.selvage.controller.resource.view.Destination;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.VirtualService.L4Match;
import io.selvage.controller.resource.view.VirtualService.WeightedDestination;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code tls} and {@code tcp} rules of a VirtualService as filter chains: by server name and called
 * address; conditions on the caller are decided here.
 */
final class TcpRoutes {
  private final Rules rules;
  private final HttpRoutes destinations;
  private final Caller caller;

  TcpRoutes(Rules rules, HttpRoutes destinations, Caller caller) {
    this.rules = rules;
    this.destinations = destinations;
    this.caller = caller;
  }

  /** Chains in order; one without a match, if any, is the last. */
  List<FilterChain> of(VirtualService rule, MeshService service, MeshPort port) {
    List<FilterChain> chains = new ArrayList<>();
    List<FilterChainMatch> taken = new ArrayList<>();
    for (int i = 0; i < rule.tls().size(); i++) {
      VirtualService.TlsRoute route = rule.tls().get(i);
      String field = "spec.tls[" + i + "].route";
      for (L4Match match : route.match()) {
        if (applies(match, port.number())) {
          add(chains, taken, conditions(match), proxy(rule, route.route(), service, port, field));
        }
      }
    }
    for (int i = 0; i < rule.tcp().size(); i++) {
      VirtualService.TcpRoute route = rule.tcp().get(i);
      String field = "spec.tcp[" + i + "].route";
      if (route.route().isEmpty()) {
        continue;
      }
      if (route.match().isEmpty()) {
        add(
            chains,
            taken,
            FilterChainMatch.getDefaultInstance(),
            proxy(rule, route.route(), service, port, field));
      }
      for (L4Match match : route.match()) {
        if (applies(match, port.number())) {
          add(chains, taken, conditions(match), proxy(rule, route.route(), service, port, field));
        }
      }
    }
    // nothing is asked after the chain that takes everything
    return ordered(chains);
  }

  // Envoy refuses two chains with one match; the first rule wins, as in Istio
  private static void add(
      List<FilterChain> chains,
      List<FilterChainMatch> taken,
      FilterChainMatch match,
      Filter proxy) {
    if (taken.contains(match)) {
      return;
    }
    taken.add(match);
    FilterChain.Builder chain = FilterChain.newBuilder().addFilters(proxy);
    if (!match.equals(FilterChainMatch.getDefaultInstance())) {
      chain.setFilterChainMatch(match);
    }
    chains.add(chain.build());
  }

  private static List<FilterChain> ordered(List<FilterChain> chains) {
    List<FilterChain> ordered = new ArrayList<>();
    chains.stream().filter(FilterChain::hasFilterChainMatch).forEach(ordered::add);
    chains.stream().filter(c -> !c.hasFilterChainMatch()).forEach(ordered::add);
    return ordered;
  }

  private static FilterChainMatch conditions(L4Match match) {
    FilterChainMatch.Builder conditions =
        FilterChainMatch.newBuilder().addAllServerNames(match.sniHosts());
    for (String subnet : match.destinationSubnets()) {
      conditions.addPrefixRanges(range(subnet));
    }
    return conditions.build();
  }

  /** An address alone is a range of one. */
  static CidrRange range(String subnet) {
    int slash = subnet.indexOf('/');
    String address = slash < 0 ? subnet : subnet.substring(0, slash);
    int whole = address.indexOf(':') < 0 ? 32 : 128;
    int length = slash < 0 ? whole : Integer.parseInt(subnet.substring(slash + 1));
    return CidrRange.newBuilder()
        .setAddressPrefix(address)
        .setPrefixLen(Protos.number(length))
        .build();
  }

  private boolean applies(L4Match match, int port) {
    Integer wanted = match.port();
    return (wanted == null || wanted == port)
        && (match.gateways().isEmpty() || match.gateways().contains("mesh"))
        && (match.sourceNamespace().isEmpty() || match.sourceNamespace().equals(caller.namespace()))
        && ServiceIndex.matches(match.sourceLabels(), caller.labels());
  }

  private Filter proxy(
      VirtualService rule,
      List<WeightedDestination> to,
      MeshService service,
      MeshPort port,
      String field) {
    List<String> clusters = new ArrayList<>();
    for (int i = 0; i < to.size(); i++) {
      clusters.add(
          destinations.cluster(
              rule, to.get(i).destination(), port.number(), field + "[" + i + "].destination"));
    }
    return Filters.tcp(
        ClusterName.outbound(port.number(), "", service.host()),
        clusters,
        to,
        policy(rule, to.get(0).destination(), port));
  }

  private Policy policy(VirtualService owner, Destination to, MeshPort port) {
    String host = destinations.resolved(owner, to);
    MeshService target = rules.scope().service(host);
    DestinationRule rule = target == null ? null : rules.destinationRule(target);
    DestinationRule.@Nullable Subset subset =
        rule == null
            ? null
            : rule.subsets().stream()
                .filter(s -> s.name().equals(to.subset()))
                .findFirst()
                .orElse(null);
    return Policy.of(rule, subset, destinations.portOf(to, host, port.number()));
  }
}
