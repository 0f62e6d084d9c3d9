package io.selvage.instrumentation.testing.client;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.ProxyProtocol;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A small mesh as the control plane would describe it, in Istio's sidecar shapes: HTTP listeners by
 * port, a virtual host per service, EDS clusters, virtual addresses, {@code allow_any} for the
 * rest.
 */
public final class MeshSketch {
  private final Map<String, Svc> services = new LinkedHashMap<>();

  /** A service of the sketch; mutable until {@link MeshSketch#config}. */
  public static final class Svc {
    private final String name;
    private final int port;
    private final String address;
    private final boolean http;
    private final List<Endpoint> endpoints = new ArrayList<>();
    private List<Route> routes;
    private CircuitBreakers breakers = CircuitBreakers.DEFAULT;
    private ConnectionLimits connections = ConnectionLimits.NONE;
    private List<StringMatch> peers = List.of();
    private boolean http2;
    private @Nullable ProxyProtocol proxyProtocol;
    private Duration connectTimeout = Duration.ofSeconds(20);

    Svc(String name, int port, String address, boolean http) {
      this.name = name;
      this.port = port;
      this.address = address;
      this.http = http;
      this.routes = List.of(Routes.to(name, port).timeout(Duration.ZERO).retries(2).build());
    }

    /** An endpoint on loopback that speaks mesh TLS. */
    public Svc endpoint(int endpointPort) {
      return endpoint(endpointPort, "istio");
    }

    /** An endpoint on loopback without TLS. */
    public Svc plaintextEndpoint(int endpointPort) {
      return endpoint(endpointPort, "");
    }

    private Svc endpoint(int endpointPort, String tlsMode) {
      endpoints.add(
          new Endpoint(
              "127.0.0.1",
              endpointPort,
              1,
              Endpoint.Health.HEALTHY,
              Locality.UNKNOWN,
              tlsMode,
              new Endpoint.Workload(name + "-" + endpoints.size(), "default", name, "v1", "test"),
              Map.of()));
      return this;
    }

    public Svc noEndpoints() {
      endpoints.clear();
      return this;
    }

    public Svc routes(Routes... wanted) {
      List<Route> built = new ArrayList<>();
      for (Routes route : wanted) {
        built.add(route.build());
      }
      routes = built;
      return this;
    }

    public Svc breakers(CircuitBreakers value) {
      breakers = value;
      return this;
    }

    /** What its connections must keep to, beside {@link #breakers}. */
    public Svc connections(ConnectionLimits value) {
      connections = value;
      return this;
    }

    /** The SPIFFE ids that endpoints may have. */
    public Svc peer(String spiffeId) {
      peers = List.of(new StringMatch.Exact(spiffeId, false));
      return this;
    }

    /** What connections to it begin with. */
    public Svc proxyProtocol(ProxyProtocol value) {
      proxyProtocol = value;
      return this;
    }

    public Svc http2() {
      http2 = true;
      return this;
    }

    public Svc connectTimeout(Duration value) {
      connectTimeout = value;
      return this;
    }
  }

  /** Host part of a service's full name. */
  public static String fqdn(String service) {
    return service + ".default.svc.cluster.local";
  }

  public static String cluster(String service, int port) {
    return "outbound|" + port + "||" + fqdn(service);
  }

  /** An HTTP service; its routes retry twice on Istio's conditions unless said otherwise. */
  public Svc http(String name, int port) {
    return services.computeIfAbsent(name, key -> new Svc(name, port, address(), true));
  }

  /** A TCP service: connections are balanced, nothing is known of what they carry. */
  public Svc tcp(String name, int port) {
    return services.computeIfAbsent(name, key -> new Svc(name, port, address(), false));
  }

  public String virtualAddress(String service) {
    Svc found = services.get(service);
    if (found == null) {
      throw new IllegalArgumentException(service);
    }
    return found.address;
  }

  private String address() {
    return "240.240.0." + (services.size() + 1);
  }

  /** What the control plane would have sent. */
  public MeshConfig config() {
    Map<String, Cluster> clusters = new HashMap<>();
    Map<String, Endpoints> endpoints = new HashMap<>();
    Map<String, List<String>> names = new HashMap<>();
    List<Listener> listeners = new ArrayList<>();
    Map<Integer, List<VirtualHost>> hosts = new TreeMap<>();
    clusters.put("PassthroughCluster", passthrough());
    for (Svc service : services.values()) {
      String cluster = cluster(service.name, service.port);
      clusters.put(cluster, cluster(service, cluster));
      endpoints.put(cluster, endpoints(service, cluster));
      for (String name : names(service)) {
        names.put(name, List.of(service.address));
      }
      if (service.http) {
        hosts.computeIfAbsent(service.port, port -> new ArrayList<>()).add(host(service));
      } else {
        listeners.add(
            new Listener(
                service.address + "_" + service.port,
                service.address,
                service.port,
                new Listener.Tcp(List.of(WeightedCluster.all(cluster)), service.name)));
      }
    }
    Map<String, RouteConfig> routes = new HashMap<>();
    hosts.forEach(
        (port, list) -> {
          String name = String.valueOf(port);
          list.add(allowAny());
          routes.put(name, new RouteConfig(name, list, HeaderOps.NONE, HeaderOps.NONE));
          listeners.add(
              new Listener(
                  "0.0.0.0_" + port,
                  "0.0.0.0",
                  port,
                  new Listener.Http(name, null, null, Observability.DEFAULT)));
        });
    return new MeshConfig(
        listeners, InboundListener.EMPTY, routes, clusters, endpoints, new NameTable(names), false);
  }

  private static List<String> names(Svc service) {
    return List.of(
        service.name, service.name + ".default", service.name + ".default.svc", fqdn(service.name));
  }

  private static VirtualHost host(Svc service) {
    List<String> domains = new ArrayList<>();
    for (String name : names(service)) {
      domains.add(name);
      domains.add(name + ":" + service.port);
    }
    domains.add(service.address);
    domains.add(service.address + ":" + service.port);
    return new VirtualHost(
        fqdn(service.name) + ":" + service.port,
        domains,
        service.routes,
        HeaderOps.NONE,
        HeaderOps.NONE);
  }

  private static VirtualHost allowAny() {
    Route any = Routes.to("any", 0).build();
    RouteAction.Forward forward = (RouteAction.Forward) any.action();
    return new VirtualHost(
        "allow_any",
        List.of("*"),
        List.of(
            new Route(
                "allow_any",
                any.match(),
                new RouteAction.Forward(
                    List.of(WeightedCluster.all("PassthroughCluster")),
                    null,
                    Duration.ZERO,
                    null,
                    null,
                    forward.mirrors(),
                    forward.hashPolicies()),
                HeaderOps.NONE,
                HeaderOps.NONE,
                null,
                null)),
        HeaderOps.NONE,
        HeaderOps.NONE);
  }

  private static Endpoints endpoints(Svc service, String cluster) {
    return new Endpoints(
        cluster, List.of(new Endpoints.Group(Locality.UNKNOWN, 0, 1, service.endpoints)));
  }

  private static Cluster cluster(Svc service, String name) {
    UpstreamTls tls =
        new UpstreamTls(
            true,
            "outbound_." + service.port + "_._." + fqdn(service.name),
            service.peers,
            service.http ? List.of() : List.of("istio-peer-exchange", "istio"),
            null,
            null,
            null,
            false);
    return cluster(
        name,
        Cluster.Discovery.EDS,
        new Cluster.Service(fqdn(service.name), service.name, "default", ""),
        new Cluster.RoundRobin(),
        service.connectTimeout,
        service.breakers,
        service.connections,
        Map.of("istio", tls),
        service.http2,
        service.proxyProtocol);
  }

  private static Cluster passthrough() {
    return cluster(
        "PassthroughCluster",
        Cluster.Discovery.ORIGINAL_DST,
        null,
        new Cluster.ClusterProvided(),
        Duration.ofSeconds(10),
        CircuitBreakers.DEFAULT,
        ConnectionLimits.NONE,
        Map.of(),
        false,
        null);
  }

  private static Cluster cluster(
      String name,
      Cluster.Discovery discovery,
      Cluster.@Nullable Service service,
      Cluster.Balancer balancer,
      Duration connectTimeout,
      CircuitBreakers breakers,
      ConnectionLimits connections,
      Map<String, UpstreamTls> tlsByMode,
      boolean http2,
      @Nullable ProxyProtocol proxyProtocol) {
    return new Cluster(
        name,
        discovery,
        name,
        service,
        balancer,
        Cluster.LocalityBalancing.DEFAULT,
        connectTimeout,
        breakers,
        null,
        null,
        tlsByMode,
        http2,
        Map.of(),
        null,
        connections.with(breakers),
        null,
        null,
        Cluster.Dns.DEFAULT,
        proxyProtocol);
  }
}
