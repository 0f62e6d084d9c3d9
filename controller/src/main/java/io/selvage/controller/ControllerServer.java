package io.selvage.controller;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.access.ApiTokens;
import io.selvage.controller.access.Authenticator;
import io.selvage.controller.access.Grant;
import io.selvage.controller.access.OidcSettings;
import io.selvage.controller.access.OidcUsers;
import io.selvage.controller.access.Role;
import io.selvage.controller.api.ApiServer;
import io.selvage.controller.api.MetricsPort;
import io.selvage.controller.audit.AuditLog;
import io.selvage.controller.ca.AttestationAudit;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.dev.Kubeconfig;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.resource.ResourceKey;
import io.selvage.controller.serve.ControlPlane;
import io.selvage.controller.serve.ControlPlaneSettings;
import io.selvage.controller.store.DataFolder;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.PrivateFiles;
import io.selvage.controller.store.Store;
import io.selvage.controller.store.StoreException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * One controller process: store, identities and configuration for agents, API, metrics. Everything
 * is open when {@link #start} returns.
 *
 * <p>Below the data folder: {@code store/}, {@code mesh/} (authority, join tokens, registrations),
 * {@code api-tokens.json}, {@code admin-token} and {@code kubeconfig} (0600).
 */
public final class ControllerServer implements AutoCloseable {
  private static final List<String> NAMESPACES = List.of("default", "istio-system");

  private final ControllerSettings settings;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Store store;
  private final AuditLog audit;
  private final ControlPlane plane;
  private final ApiServer api;
  private final @Nullable MetricsPort metrics;

  private ControllerServer(ControllerSettings settings) throws IOException {
    this.settings = settings;
    opened(DataFolder.open(settings.dataDir()));
    try {
      store = opened(EmbeddedStore.open(settings.dataDir().resolve("store")));
      createNamespaces();
      audit = opened(AuditLog.open(settings.dataDir().resolve("audit.log"), Clock.systemUTC()));
      plane =
          opened(
              ControlPlane.start(
                  controlSettings(),
                  store,
                  settings.attestation().open(settings.trustDomain(), this::attested),
                  settings.upstream().open()));
      api = opened(openApi());
      metrics = settings.metricsPort() < 0 ? null : opened(openMetrics());
      writeKubeconfig();
      plane.identities().onTrust(this::rewriteKubeconfig);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens everything.
   *
   * @throws StoreException if the data folder or a port cannot be used; its code says which
   * @throws io.selvage.controller.ca.CodedException if the authority's files or the control port
   *     cannot be used
   */
  public static ControllerServer start(ControllerSettings settings) {
    try {
      return new ControllerServer(settings);
    } catch (IOException e) {
      throw refusal("SELV-7010", "data folder " + settings.dataDir() + " cannot be used: " + e, e);
    }
  }

  /** URL of the API. */
  public String apiUrl() {
    return "https://" + reachable() + ":" + api.address().getPort();
  }

  /** {@code host:port} of the control port, as agents are told. */
  public String controlAddress() {
    return reachable() + ":" + plane.port();
  }

  /** Port of metrics and health; -1 if there is none. */
  public int metricsPort() {
    return metrics == null ? -1 : metrics.port();
  }

  /** A kubeconfig of the first administrator. */
  public Path kubeconfig() {
    return settings.dataDir().resolve("kubeconfig");
  }

  public Store store() {
    return store;
  }

  public ControlPlane plane() {
    return plane;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        // the others must be closed too
        LoggerFactory.getLogger(ControllerServer.class)
            .warn("[SELV-7041] a part of the controller did not stop cleanly: {}", e.toString());
      }
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    opened.push(part);
    return part;
  }

  private ControlPlaneSettings controlSettings() {
    ControlPlaneSettings base =
        ControlPlaneSettings.dev(
            settings.xdsPort(), settings.dataDir().resolve("mesh"), settings.trustDomain());
    return new ControlPlaneSettings(
        new InetSocketAddress(settings.bind(), settings.xdsPort()),
        base.folder(),
        settings.authority(),
        base.mesh(),
        settings.advertised(),
        settings.createAuthority(),
        settings.leafLifetime(),
        settings.maxLeafLifetime(),
        base.quiet(),
        base.longest(),
        base.grace(),
        base.restartGrace());
  }

  private ApiServer openApi() throws IOException {
    Path tokens = settings.dataDir().resolve("api-tokens.json");
    if (!Files.exists(tokens)) {
      String token = ApiTokens.issue(tokens, "admin", Grant.everywhere(Role.ADMIN), null);
      PrivateFiles.write(adminToken(), token.getBytes(StandardCharsets.UTF_8));
    }
    OwnIdentity identity =
        new OwnIdentity(plane.authority(), settings.advertised(), Clock.systemUTC());
    SSLContext tls = tls(identity);
    plane.authority().onSigner(identity::rotate);
    InetSocketAddress address = new InetSocketAddress(settings.bind(), settings.apiPort());
    try {
      return ApiServer.start(
          address,
          () -> {
            identity.rotateWhenDue();
            return tls;
          },
          people(tokens),
          store,
          new MeshRoutes(plane, this::version),
          audit);
    } catch (IOException e) {
      throw taken("API", address, e);
    }
  }

  private Authenticator people(Path tokens) {
    Authenticator fixed = ApiTokens.load(tokens, Clock.systemUTC());
    OidcSettings oidc = settings.oidc();
    return oidc == null ? fixed : Authenticator.any(List.of(fixed, new OidcUsers(oidc)));
  }

  private MetricsPort openMetrics() {
    InetSocketAddress address =
        new InetSocketAddress(settings.metricsBind(), settings.metricsPort());
    try {
      return MetricsPort.open(address, new ControllerMetrics(plane, store)::read);
    } catch (IOException e) {
      throw taken("metrics", address, e);
    }
  }

  private ObjectNode version() {
    ObjectNode version = JsonNodeFactory.instance.objectNode();
    version.put("version", Version.current()).put("xds", controlAddress());
    return version.put("trustDomain", settings.trustDomain());
  }

  private void createNamespaces() {
    for (String name : NAMESPACES) {
      if (store.get(new ResourceKey(Kinds.NAMESPACE, "", name)).isEmpty()) {
        ObjectNode namespace = JsonNodeFactory.instance.objectNode();
        namespace.put("apiVersion", "v1").put("kind", "Namespace");
        namespace.putObject("metadata").put("name", name);
        store.create(Kinds.NAMESPACE, namespace);
      }
    }
  }

  private void writeKubeconfig() throws IOException {
    if (Files.exists(adminToken())) {
      String token = Files.readString(adminToken()).trim();
      String roots = Pem.of(plane.bundle().roots());
      new Kubeconfig(apiUrl(), roots, token).write(kubeconfig());
    }
  }

  /** The roots that it holds follow a rotation. */
  private void rewriteKubeconfig() {
    try {
      writeKubeconfig();
    } catch (IOException e) {
      LoggerFactory.getLogger(ControllerServer.class)
          .warn(
              "[SELV-7042] {} cannot be written; it may lack a new root ({}). Fix: free disk space",
              kubeconfig(),
              e.toString());
    }
  }

  private void attested(AttestationAudit.Row row) {
    audit.append(
        new AuditLog.Entry(
            UUID.randomUUID().toString(),
            row.caller(),
            row.identity(),
            "CreateCertificate " + row.how() + (row.code().isEmpty() ? "" : " " + row.code()),
            row.code().isEmpty() ? 200 : 401,
            row.request(),
            "",
            row.result()));
  }

  private Path adminToken() {
    return settings.dataDir().resolve("admin-token");
  }

  /** The first advertised name, else the bound address, else loopback for a wildcard. */
  private String reachable() {
    if (!settings.advertised().isEmpty()) {
      return settings.advertised().get(0);
    }
    InetAddress bound = api.address().getAddress();
    boolean any = bound == null || bound.isAnyLocalAddress();
    String host = any ? "127.0.0.1" : bound.getHostAddress();
    return host.contains(":") ? "[" + host + "]" : host;
  }

  private static SSLContext tls(OwnIdentity identity) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {identity}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has TLS", e);
    }
  }

  private static StoreException taken(String what, InetSocketAddress address, IOException e) {
    return refusal(
        "SELV-7040",
        what
            + " port "
            + address.getPort()
            + " on "
            + address.getHostString()
            + " cannot be opened: "
            + e.getMessage()
            + ". Fix: stop what uses it, or choose another port",
        e);
  }

  private static StoreException refusal(String code, String message, IOException e) {
    return new StoreException(StoreException.Reason.DAMAGED, code, message, e);
  }
}
