package io.selvage.controller.translate;

import io.selvage.controller.registry.RegisteredWorkload;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.SelvageKinds;
import io.selvage.controller.resource.view.AuthorizationPolicy;
import io.selvage.controller.resource.view.BackendTlsPolicy;
import io.selvage.controller.resource.view.BackendTrafficPolicy;
import io.selvage.controller.resource.view.ConfigMap;
import io.selvage.controller.resource.view.DatabasePolicy;
import io.selvage.controller.resource.view.DestinationRule;
import io.selvage.controller.resource.view.HttpRoute;
import io.selvage.controller.resource.view.LoadBalancer;
import io.selvage.controller.resource.view.MeshConfig;
import io.selvage.controller.resource.view.MeshRoute;
import io.selvage.controller.resource.view.PeerAuthentication;
import io.selvage.controller.resource.view.ReferenceGrant;
import io.selvage.controller.resource.view.RequestAuthentication;
import io.selvage.controller.resource.view.ResiliencePolicy;
import io.selvage.controller.resource.view.Service;
import io.selvage.controller.resource.view.ServiceEntry;
import io.selvage.controller.resource.view.Sidecar;
import io.selvage.controller.resource.view.TrafficLane;
import io.selvage.controller.resource.view.TrafficPolicy;
import io.selvage.controller.resource.view.VirtualService;
import io.selvage.controller.resource.view.WorkloadEntry;
import io.selvage.controller.store.StoreSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything that translation reads, at one moment. Immutable; resources that cannot be read are
 * left out and noted in {@link #problems()}.
 */
public final class MeshView {
  private static final Comparator<Resource> OLDEST_FIRST =
      Comparator.comparing(Resource::created)
          .thenComparing(Resource::namespace)
          .thenComparing(Resource::name);
  private final MeshSettings settings;
  private final Problems problems = new Problems();
  private final List<MeshService> everyService;
  private final List<MeshService> services;
  private final Map<String, MeshService> byHost = new LinkedHashMap<>();
  private final GatewayApi gateway;
  private final List<VirtualService> virtualServices;
  private final List<DestinationRule> destinationRules;
  private final List<Sidecar> sidecars;
  private final List<PeerAuthentication> peerAuthentications;
  private final List<RequestAuthentication> requestAuthentications;
  private final List<AuthorizationPolicy> authorizationPolicies;
  private final OwnKinds own;
  private final DatabaseKinds databases;
  private final List<Resource> unreadable = new ArrayList<>();
  private final List<String> policyFingerprint;
  private final Set<String> callerLabels = new TreeSet<>();

  /**
   * Reads resources and workloads.
   *
   * @param vips virtual address of a host
   */
  public MeshView(
      MeshSettings settings,
      StoreSnapshot resources,
      List<RegisteredWorkload> workloads,
      UnaryOperator<String> vips) {
    this(settings, kind -> resources.list(kind), workloads, vips);
  }

  MeshView(
      MeshSettings settings,
      Function<Kind, Collection<Resource>> resources,
      List<RegisteredWorkload> workloads,
      UnaryOperator<String> vips) {
    this.settings = configured(settings, resources.apply(Kinds.CONFIG_MAP));
    virtualServices =
        read(resources, Kinds.VIRTUAL_SERVICE, VirtualService::parse, VirtualService::source);
    destinationRules =
        read(resources, Kinds.DESTINATION_RULE, DestinationRule::parse, DestinationRule::source);
    sidecars = read(resources, Kinds.SIDECAR, Sidecar::parse, Sidecar::source);
    peerAuthentications =
        read(
            resources,
            Kinds.PEER_AUTHENTICATION,
            PeerAuthentication::parse,
            PeerAuthentication::source);
    requestAuthentications =
        read(
            resources,
            Kinds.REQUEST_AUTHENTICATION,
            RequestAuthentication::parse,
            RequestAuthentication::source);
    authorizationPolicies =
        read(
            resources,
            Kinds.AUTHORIZATION_POLICY,
            AuthorizationPolicy::parse,
            AuthorizationPolicy::source);
    ServiceIndex index =
        new ServiceIndex(
            this.settings,
            vips,
            problems,
            workloads,
            read(resources, Kinds.WORKLOAD_ENTRY, WorkloadEntry::parse, WorkloadEntry::source),
            peerModes());
    List<ServiceEntry> entries =
        read(resources, Kinds.SERVICE_ENTRY, ServiceEntry::parse, ServiceEntry::source);
    everyService =
        index.build(read(resources, Kinds.SERVICE, Service::parse, Service::source), entries);
    everyService.forEach(s -> byHost.putIfAbsent(s.host(), s));
    services = byHost.values().stream().sorted(MeshService.ORDER).toList();
    own =
        new OwnKinds(
            read(
                resources,
                SelvageKinds.RESILIENCE_POLICY,
                ResiliencePolicy::parse,
                ResiliencePolicy::source),
            read(resources, SelvageKinds.TRAFFIC_LANE, TrafficLane::parse, TrafficLane::source),
            read(resources, Kinds.SERVICE_ENTRY, ServiceEntry::parse, ServiceEntry::source));
    databases =
        new DatabaseKinds(
            read(
                resources,
                SelvageKinds.DATABASE_POLICY,
                DatabasePolicy::parse,
                DatabasePolicy::source),
            read(resources, Kinds.SERVICE_ENTRY, ServiceEntry::parse, ServiceEntry::source));
    gateway = gateway(resources, entries);
    collectCallerLabels();
    policyFingerprint = fingerprint();
  }

  private Function<WorkloadNode, PeerModes> peerModes() {
    Map<WorkloadNode, PeerModes> known = new IdentityHashMap<>();
    return node ->
        known.computeIfAbsent(
            node,
            n ->
                new PeerModes(
                    peerAuthentications,
                    settings.rootNamespace(),
                    !unreadable(Kinds.PEER_AUTHENTICATION, n.namespace()).isEmpty(),
                    n));
  }

  /** A configuration that cannot be read changes nothing: the standards are no weaker. */
  private MeshSettings configured(MeshSettings standard, Collection<Resource> configMaps) {
    for (Resource each : configMaps) {
      if (MeshConfig.is(each, standard.rootNamespace())) {
        Checked<MeshConfig> checked = MeshConfig.parse(each);
        problems.invalid(each, checked.violations());
        MeshConfig config = checked.value();
        if (config == null) {
          return standard;
        }
        config
            .unread()
            .forEach(field -> problems.unsupported(each, field, "not read here; it has no effect"));
        hybrid(each, config);
        return standard.with(config);
      }
    }
    return standard;
  }

  private void hybrid(Resource source, MeshConfig config) {
    String name = "X25519MLKEM768";
    boolean mesh = config.meshMtls() != null && config.meshMtls().ecdhCurves().contains(name);
    boolean others =
        config.tlsDefaults() != null && config.tlsDefaults().ecdhCurves().contains(name);
    if (mesh || others) {
      problems.unsupported(
          source,
          "data.mesh." + (mesh ? "meshMTLS" : "tlsDefaults") + ".ecdhCurves",
          name
              + " is used where the agent's Java has it in its own TLS; the others take the next curve of the list");
    }
  }

  private GatewayApi gateway(
      Function<Kind, Collection<Resource>> resources, List<ServiceEntry> entries) {
    List<MeshRoute> routes = new ArrayList<>();
    for (Kind kind : List.of(Kinds.HTTP_ROUTE, Kinds.GRPC_ROUTE)) {
      routes.addAll(read(resources, kind, MeshRoute::parse, MeshRoute::source));
    }
    routes.sort(Comparator.comparing(MeshRoute::source, OLDEST_FIRST));
    return new GatewayApi(
        List.copyOf(routes),
        new Attachments(settings, byHost::get, routes),
        new Backends(
            settings,
            byHost::get,
            read(resources, Kinds.REFERENCE_GRANT, ReferenceGrant::parse, ReferenceGrant::source),
            entries),
        new BackendPolicies(
            settings,
            byHost::get,
            read(
                resources,
                Kinds.BACKEND_TLS_POLICY,
                BackendTlsPolicy::parse,
                BackendTlsPolicy::source),
            read(
                resources,
                Kinds.BACKEND_TRAFFIC_POLICY,
                BackendTrafficPolicy::parse,
                BackendTrafficPolicy::source),
            read(resources, Kinds.CONFIG_MAP, ConfigMap::parse, ConfigMap::source)));
  }

  private <T> List<T> read(
      Function<Kind, Collection<Resource>> resources,
      Kind kind,
      Function<Resource, Checked<T>> parser,
      Function<T, Resource> source) {
    List<T> views = new ArrayList<>();
    for (Resource resource : resources.apply(kind)) {
      Checked<T> checked = parser.apply(resource);
      T value = checked.value();
      if (value != null) {
        views.add(value);
      } else {
        problems.invalid(resource, checked.violations());
        if (kind.security()) {
          unreadable.add(resource);
        }
      }
    }
    views.sort(Comparator.comparing(source, OLDEST_FIRST));
    return List.copyOf(views);
  }

  private void collectCallerLabels() {
    callerLabels.addAll(databases.labels());
    for (VirtualService service : virtualServices) {
      for (HttpRoute route : service.http()) {
        route.match().forEach(m -> callerLabels.addAll(m.sourceLabels().keySet()));
      }
      service
          .tcp()
          .forEach(r -> r.match().forEach(m -> callerLabels.addAll(m.sourceLabels().keySet())));
      service
          .tls()
          .forEach(r -> r.match().forEach(m -> callerLabels.addAll(m.sourceLabels().keySet())));
    }
    for (DestinationRule rule : destinationRules) {
      callerLabels.addAll(rule.workloadSelector().keySet());
      collectFailoverLabels(rule.trafficPolicy());
      rule.subsets().forEach(s -> collectFailoverLabels(s.trafficPolicy()));
    }
  }

  private void collectFailoverLabels(@Nullable TrafficPolicy policy) {
    if (policy == null) {
      return;
    }
    List<LoadBalancer> balancers = new ArrayList<>();
    if (policy.loadBalancer() != null) {
      balancers.add(policy.loadBalancer());
    }
    for (TrafficPolicy.PortPolicy port : policy.portLevelSettings()) {
      if (port.loadBalancer() != null) {
        balancers.add(port.loadBalancer());
      }
    }
    for (LoadBalancer balancer : balancers) {
      LoadBalancer.Locality locality = balancer.localityLbSetting();
      if (locality != null) {
        locality.failoverPriority().forEach(l -> callerLabels.add(l.replaceFirst("=.*", "")));
      }
    }
  }

  MeshSettings settings() {
    return settings;
  }

  /** What was found wrong so far; translation adds to it. */
  public Problems problems() {
    return problems;
  }

  /** What DatabasePolicies say. */
  DatabaseKinds databases() {
    return databases;
  }

  /** What kinds of {@code selvage.io} say. */
  OwnKinds own() {
    return own;
  }

  /** Routes and policies of the Gateway API. */
  GatewayApi gateway() {
    return gateway;
  }

  /** Each host once: of equal ones the first that was defined. */
  List<MeshService> services() {
    return services;
  }

  /** In order of definition; a host may be there once for each namespace that defines it. */
  List<MeshService> everyService() {
    return everyService;
  }

  List<Sidecar> sidecars() {
    return sidecars;
  }

  /**
   * Path of the Sidecar that holds for a workload: one that selects it, its namespace's, the root
   * namespace's; of equals the oldest. Empty for none.
   */
  String sidecarOf(WorkloadNode node) {
    Sidecar own = null;
    Sidecar root = null;
    for (Sidecar each : sidecars) {
      String namespace = each.source().namespace();
      boolean everyone = each.workloadSelector().isEmpty();
      if (namespace.equals(node.namespace())) {
        if (!everyone && ServiceIndex.matches(each.workloadSelector(), node.labels())) {
          return each.source().key().path();
        }
        own = own == null && everyone ? each : own;
      }
      // Istio: a selector in the root namespace selects there only
      boolean inRoot = namespace.equals(settings.rootNamespace()) && everyone;
      root = root == null && inRoot ? each : root;
    }
    Sidecar found = own == null ? root : own;
    return found == null ? "" : found.source().key().path();
  }

  @Nullable Sidecar sidecar(String path) {
    for (Sidecar each : sidecars) {
      if (each.source().key().path().equals(path)) {
        return each;
      }
    }
    return null;
  }

  @Nullable MeshService service(String host) {
    return byHost.get(host);
  }

  List<VirtualService> virtualServices() {
    return virtualServices;
  }

  List<DestinationRule> destinationRules() {
    return destinationRules;
  }

  List<PeerAuthentication> peerAuthentications() {
    return peerAuthentications;
  }

  List<RequestAuthentication> requestAuthentications() {
    return requestAuthentications;
  }

  List<AuthorizationPolicy> authorizationPolicies() {
    return authorizationPolicies;
  }

  /** Security resources that could not be read: what they cover is closed, never left open. */
  List<Resource> unreadable(Kind kind, String namespace) {
    return unreadable.stream()
        .filter(r -> r.kind().equals(kind))
        .filter(
            r -> r.namespace().equals(namespace) || r.namespace().equals(settings.rootNamespace()))
        .toList();
  }

  /** Equal as long as no security resource and no setting changed. */
  List<String> policyFingerprint() {
    return policyFingerprint;
  }

  private List<String> fingerprint() {
    List<String> all = new ArrayList<>();
    all.add(settings.toString());
    peerAuthentications.forEach(p -> all.add(p.source().toString()));
    requestAuthentications.forEach(p -> all.add(p.source().toString()));
    authorizationPolicies.forEach(p -> all.add(p.source().toString()));
    sidecars.forEach(s -> all.add(s.source().toString()));
    unreadable.forEach(r -> all.add(r.toString()));
    all.addAll(own.fingerprint());
    return List.copyOf(all);
  }

  /** The labels of a caller that any rule looks at: others do not split callers into groups. */
  Map<String, String> relevantLabels(WorkloadNode node) {
    Map<String, String> relevant = new LinkedHashMap<>();
    for (String name : callerLabels) {
      String value = node.labels().get(name);
      if (value != null) {
        relevant.put(name, value);
      }
    }
    return relevant;
  }
}
