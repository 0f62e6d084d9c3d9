package io.selvage.engine.stack;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Endpoints;
import io.selvage.engine.model.Fault;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.HashPolicy;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.Listener;
import io.selvage.engine.model.LocalRateLimit;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.ManagerPolicy;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Mirror;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.OutlierDetection;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.QueryMatch;
import io.selvage.engine.model.RbacFilter;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.model.RetryPolicy;
import io.selvage.engine.model.Rewrite;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.RoutePolicy;
import io.selvage.engine.model.RoutingPriority;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.model.WeightedCluster;
import io.selvage.engine.model.WorkloadPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Small words for configurations in tests. */
final class Config {
  static final int PORT = 9080;

  final List<Listener> listeners = new ArrayList<>();
  final Map<String, RouteConfig> routes = new LinkedHashMap<>();
  final Map<String, Cluster> clusters = new LinkedHashMap<>();
  final Map<String, Endpoints> endpoints = new LinkedHashMap<>();
  final List<FilterChain> chains = new ArrayList<>();
  final Map<String, List<String>> names = new LinkedHashMap<>();
  boolean registryOnly;
  VirtualHost.AttemptHeaders attemptHeaders = VirtualHost.AttemptHeaders.ISTIO;
  WorkloadPolicy own = WorkloadPolicy.DEFAULT;

  MeshConfig build() {
    return new MeshConfig(
        listeners,
        new InboundListener(chains, own),
        routes,
        clusters,
        endpoints,
        new NameTable(names),
        registryOnly);
  }

  /** One HTTP listener with these routes for {@code reviews}. */
  static Config http(RouteBuilder... routes) {
    return new Config().listener(null, routes);
  }

  Config listener(@Nullable Fault fault, RouteBuilder... some) {
    return listener(fault, ManagerPolicy.NONE, some);
  }

  Config listener(@Nullable Fault fault, ManagerPolicy policy, RouteBuilder... some) {
    listeners.add(
        new Listener(
            "0.0.0.0_9080",
            "0.0.0.0",
            PORT,
            new Listener.Http("9080", null, fault, Observability.DEFAULT, policy)));
    return routes(some);
  }

  Config routes(RouteBuilder... some) {
    List<Route> list = new ArrayList<>();
    for (RouteBuilder one : some) {
      list.add(one.build());
    }
    routes.put(
        "9080",
        new RouteConfig(
            "9080",
            List.of(
                new VirtualHost(
                    "reviews:9080",
                    List.of("reviews", "reviews:9080", "240.240.0.1"),
                    list,
                    HeaderOps.NONE,
                    HeaderOps.NONE,
                    attemptHeaders)),
            HeaderOps.NONE,
            HeaderOps.NONE));
    return this;
  }

  Config cluster(ClusterBuilder cluster) {
    clusters.put(cluster.name, cluster.build());
    endpoints.put(cluster.name, new Endpoints(cluster.name, cluster.groups));
    return this;
  }

  Config tcp(String address, int port, WeightedCluster... shares) {
    listeners.add(
        new Listener(
            address + "_" + port, address, port, new Listener.Tcp(List.of(shares), "tcp")));
    return this;
  }

  Config name(String host, String... addresses) {
    names.put(host, List.of(addresses));
    return this;
  }

  Config own(WorkloadPolicy policy) {
    own = policy;
    return this;
  }

  Config registryOnly() {
    registryOnly = true;
    return this;
  }

  Config chain(ChainBuilder chain) {
    chains.add(chain.build());
    return this;
  }

  static RouteBuilder route() {
    return new RouteBuilder();
  }

  static ClusterBuilder cluster(String name, int... ports) {
    ClusterBuilder builder = new ClusterBuilder(name);
    if (ports.length > 0) {
      builder.group(0, 1, Locality.UNKNOWN, ports);
    }
    return builder;
  }

  static Endpoint endpoint(int port) {
    return endpoint(port, 1, Endpoint.Health.HEALTHY, Locality.UNKNOWN);
  }

  static Endpoint endpoint(int port, int weight, Endpoint.Health health, Locality locality) {
    return new Endpoint(
        "10.0.0.1",
        port,
        weight,
        health,
        locality,
        "istio",
        new Endpoint.Workload("reviews-v1", "default", "reviews", "v1", "Kubernetes"),
        Map.of());
  }

  static final class RouteBuilder {
    private String name = "";
    private PathMatch path = new PathMatch.Prefix("/", false);
    private final List<HeaderMatch> headers = new ArrayList<>();
    private final List<QueryMatch> query = new ArrayList<>();
    private double fraction = 1.0;
    private List<WeightedCluster> shares = List.of(WeightedCluster.all("reviews"));
    private @Nullable Rewrite rewrite;
    private @Nullable Duration timeout = Duration.ZERO;
    private int retries = -1;
    private Set<String> on = Set.of("retriable-status-codes", "connect-failure");
    private Set<Integer> codes = Set.of(503);
    private @Nullable Duration perTry;
    private Duration base = Duration.ofMillis(25);
    private Duration max = Duration.ofMillis(250);
    private boolean avoid;
    private boolean defaulted;
    private List<HeaderMatch> retriableHeaders = List.of();
    private final List<Mirror> mirrors = new ArrayList<>();
    private final List<HashPolicy> hash = new ArrayList<>();
    private HeaderOps request = HeaderOps.NONE;
    private HeaderOps response = HeaderOps.NONE;
    private @Nullable Fault fault;
    private @Nullable Cors cors;
    private @Nullable RouteAction action;
    private @Nullable RetryPolicy retryPolicy;
    private @Nullable LocalRateLimit rateLimit;
    private List<LocalRateLimit.Rule> rateLimits = List.of();
    private RoutePolicy policy = RoutePolicy.NONE;
    private @Nullable Duration idle;

    RouteBuilder limited(@Nullable LocalRateLimit own, LocalRateLimit.Rule... rules) {
      rateLimit = own;
      rateLimits = List.of(rules);
      return this;
    }

    RouteBuilder retry(RetryPolicy value) {
      retryPolicy = value;
      return this;
    }

    RouteBuilder hedged() {
      return policy(
          new RoutePolicy(
              RoutingPriority.DEFAULT, new RoutePolicy.HedgePolicy(true), null, null, null));
    }

    RouteBuilder policy(RoutePolicy value) {
      policy = value;
      return this;
    }

    RouteBuilder idle(Duration value) {
      idle = value;
      return this;
    }

    RouteBuilder named(String value) {
      name = value;
      return this;
    }

    RouteBuilder path(PathMatch value) {
      path = value;
      return this;
    }

    RouteBuilder prefix(String value) {
      return path(new PathMatch.Prefix(value, false));
    }

    RouteBuilder header(HeaderMatch value) {
      headers.add(value);
      return this;
    }

    RouteBuilder query(QueryMatch value) {
      query.add(value);
      return this;
    }

    RouteBuilder fraction(double value) {
      fraction = value;
      return this;
    }

    RouteBuilder to(WeightedCluster... value) {
      shares = List.of(value);
      return this;
    }

    RouteBuilder to(String cluster) {
      return to(WeightedCluster.all(cluster));
    }

    RouteBuilder rewrite(Rewrite value) {
      rewrite = value;
      return this;
    }

    RouteBuilder timeout(@Nullable Duration value) {
      timeout = value;
      return this;
    }

    RouteBuilder retries(int value) {
      retries = value;
      return this;
    }

    RouteBuilder on(String... tokens) {
      on = Set.of(tokens);
      return this;
    }

    RouteBuilder codes(Integer... values) {
      codes = Set.of(values);
      return this;
    }

    RouteBuilder perTry(Duration value) {
      perTry = value;
      return this;
    }

    RouteBuilder backoff(Duration value) {
      base = value;
      max = value.multipliedBy(10);
      return this;
    }

    RouteBuilder avoidTried() {
      avoid = true;
      return this;
    }

    RouteBuilder defaulted() {
      defaulted = true;
      return this;
    }

    RouteBuilder retriableHeaders(HeaderMatch... values) {
      retriableHeaders = List.of(values);
      return this;
    }

    RouteBuilder mirror(String cluster, double share) {
      mirrors.add(new Mirror(cluster, share));
      return this;
    }

    RouteBuilder hash(HashPolicy policy) {
      hash.add(policy);
      return this;
    }

    RouteBuilder request(HeaderOps value) {
      request = value;
      return this;
    }

    RouteBuilder response(HeaderOps value) {
      response = value;
      return this;
    }

    RouteBuilder fault(Fault value) {
      fault = value;
      return this;
    }

    RouteBuilder delay(Duration value) {
      return fault(new Fault(value, 1.0, 0, -1, 0, List.of()));
    }

    RouteBuilder abort(int status) {
      return fault(new Fault(null, 0, status, -1, 1.0, List.of()));
    }

    RouteBuilder cors(Cors value) {
      cors = value;
      return this;
    }

    RouteBuilder action(RouteAction value) {
      action = value;
      return this;
    }

    Route build() {
      RetryPolicy retry =
          retries < 0
              ? retryPolicy
              : new RetryPolicy(
                  on, retries, perTry, codes, retriableHeaders, base, max, avoid, 5, defaulted);
      RouteAction what =
          action != null
              ? action
              : new RouteAction.Forward(
                  shares, rewrite, timeout, idle, retry, mirrors, hash, policy);
      return new Route(
          name,
          new RouteMatch(path, headers, query, fraction),
          what,
          request,
          response,
          fault,
          cors,
          null,
          rateLimit,
          rateLimits);
    }
  }

  static final class ClusterBuilder {
    private final String name;
    private final List<Endpoints.Group> groups = new ArrayList<>();
    private Cluster.Balancer balancer = new Cluster.RoundRobin();
    private Cluster.LocalityBalancing locality = Cluster.LocalityBalancing.DEFAULT;
    private CircuitBreakers breakers = new CircuitBreakers(1000, 1000, 1000, 100, null);
    private @Nullable OutlierDetection outlier;
    private @Nullable UpstreamTls tls;
    private Map<String, UpstreamTls> tlsByMode = Map.of();
    private boolean http2;
    private Cluster.Discovery discovery = Cluster.Discovery.EDS;
    private @Nullable Duration maxStream;

    ClusterBuilder maxStream(Duration value) {
      maxStream = value;
      return this;
    }

    private @Nullable Resilience resilience;

    ClusterBuilder(String name) {
      this.name = name;
    }

    ClusterBuilder group(int priority, int weight, Locality where, int... ports) {
      List<Endpoint> list = new ArrayList<>();
      for (int port : ports) {
        list.add(endpoint(port, 1, Endpoint.Health.HEALTHY, where));
      }
      groups.add(new Endpoints.Group(where, priority, weight, list));
      return this;
    }

    ClusterBuilder endpoints(int priority, Endpoint... some) {
      groups.add(new Endpoints.Group(Locality.UNKNOWN, priority, 1, List.of(some)));
      return this;
    }

    ClusterBuilder balancer(Cluster.Balancer value) {
      balancer = value;
      return this;
    }

    ClusterBuilder locality(Cluster.LocalityBalancing value) {
      locality = value;
      return this;
    }

    ClusterBuilder breakers(CircuitBreakers value) {
      breakers = value;
      return this;
    }

    ClusterBuilder outlier(OutlierDetection value) {
      outlier = value;
      return this;
    }

    ClusterBuilder tls(UpstreamTls value) {
      tls = value;
      return this;
    }

    ClusterBuilder tlsByMode(Map<String, UpstreamTls> value) {
      tlsByMode = value;
      return this;
    }

    ClusterBuilder http2() {
      http2 = true;
      return this;
    }

    ClusterBuilder resilience(Resilience value) {
      resilience = value;
      return this;
    }

    ClusterBuilder discovery(Cluster.Discovery value) {
      discovery = value;
      return this;
    }

    Cluster build() {
      return new Cluster(
          name,
          discovery,
          name,
          new Cluster.Service(name + ".default.svc.cluster.local", name, "default", ""),
          balancer,
          locality,
          Duration.ofSeconds(10),
          breakers,
          outlier,
          tls,
          tlsByMode,
          http2,
          Map.of(),
          null,
          ConnectionLimits.NONE.with(breakers),
          maxStream,
          resilience);
    }
  }

  static final class ChainBuilder {
    private final int port;
    private final FilterChain.Transport transport;
    private FilterChain.@Nullable DownstreamTls tls;
    private final List<RbacFilter> rbac = new ArrayList<>();
    private final List<RbacFilter> network = new ArrayList<>();
    private @Nullable Fault fault;
    private @Nullable Cors cors;
    private RouteAction action = new RouteAction.Accept();

    private ChainBuilder(int port, FilterChain.Transport transport) {
      this.port = port;
      this.transport = transport;
    }

    static ChainBuilder tls(int port) {
      ChainBuilder builder = new ChainBuilder(port, FilterChain.Transport.TLS);
      builder.tls = new FilterChain.DownstreamTls(true, List.of(), List.of());
      return builder;
    }

    static ChainBuilder raw(int port) {
      return new ChainBuilder(port, FilterChain.Transport.RAW);
    }

    ChainBuilder tlsRules(FilterChain.DownstreamTls value) {
      tls = value;
      return this;
    }

    ChainBuilder rbac(RbacFilter value) {
      rbac.add(value);
      return this;
    }

    ChainBuilder networkRbac(RbacFilter value) {
      network.add(value);
      return this;
    }

    ChainBuilder fault(Fault value) {
      fault = value;
      return this;
    }

    ChainBuilder cors(Cors value) {
      cors = value;
      return this;
    }

    /** The route names the cluster that stands for the application. */
    ChainBuilder to(String cluster) {
      action = new RouteAction.Accept(cluster);
      return this;
    }

    FilterChain build() {
      Route route =
          new Route(
              "default",
              new RouteMatch(new PathMatch.Prefix("/", false), List.of(), List.of(), 1.0),
              action,
              HeaderOps.NONE,
              HeaderOps.NONE,
              null,
              cors);
      RouteConfig routes =
          new RouteConfig(
              "inbound|" + port + "||",
              List.of(
                  new VirtualHost(
                      "inbound|http|" + port,
                      List.of("*"),
                      List.of(route),
                      HeaderOps.NONE,
                      HeaderOps.NONE)),
              HeaderOps.NONE,
              HeaderOps.NONE);
      return new FilterChain(
          port + "_" + transport,
          port,
          transport,
          List.of(),
          tls,
          new FilterChain.InboundHttp(routes, rbac, fault, Observability.DEFAULT),
          network);
    }
  }
}
