package io.selvage.controller.translate;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.registry.WorkloadNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * From one view of the mesh to the configuration of any data plane: pure, and computed once for all
 * callers that see the same. Thread-safe.
 */
public final class Translator {
  private final MeshView view;
  private final @Nullable TrustBundle bundle;
  private final Interner interner;
  private final Map<String, OwnWays> ownBefore;
  private final Map<String, OwnWays> own = new ConcurrentHashMap<>();
  private final Map<Caller, Outbound> outbound = new ConcurrentHashMap<>();

  /** What a caller sees of others. */
  private record Outbound(
      ResourceSet clusters,
      ResourceSet endpoints,
      ResourceSet listeners,
      ResourceSet routes,
      ResourceSet names) {}

  private Translator(
      MeshView view,
      @Nullable TrustBundle bundle,
      Interner interner,
      Map<String, OwnWays> ownBefore) {
    this.ownBefore = ownBefore;
    this.view = view;
    this.bundle = bundle;
    this.interner = interner;
  }

  /** The first generation. */
  public static Translator first(MeshView view, TrustBundle bundle) {
    return new Translator(view, bundle, new Interner(), Map.of());
  }

  /** One that is asked for problems alone: nobody trusts it, so it configures nobody. */
  public static Translator forProblems(MeshView view) {
    return new Translator(view, null, new Interner(), Map.of());
  }

  /** The generation after this one, sharing what did not change. */
  public Translator next(MeshView newView, TrustBundle newBundle) {
    return new Translator(newView, newBundle, interner.next(), own);
  }

  /** Whether data planes are told to trust exactly these. */
  public boolean trusts(TrustBundle whom) {
    return whom.equals(bundle);
  }

  /** What was found wrong, by translations so far and by a look at all references. */
  public Problems problems() {
    new References(view).check();
    new NoEffect(view).check();
    view.own().check(view);
    view.databases().check(view);
    own.values().forEach(ways -> view.problems().addAll(ways.problems()));
    return view.problems();
  }

  /** What became of routes and policies of the Gateway API. */
  public List<RefStatus> refStatuses() {
    return new RefStatuses(view.gateway()).all();
  }

  /** Finds what is wrong from one data plane's point of view. */
  public void look(WorkloadNode node) {
    var unused = ways(node, seen(node));
  }

  private Outbound seen(WorkloadNode node) {
    return outbound.computeIfAbsent(Caller.of(node, view), this::translate);
  }

  private OwnWays ways(WorkloadNode node, Outbound seen) {
    return own.compute(
        node.id() + "|" + node.instance(),
        (key, current) ->
            OwnWays.of(
                view,
                node,
                current == null ? ownBefore.get(key) : current,
                seen.clusters(),
                seen.listeners()));
  }

  /** Everything for one data plane. */
  public AgentConfig configFor(WorkloadNode node) {
    Outbound seen = seen(node);
    ResourceSet trust =
        interner.set("trust", TrustResources.of(Objects.requireNonNull(bundle), interner));
    OwnWays ways = ways(node, seen);
    return new AgentConfig(
        Map.of(
            TypeUrl.CDS,
            ways.allClusters(),
            TypeUrl.EDS,
            seen.endpoints(),
            TypeUrl.LDS,
            ways.allListeners(),
            TypeUrl.RDS,
            seen.routes(),
            TypeUrl.NDS,
            seen.names(),
            TypeUrl.TRUST_BUNDLE,
            trust));
  }

  private Outbound translate(Caller caller) {
    Rules rules = new Rules(view, caller);
    RouteTables tables = new RouteTables(view, caller, rules);
    List<XdsResource> clusters = new ArrayList<>();
    for (Cluster each : new OutboundClusters(view, caller, rules).all()) {
      clusters.add(interner.resource(TypeUrl.CDS, each.getName(), each));
    }
    List<XdsResource> endpoints = new ArrayList<>();
    for (ClusterLoadAssignment each : new Assignments(view, caller, rules).all()) {
      endpoints.add(interner.resource(TypeUrl.EDS, each.getClusterName(), each));
    }
    List<XdsResource> routes = new ArrayList<>();
    List<XdsResource> listeners = new ArrayList<>();
    if (caller.proxyless()) {
      Proxyless proxyless = new Proxyless(view, caller, rules);
      for (RouteConfiguration each : proxyless.routes()) {
        routes.add(interner.resource(TypeUrl.RDS, each.getName(), each));
      }
      for (Listener each : proxyless.listeners()) {
        listeners.add(interner.resource(TypeUrl.LDS, each.getName(), each));
      }
    } else {
      for (RouteConfiguration each : tables.all()) {
        routes.add(interner.resource(TypeUrl.RDS, each.getName(), each));
      }
      for (Listener each : new OutboundListeners(view, caller, rules, tables).all()) {
        listeners.add(interner.resource(TypeUrl.LDS, each.getName(), each));
      }
    }
    List<XdsResource> names =
        List.of(
            interner.resource(TypeUrl.NDS, NameTables.NAME, NameTables.of(rules.scope(), caller)));
    String key = caller.toString();
    return new Outbound(
        interner.set("cds|" + key, clusters),
        interner.set("eds|" + key, endpoints),
        interner.set("lds|" + key, listeners),
        interner.set("rds|" + key, routes),
        interner.set("nds|" + key, names));
  }
}
