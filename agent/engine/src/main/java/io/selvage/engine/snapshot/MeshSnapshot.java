package io.selvage.engine.snapshot;

import io.selvage.engine.model.Listener;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.model.RouteConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A configuration compiled for the request path; immutable. */
public final class MeshSnapshot {
  private final MeshConfig config;
  private final Outbound outbound;
  private final Inbound inbound;
  private final Map<String, CompiledCluster> clusters;
  private final Databases databases;
  private final List<Reason> reasons;
  private final String selfCluster;

  /**
   * Compiles a configuration. Never throws: what cannot be compiled is left out (or, where it
   * protects something, refuses) and named in {@link #reasons}.
   */
  public MeshSnapshot(
      MeshConfig config, StateTable states, Picker.Factory pickers, Node self, HostNames names) {
    this.config = config;
    selfCluster =
        (self.service().isEmpty() ? self.workload() : self.service()) + "." + self.namespace();
    List<Reason> found = new ArrayList<>();
    RouteCompiler routes = new RouteCompiler(found, states);
    clusters = new ClusterCompiler(states, pickers).compile(config, self, names);
    outbound = outbound(config, routes, found);
    inbound = new InboundCompiler(found, routes).compile(config.inbound());
    databases = new Databases(config.databases(), outbound);
    reasons = List.copyOf(found);
  }

  /** Policies for databases. */
  public Databases databases() {
    return databases;
  }

  private static Outbound outbound(MeshConfig config, RouteCompiler compiler, List<Reason> found) {
    Map<String, CompiledRoutes> routes = new HashMap<>();
    for (RouteConfig one : config.routes().values()) {
      routes.put(one.name(), compiler.compile(one));
    }
    List<CompiledListener> listeners = new ArrayList<>();
    for (Listener listener : config.listeners()) {
      listeners.add(listener(listener, routes, compiler, found));
    }
    return new Outbound(listeners, config.names());
  }

  private static CompiledListener listener(
      Listener listener,
      Map<String, CompiledRoutes> routes,
      RouteCompiler compiler,
      List<Reason> found) {
    if (listener.target() instanceof Listener.Tcp tcp) {
      List<CompiledTcpChain> chains = List.of();
      try {
        chains = CompiledTcpChain.of(tcp.chains());
      } catch (IllegalArgumentException bad) {
        found.add(
            new Reason("Listener " + listener.name(), "chains", String.valueOf(bad.getMessage())));
      }
      return new CompiledListener(
          listener, null, null, new Split(tcp.clusters()), chains, Limiters.NONE);
    }
    Listener.Http http = (Listener.Http) listener.target();
    CompiledRoutes own =
        http.inlineRoutes() == null
            ? routes.get(http.routeConfigName())
            : compiler.compile(http.inlineRoutes());
    CompiledFault fault = null;
    try {
      fault = RouteCompiler.fault(http.fault());
    } catch (IllegalArgumentException bad) {
      found.add(
          new Reason("Listener " + listener.name(), "fault", String.valueOf(bad.getMessage())));
    }
    return new CompiledListener(
        listener,
        own,
        fault,
        null,
        List.of(),
        compiler.limiters("Listener " + listener.name(), http.policy().limits()));
  }

  public MeshConfig config() {
    return config;
  }

  public Outbound outbound() {
    return outbound;
  }

  public Inbound inbound() {
    return inbound;
  }

  /** A cluster by name; null when there is none. */
  public @Nullable CompiledCluster cluster(String name) {
    return clusters.get(name);
  }

  /** Who this workload is among the mesh's services: {@code service.namespace}. */
  public String selfCluster() {
    return selfCluster;
  }

  /** What was left out, and why. */
  public List<Reason> reasons() {
    return reasons;
  }
}
