package io.selvage.controller.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.Store;
import io.selvage.controller.translate.Mesh;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Routes of the Gateway API in a real Envoy: it takes what we send and does what they say. */
class GatewayApiEnvoyIT {
  private static final Pattern COOKIE = Pattern.compile("(?i)set-cookie: (sticky=[^;\r]+)");

  @TempDir Path folder;
  private final Store store = EmbeddedStore.inMemory();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private final String net = "127.78." + ThreadLocalRandom.current().nextInt(1, 250) + ".";
  private ControlPlane plane;
  private RealEnvoy caller;

  @BeforeEach
  void start() throws Exception {
    RealEnvoy.assumePresent();
    plane =
        ControlPlane.start(
            ControlPlaneSettings.dev(0, folder.resolve("data"), "cluster.local"), store);
    envoy("one", 2, backend("one-a"));
    envoy("one", 4, backend("one-b"));
    envoy("two", 5, backend("two"));
    caller = envoy("client", 3, 0);
  }

  @AfterEach
  void stop() throws Exception {
    for (int i = closing.size() - 1; i >= 0; i--) {
      closing.get(i).close();
    }
    if (plane != null) {
      plane.close();
    }
    store.close();
  }

  private RealEnvoy envoy(String service, int last, int app) throws Exception {
    TestAgent identity = TestAgent.join(plane, "default", service);
    closing.add(identity);
    String ports =
        app == 0
            ? "[]"
            : "[{number: 9080, target: "
                + RealEnvoy.freePort()
                + ", app: "
                + app
                + ", protocol: http}]";
    RealEnvoy envoy =
        RealEnvoy.start(
            plane, identity, folder.resolve(service + last), true, service, net + last, ports);
    closing.add(envoy);
    return envoy;
  }

  /** Answers with its name, the path and what the mesh told it. */
  private int backend(String name) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String way = exchange.getRequestHeaders().getFirst("x-way");
          byte[] body =
              (name + " got " + exchange.getRequestURI() + " way " + way)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
    closing.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private String get(String path, String... headers) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(net + 3, 9080), 5_000);
      socket.setSoTimeout(20_000);
      StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: one\r\n");
      for (int i = 0; i + 1 < headers.length; i += 2) {
        request.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
      }
      request.append("Connection: close\r\n\r\n");
      socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }

  private static final String ROUTES =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: one, namespace: default}
      spec:
        parentRefs: [{group: "", kind: Service, name: one, port: 9080}]
        rules:
        - matches: [{path: {type: PathPrefix, value: /prefix/one}}]
          filters:
          - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
          - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-way, value: "100%"}]}}
          backendRefs: [{name: two, port: 9080}]
        - matches: [{path: {type: PathPrefix, value: /full}}]
          filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /whole}}}]
          backendRefs: [{name: two, port: 9080}]
        - matches: [{path: {type: PathPrefix, value: /old}}]
          filters: [{type: RequestRedirect, requestRedirect: {hostname: example.org, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}, statusCode: 303}}]
        - matches: [{path: {type: PathPrefix, value: /half}}]
          backendRefs: [{name: two, port: 9080}, {name: gone, port: 9080}]
        - matches: [{path: {type: PathPrefix, value: /own}}]
          backendRefs:
          - {name: one, port: 9080}
          - {name: two, port: 9080, filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /mine}}}]}
        - matches: [{headers: [{name: colour, type: RegularExpression, value: "re+d"}], queryParams: [{name: q, value: "1"}], method: GET}]
          timeouts: {request: 5s, backendRequest: 1s}
          retry: {codes: [503], attempts: 2, backoff: 10ms}
          backendRefs: [{name: two, port: 9080}]
        - matches: [{path: {type: PathPrefix, value: /sticky}}]
          sessionPersistence: {sessionName: sticky, absoluteTimeout: 1h, cookieConfig: {lifetimeType: Permanent}}
          backendRefs: [{name: one, port: 9080}]
        - matches: [{path: {type: PathPrefix, value: /cors}}]
          filters: [{type: CORS, cors: {allowOrigins: ["https://*.foo.com"], maxAge: 7, exposeHeaders: [x-c]}}, {type: RequestMirror, requestMirror: {percent: 1, backendRef: {name: two, port: 9080}}}]
          backendRefs: [{name: two, port: 9080}]
      """;

  @Test
  void doesWhatTheRoutesSay() {
    Mesh.documents(ROUTES).forEach(d -> store.create(Mesh.kind(d), d));
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () -> assertThat(get("/prefix/one/x?y=1")).contains("two got /x?y=1 way 100%"));

    assertThat(get("/prefix/one")).contains("two got / way");
    assertThat(get("/prefix/oneself")).startsWith("HTTP/1.1 404");
    assertThat(get("/full/of/it")).contains("two got /whole way");
    assertThat(get("/old/x"))
        .startsWith("HTTP/1.1 303")
        .contains("location: http://example.org:9080/new/x");
    assertThat(get("/?q=1", "colour", "reeed")).contains("two got /?q=1");
    assertThat(get("/?q=2", "colour", "reeed")).startsWith("HTTP/1.1 404");
    assertThat(get("/cors", "origin", "https://a.foo.com"))
        .contains("access-control-allow-origin: https://a.foo.com");
    shares();
    sessions();
    assertAccepted();
  }

  private void shares() {
    int failed = 0;
    int mine = 0;
    for (int i = 0; i < 60; i++) {
      failed += get("/half").startsWith("HTTP/1.1 500") ? 1 : 0;
      mine += get("/own").contains("two got /mine") ? 1 : 0;
    }
    // five standard deviations of 60 draws at one half
    assertThat(failed).isBetween(11, 49);
    assertThat(mine).isBetween(11, 49);
  }

  private void sessions() {
    String first = get("/sticky");
    Matcher cookie = COOKIE.matcher(first);
    assertThat(cookie.find()).as(first).isTrue();
    assertThat(first.toLowerCase(java.util.Locale.ROOT))
        .contains("max-age=3600")
        .contains("path=/sticky");
    String host = first.contains("one-a") ? "one-a" : "one-b";
    Set<String> without = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      assertThat(get("/sticky", "cookie", cookie.group(1))).contains(host + " got");
      without.add(get("/sticky").contains("one-a") ? "one-a" : "one-b");
    }
    assertThat(without).hasSize(2);
  }

  private void assertAccepted() {
    try {
      assertThat(caller.stats("update_rejected").values())
          .as("rejections, log:\n%s", caller.log())
          .isNotEmpty()
          .allMatch(count -> count == 0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    assertThat(plane.agents()).allSatisfy(a -> assertThat(a.rejected()).isEmpty());
  }
}
