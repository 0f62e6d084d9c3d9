package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An outbound listener: where calls to one port, or to one address and port, are decided (Envoy
 * {@code Listener}).
 *
 * @param address the bound address: {@code 0.0.0.0} for every call to the port, or one virtual
 *     address
 * @param port the port that the application calls
 */
public record Listener(String name, String address, int port, Target target) {

  /** What handles the calls of a listener. */
  public sealed interface Target permits Http, Tcp {}

  /**
   * HTTP calls, decided by a route configuration: by name (RDS), or inline.
   *
   * @param fault the listener's own fault filter, before any route's
   * @param session how sessions are kept, unless a route says otherwise; null = they are not,
   *     whatever routes say
   */
  public record Http(
      String routeConfigName,
      @Nullable RouteConfig inlineRoutes,
      @Nullable Fault fault,
      Observability observability,
      ManagerPolicy policy,
      PathPolicy paths,
      @Nullable SessionPersistence session)
      implements Target {
    /** With paths as the application writes them, whose sessions are not kept. */
    public Http(
        String routeConfigName,
        @Nullable RouteConfig inlineRoutes,
        @Nullable Fault fault,
        Observability observability,
        ManagerPolicy policy) {
      this(
          routeConfigName, inlineRoutes, fault, observability, policy, PathPolicy.AS_WRITTEN, null);
    }

    /** With paths as the application writes them, and streams that are not limited. */
    public Http(
        String routeConfigName,
        @Nullable RouteConfig inlineRoutes,
        @Nullable Fault fault,
        Observability observability) {
      this(routeConfigName, inlineRoutes, fault, observability, ManagerPolicy.NONE);
    }
  }

  /**
   * Connections of any protocol, given to clusters by weight (Envoy {@code TcpProxy}).
   *
   * @param clusters for connections that no chain asks for; empty = no chain takes them
   * @param chains what is decided by server name and called address
   */
  public record Tcp(List<WeightedCluster> clusters, String statPrefix, List<Chain> chains)
      implements Target {
    public Tcp {
      clusters = List.copyOf(clusters);
      chains = List.copyOf(chains);
    }

    public Tcp(List<WeightedCluster> clusters, String statPrefix) {
      this(clusters, statPrefix, List.of());
    }
  }

  /**
   * Clusters for some connections (Envoy {@code FilterChainMatch}); both conditions must hold.
   *
   * @param serverNames lower case, {@code *.} allowed in front; empty = any
   * @param ranges of called addresses; empty = any
   */
  public record Chain(
      List<String> serverNames, List<CidrRange> ranges, List<WeightedCluster> clusters) {
    public Chain {
      serverNames = List.copyOf(serverNames);
      ranges = List.copyOf(ranges);
      clusters = List.copyOf(clusters);
    }
  }
}
