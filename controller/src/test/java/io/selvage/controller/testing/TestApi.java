package io.selvage.controller.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.access.ApiTokens;
import io.selvage.controller.access.Grant;
import io.selvage.controller.access.Role;
import io.selvage.controller.api.ApiServer;
import io.selvage.controller.api.OwnRoutes;
import io.selvage.controller.audit.AuditLog;
import io.selvage.controller.ca.CaSettings;
import io.selvage.controller.ca.CertificateAuthority;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.dev.Kubeconfig;
import io.selvage.controller.resource.Kinds;
import io.selvage.controller.store.Store;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;

/** The API on a free loopback port with real TLS and one token per role. */
public final class TestApi implements AutoCloseable {
  private final OwnRoutes mesh = new NoMesh();
  private final ApiServer server;
  private final AuditLog audit;
  private final Path folder;
  private final String rootPem;
  private final String admin;
  private final String viewer;

  public TestApi(Path folder, Store store) throws IOException, GeneralSecurityException {
    this.folder = folder;
    CertificateAuthority authority =
        CertificateAuthority.open(
            CaSettings.dev(folder.resolve("ca"), "cluster.local"), Clock.systemUTC());
    OwnIdentity identity = new OwnIdentity(authority, List.of(), Clock.systemUTC());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(new KeyManager[] {identity}, null, null);
    rootPem = Files.readString(folder.resolve("ca/root-cert.pem"));
    Path tokens = folder.resolve("tokens.json");
    admin = ApiTokens.issue(tokens, "admin", Grant.everywhere(Role.ADMIN), null);
    viewer = ApiTokens.issue(tokens, "watcher", Grant.everywhere(Role.VIEWER), null);
    for (String name : List.of("default", "istio-system")) {
      ObjectNode namespace = JsonNodeFactory.instance.objectNode();
      namespace.put("apiVersion", "v1").put("kind", "Namespace");
      namespace.putObject("metadata").put("name", name);
      store.create(Kinds.NAMESPACE, namespace);
    }
    audit = AuditLog.open(folder.resolve("audit.log"), Clock.systemUTC());
    server =
        ApiServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            () -> tls,
            ApiTokens.load(tokens, Clock.systemUTC()),
            store,
            mesh,
            audit);
  }

  public String url() {
    return "https://127.0.0.1:" + server.address().getPort();
  }

  public Path auditFile() {
    return folder.resolve("audit.log");
  }

  public OwnRoutes mesh() {
    return mesh;
  }

  public String rootPem() {
    return rootPem;
  }

  public String admin() {
    return admin;
  }

  public String viewer() {
    return viewer;
  }

  /** A token of its own for a role; works as soon as the file is looked at again. */
  public String token(String name, Grant grant) throws IOException {
    return ApiTokens.issue(folder.resolve("tokens.json"), name, grant, null);
  }

  /** A kubeconfig for the token. */
  public Path kubeconfig(String token) throws IOException {
    Path file = folder.resolve("kubeconfig-" + token.hashCode());
    new Kubeconfig(url(), rootPem, token).write(file);
    return file;
  }

  @Override
  public void close() {
    server.close();
    try {
      audit.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The API without agents: no workload is known. */
  private static final class NoMesh implements OwnRoutes {
    @Override
    public IssuedToken createToken(
        String namespace, String serviceAccount, int uses, Duration lifetime) {
      return new IssuedToken(
          "slv1." + namespace + "." + serviceAccount + "." + uses, Instant.now().plus(lifetime));
    }

    @Override
    public JsonNode version() {
      return new ObjectMapper().createObjectNode().put("version", "test");
    }

    @Override
    public JsonNode agents(Predicate<String> visible) {
      return new ObjectMapper().createObjectNode();
    }

    @Override
    public JsonNode why(ObjectNode question) throws UnanswerableException {
      throw new UnanswerableException("SELV-7031", "no agent of " + question.path("from"));
    }
  }
}
