package io.selvage.runtime;

import io.selvage.control.ControlState;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.stack.Engine;
import io.selvage.engine.stack.Explanation;
import io.selvage.identity.KeyExchanges;
import io.selvage.identity.Svid;
import io.selvage.identity.WorkloadIdentity;
import io.selvage.telemetry.PrometheusText;
import io.selvage.tooling.SeamStatus;
import io.selvage.tooling.WeaveReport;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the admin port shows. No page shows a key or a token. */
final class AdminPages {
  private final WorkloadFacts workload;
  private final WorkloadIdentity identity;
  private final Engine engine;
  private final Ports ports;
  private final WeaveReport weaving;
  private final KeyExchanges keyExchanges;
  private volatile Supplier<@Nullable ControlState> control = () -> null;

  AdminPages(
      WorkloadFacts workload,
      WorkloadIdentity identity,
      Engine engine,
      Ports ports,
      WeaveReport weaving,
      KeyExchanges keyExchanges) {
    this.keyExchanges = keyExchanges;
    this.workload = workload;
    this.identity = identity;
    this.engine = engine;
    this.ports = ports;
    this.weaving = weaving;
  }

  void connect(Supplier<@Nullable ControlState> to) {
    control = to;
  }

  Map<String, Function<Map<String, String>, AdminServer.Answer>> routes() {
    Map<String, Function<Map<String, String>, AdminServer.Answer>> routes = new TreeMap<>();
    routes.put(
        "/metrics",
        query ->
            new AdminServer.Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics()));
    routes.put("/health", query -> health());
    routes.put("/health/ready", query -> health());
    routes.put("/health/live", query -> AdminServer.Answer.json(Map.of("live", true)));
    routes.put("/certs", query -> AdminServer.Answer.json(certificates()));
    routes.put("/explain", this::explain);
    routes.put("/config_dump", query -> AdminServer.Answer.json(configuration()));
    return routes;
  }

  private String metrics() {
    Map<String, Double> own = new LinkedHashMap<>();
    Svid svid = identity.svid();
    if (svid != null) {
      own.put(
          "selvage_agent_certificate_expiry_seconds", (double) svid.notAfter().getEpochSecond());
    }
    ControlState state = control.get();
    if (state != null) {
      own.put("selvage_agent_control_connected", state.connected() ? 1.0 : 0.0);
      own.put("selvage_agent_refused_resources", (double) state.nacks().size());
      if (state.configuredAtNanos() != 0) {
        own.put(
            "selvage_agent_configuration_age_seconds",
            (System.nanoTime() - state.configuredAtNanos()) / 1e9);
      }
    }
    own.put("selvage_agent_tls_handshakes_total", (double) keyExchanges.all());
    own.put("selvage_agent_tls_hybrid_handshakes_total", (double) keyExchanges.hybrid());
    own.put("selvage_agent_unprotected_ports", (double) ports.unprotected().size());
    own.put("selvage_agent_seam_faults", (double) weaving.faults().size());
    double failures = 0;
    for (long count : engine.layerFailures().values()) {
      failures += count;
    }
    own.put("selvage_agent_layer_failures_total", failures);
    return PrometheusText.of(engine.series().all(), own);
  }

  private AdminServer.Answer health() {
    Map<String, Object> page = new LinkedHashMap<>();
    boolean holes = !ports.unprotected().isEmpty();
    page.put("ready", !holes);
    page.put("service", workload.service());
    page.put("namespace", workload.namespace());
    page.put("version", workload.version());
    Svid svid = identity.svid();
    page.put("identity", svid == null ? null : svid.id().toString());
    page.put("certificateNotAfter", svid == null ? null : svid.notAfter().toString());
    page.put("control", control());
    page.put("ports", boundPorts());
    page.put("unprotected", ports.unprotected());
    page.put("seams", seams());
    page.put("layerFailures", engine.layerFailures());
    return new AdminServer.Answer(holes ? 503 : 200, "application/json", JsonText.of(page) + "\n");
  }

  private @Nullable Map<String, Object> control() {
    ControlState state = control.get();
    if (state == null) {
      return null;
    }
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("connected", state.connected());
    page.put("controller", state.controller());
    page.put("configuration", state.source().name().toLowerCase(java.util.Locale.ROOT));
    page.put("refused", state.nacks());
    page.put("leftOut", state.warnings());
    return page;
  }

  private Map<String, Object> boundPorts() {
    Map<String, Object> bound = new LinkedHashMap<>();
    ports
        .bound()
        .forEach(
            (port, b) ->
                bound.put(
                    String.valueOf(port),
                    Map.of(
                        "seam",
                        b.seam(),
                        "mode",
                        ports.policy(port).mode().toString(),
                        "protected",
                        b.hole() == null)));
    return bound;
  }

  /** Each seam that was met: instrumentation, library, version, state, reason. */
  List<Map<String, Object>> seams() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (SeamStatus seam : weaving.snapshot()) {
      if (seam.state() != SeamStatus.State.WAITING) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("instrumentation", seam.instrumentation());
        one.put("library", seam.library());
        one.put("version", seam.version() == null ? "" : seam.version());
        one.put("target", seam.target());
        one.put("state", seam.state().name().toLowerCase(java.util.Locale.ROOT));
        if (seam.reason() != null) {
          one.put("reason", seam.reason());
        }
        all.add(one);
      }
    }
    return all;
  }

  private Map<String, Object> certificates() {
    Map<String, Object> page = new LinkedHashMap<>();
    Svid svid = identity.svid();
    if (svid != null) {
      List<Object> chain = new ArrayList<>();
      for (X509Certificate certificate : svid.chain()) {
        chain.add(certificate(certificate));
      }
      page.put("id", svid.id().toString());
      page.put("chain", chain);
    }
    Map<String, Object> trusted = new LinkedHashMap<>();
    identity
        .state()
        .bundle()
        .roots()
        .forEach(
            (domain, roots) ->
                trusted.put(domain, roots.stream().map(AdminPages::certificate).toList()));
    page.put("trusted", trusted);
    page.put("epoch", identity.state().epoch().toString());
    return page;
  }

  private static Map<String, Object> certificate(X509Certificate certificate) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("serial", certificate.getSerialNumber().toString(16));
    one.put("subject", certificate.getSubjectX500Principal().getName());
    one.put("issuer", certificate.getIssuerX500Principal().getName());
    one.put("notBefore", certificate.getNotBefore().toInstant().toString());
    one.put("notAfter", certificate.getNotAfter().toInstant().toString());
    return one;
  }

  private AdminServer.Answer explain(Map<String, String> query) {
    String host = query.get("host");
    if (host == null) {
      return AdminServer.Answer.text(
          400,
          "host is missing: /explain?host=reviews&port=9080&method=GET&path=/&header.end-user=jason\n");
    }
    int port;
    try {
      port = Integer.parseInt(query.getOrDefault("port", "80"));
    } catch (NumberFormatException notOne) {
      return AdminServer.Answer.text(400, "port is no number\n");
    }
    Map<String, String> headers = new LinkedHashMap<>();
    query.forEach(
        (name, value) -> {
          if (name.startsWith("header.")) {
            headers.put(name.substring(7).toLowerCase(java.util.Locale.ROOT), value);
          }
        });
    RequestHead head =
        new AskedHead(
            query.getOrDefault("method", "GET"),
            host + ":" + port,
            query.getOrDefault("path", "/"),
            headers);
    return AdminServer.Answer.json(page(engine.explain(head, host, port)));
  }

  /** An explanation in the words of the wire contract. */
  static Map<String, Object> page(Explanation e) {
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("listener", e.listener());
    page.put("virtualHost", e.virtualHost());
    page.put("route", e.route());
    page.put("cluster", e.cluster());
    List<Object> endpoints = new ArrayList<>();
    for (Explanation.Candidate c : e.endpoints()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("address", c.address());
      one.put("priority", c.priority());
      one.put("weight", c.weight());
      one.put("locality", c.locality());
      one.put("state", c.state());
      one.put("workload", c.workload());
      endpoints.add(one);
    }
    page.put("endpoints", endpoints);
    page.put("chosen", e.chosen());
    page.put("tls", Map.of("mode", e.tls().mode(), "sni", e.tls().sni(), "sans", e.tls().sans()));
    page.put("policies", e.policies());
    page.put("notes", e.notes());
    if (e.rejection() != null) {
      Map<String, Object> rejection = new LinkedHashMap<>();
      rejection.put("status", e.rejection().httpStatus());
      rejection.put("flag", e.rejection().flag());
      rejection.put("code", e.rejection().code());
      rejection.put("by", e.rejectedBy());
      rejection.put("detail", e.rejection().detail());
      page.put("rejection", rejection);
    }
    return page;
  }

  /** Names and sizes of what is in force; secrets are not part of it. */
  private Map<String, Object> configuration() {
    MeshConfig config = engine.config();
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("node", workload.id());
    page.put(
        "listeners",
        config.listeners().stream()
            .map(l -> l.name() + " " + l.address() + ":" + l.port())
            .toList());
    page.put(
        "inbound",
        config.inbound().chains().stream()
            .map(c -> c.name() + " port " + c.port() + " " + c.transport())
            .toList());
    Map<String, Object> routes = new TreeMap<>();
    config
        .routes()
        .forEach(
            (name, r) ->
                routes.put(
                    name,
                    r.virtualHosts().stream()
                        .map(
                            v ->
                                v.name() + " " + v.domains() + ", " + v.routes().size() + " routes")
                        .toList()));
    page.put("routes", routes);
    page.put("clusters", new TreeMap<>(config.clusters()).keySet());
    Map<String, Object> endpoints = new TreeMap<>();
    config
        .endpoints()
        .forEach(
            (name, e) ->
                endpoints.put(
                    name,
                    e.groups().stream()
                        .flatMap(g -> g.endpoints().stream())
                        .map(p -> p.address() + ":" + p.port() + " " + p.health())
                        .toList()));
    page.put("endpoints", endpoints);
    page.put("names", new TreeMap<>(config.names().addresses()));
    page.put("registryOnly", config.registryOnly());
    return page;
  }

  /** The head of a request that is only asked about. */
  static final class AskedHead extends RequestHead {
    private final Map<String, String> headers;

    AskedHead(String method, String authority, String path, Map<String, String> headers) {
      super(method, "http", authority, path, Protocol.HTTP1);
      this.headers = Map.copyOf(headers);
    }

    @Override
    protected List<String> originals(String name) {
      String value = headers.get(name);
      return value == null ? List.of() : List.of(value);
    }

    @Override
    protected @Nullable String original(String name) {
      return headers.get(name);
    }

    @Override
    public BodyReplay bodyReplay() {
      return BodyReplay.ONE_SHOT;
    }
  }
}
