package io.selvage.controller.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.Store;
import io.selvage.controller.testing.SharedData;
import io.selvage.controller.translate.Mesh;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real Envoys as sidecars: they take all that we send, and do what it says. */
class EnvoyIT {
  @TempDir Path folder;
  private final Store store = EmbeddedStore.inMemory();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private final String net = "127.77." + ThreadLocalRandom.current().nextInt(1, 250) + ".";
  private ControlPlane plane;

  @BeforeEach
  void start() {
    RealEnvoy.assumePresent();
    plane =
        ControlPlane.start(
            ControlPlaneSettings.dev(0, folder.resolve("data"), "cluster.local"), store);
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

  private RealEnvoy envoy(String service, int last, boolean delta, String ports) throws Exception {
    TestAgent identity = TestAgent.join(plane, "default", service);
    closing.add(identity);
    RealEnvoy envoy =
        RealEnvoy.start(
            plane, identity, folder.resolve(service + last), delta, service, net + last, ports);
    closing.add(envoy);
    return envoy;
  }

  /** A service that knows nothing of the mesh; answers with its name and who Envoy says called. */
  private int backend(String name) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String peer =
              String.valueOf(exchange.getRequestHeaders().getFirst("x-forwarded-client-cert"));
          byte[] body = (name + " " + peer).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
          }
        });
    server.start();
    closing.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private static String ports(int target, int app) {
    return "[{number: 9080, target: " + target + ", app: " + app + ", protocol: http}]";
  }

  private void apply(String yaml) {
    for (ObjectNode document : Mesh.documents(yaml)) {
      Kind kind = Mesh.kind(document);
      if (kind == null) {
        continue;
      }
      if (store.get(Resource.of(kind, document, 0).key()).isPresent()) {
        store.update(kind, document, Store.ANY_VERSION);
      } else {
        store.create(kind, document);
      }
    }
  }

  /** One request in plaintext; the whole answer, or the exception's text. */
  private static String get(String address, int port, String host, String path) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 5_000);
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return String.valueOf(e);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void carriesRequestsOverMutualTls(boolean delta) throws Exception {
    int target = RealEnvoy.freePort();
    RealEnvoy callee = envoy("ratings", 2, delta, ports(target, backend("ratings")));
    RealEnvoy caller = envoy("client", 3, delta, "[]");

    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(get(net + 3, 9080, "ratings:9080", "/x"))
                    .startsWith("HTTP/1.1 200")
                    .contains("URI=spiffe://cluster.local/ns/default/sa/client"));
    // PERMISSIVE until somebody says otherwise
    assertThat(get(net + 2, target, "ratings", "/")).startsWith("HTTP/1.1 200");

    apply(
        """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: default, namespace: istio-system}
        spec: {mtls: {mode: STRICT}}
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(get(net + 2, target, "ratings", "/")).doesNotContain("HTTP/1.1 200"));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(get(net + 3, 9080, "ratings.default", "/")).startsWith("HTTP/1.1 200"));

    apply(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: no-admin, namespace: default}
        spec:
          selector: {matchLabels: {app: ratings}}
          action: DENY
          rules:
          - from: [{source: {principals: ["cluster.local/ns/default/sa/client"]}}]
            to: [{operation: {methods: [GET], paths: ["/admin*"]}}]
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(get(net + 3, 9080, "ratings", "/admin"))
                    .startsWith("HTTP/1.1 403")
                    .contains("RBAC: access denied"));
    assertThat(get(net + 3, 9080, "ratings", "/")).startsWith("HTTP/1.1 200");
    assertAccepted(callee);
    assertAccepted(caller);
    assertThat(plane.agents()).allSatisfy(a -> assertThat(a.state()).isEqualTo("SYNCED"));
  }

  private static void assertAccepted(RealEnvoy envoy) throws IOException {
    assertThat(envoy.stats("update_rejected").values())
        .as("rejections, log:\n%s", envoy.log())
        .isNotEmpty()
        .allMatch(count -> count == 0);
    assertThat(envoy.stats("listener_create_failure").values()).allMatch(count -> count == 0);
    assertThat(envoy.stats("update_failure").values()).allMatch(count -> count == 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void followsWeightsFaultsAndDirectResponses(boolean delta) throws Exception {
    envoy("reviews", 2, delta, ports(RealEnvoy.freePort(), backend("one")));
    RealEnvoy caller = envoy("client", 3, delta, "[]");
    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec:
          hosts: [reviews]
          http:
          - match: [{uri: {prefix: /teapot}}]
            directResponse: {status: 418, body: {string: short and stout}}
          - match: [{uri: {exact: /abort}}]
            fault: {abort: {httpStatus: 503, percentage: {value: 100}}}
            route: [{destination: {host: reviews}}]
          - match: [{uri: {prefix: /old}}]
            redirect: {uri: /new, redirectCode: 302}
          - route: [{destination: {host: reviews}}]
            headers: {response: {set: {x-mesh: selvage}}}
        """);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(get(net + 3, 9080, "reviews", "/"))
                    .startsWith("HTTP/1.1 200")
                    .contains("x-mesh: selvage"));
    assertThat(get(net + 3, 9080, "reviews", "/teapot")).startsWith("HTTP/1.1 418");
    assertThat(get(net + 3, 9080, "reviews", "/abort")).startsWith("HTTP/1.1 503");
    assertThat(get(net + 3, 9080, "reviews", "/old"))
        .startsWith("HTTP/1.1 302")
        .contains("location: http://reviews/new");
    assertAccepted(caller);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void takesEveryFieldThatWeTranslate(boolean delta) throws Exception {
    apply(EVERYTHING);
    envoy("reviews", 2, delta, ports(RealEnvoy.freePort(), backend("one")));
    RealEnvoy caller = envoy("client", 3, delta, "[]");
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(caller.admin("/config_dump")).contains("x-everything"));
    assertAccepted(caller);
    assertThat(plane.agents()).allSatisfy(a -> assertThat(a.rejected()).isEmpty());
  }

  @Test
  void takesIstiosPublishedManifests() throws Exception {
    List<Path> files = SharedData.files("bookinfo-networking");
    apply(BOOKINFO);
    RealEnvoy reviews = envoy("reviews", 2, true, ports(RealEnvoy.freePort(), backend("one")));
    RealEnvoy caller = envoy("productpage", 3, true, "[]");
    for (Path file : files) {
      apply(Files.readString(file));
      double before = plane.metrics().get("selvage_xds_pushes_total");
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> plane.metrics().get("selvage_xds_pushes_total") > before);
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(plane.agents())
                    .allSatisfy(a -> assertThat(a.state()).isEqualTo("SYNCED")));
    assertThat(caller.admin("/config_dump")).contains("outbound|9080|v3|reviews.default");
    assertAccepted(reviews);
    assertAccepted(caller);
  }

  private static final String BOOKINFO =
      """
      {apiVersion: v1, kind: Service, metadata: {name: productpage, namespace: default},
       spec: {ports: [{name: http, port: 9080}], selector: {app: productpage}}}
      ---
      {apiVersion: v1, kind: Service, metadata: {name: details, namespace: default},
       spec: {ports: [{name: http, port: 9080}], selector: {app: details}}}
      ---
      {apiVersion: v1, kind: Service, metadata: {name: reviews, namespace: default},
       spec: {ports: [{name: http, port: 9080}], selector: {app: reviews}}}
      ---
      {apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: default},
       spec: {ports: [{name: http, port: 9080}], selector: {app: ratings}}}
      """;

  private static final String EVERYTHING =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: reviews, namespace: default}
      spec:
        hosts: [reviews]
        http:
        - name: everything
          match:
          - name: all
            uri: {regex: "/a/.*"}
            ignoreUriCase: true
            method: {exact: GET}
            scheme: {exact: http}
            authority: {prefix: rev}
            headers: {x-a: {exact: a}, x-b: {prefix: b}, x-c: {regex: "c+"}, x-d: {}}
            withoutHeaders: {x-e: {exact: e}, x-f: {}}
            queryParams: {q: {exact: "1"}, r: {regex: "[0-9]+"}, s: {prefix: p}}
            port: 9080
            sourceLabels: {app: client}
            sourceNamespace: default
            gateways: [mesh]
          - uri: {exact: /b}
          - uri: {prefix: /c}
          rewrite: {uri: /z, authority: other.example}
          route:
          - destination: {host: reviews, subset: v1, port: {number: 9080}}
            weight: 80
            headers: {request: {set: {x-everything: "1"}, add: {x-2: "2"}, remove: [x-3]}}
          - destination: {host: reviews, subset: v2}
            weight: 20
          timeout: 3s
          retries:
            attempts: 3
            perTryTimeout: 1s
            retryOn: gateway-error,connect-failure,503
            retryRemoteLocalities: true
            retryIgnorePreviousHosts: false
            backoff: 10ms
          fault:
            delay: {fixedDelay: 0.01s, percentage: {value: 0.1}}
            abort: {grpcStatus: UNAVAILABLE, percentage: {value: 0.1}}
          mirror: {host: reviews, subset: v2}
          mirrorPercentage: {value: 10}
          corsPolicy:
            allowOrigins: [{exact: "https://a"}, {prefix: "https://b"}, {regex: ".*c"}]
            allowMethods: [GET, POST]
            allowHeaders: [x-h]
            exposeHeaders: [x-i]
            maxAge: 24h
            allowCredentials: true
          headers: {response: {set: {x-r: "1"}, remove: [x-s]}}
        - match: [{uri: {regex: "/r/(.*)"}}]
          rewrite: {uriRegexRewrite: {match: "^/r/(.*)$", rewrite: '/s/\\1'}}
          route: [{destination: {host: reviews, subset: v2}}]
        - match: [{uri: {prefix: /redirect}}]
          redirect: {authority: x.example, scheme: https, port: 8443, redirectCode: 308}
        - route: [{destination: {host: reviews, subset: hash}}]
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews, namespace: default}
      spec:
        host: reviews
        trafficPolicy:
          loadBalancer:
            simple: LEAST_REQUEST
            warmup: {duration: 10s, minimumPercent: 20, aggression: 1.5}
            localityLbSetting: {failover: [{from: a, to: b}]}
          connectionPool:
            tcp:
              maxConnections: 100
              connectTimeout: 30ms
              tcpKeepalive: {probes: 3, time: 7200s, interval: 75s}
              maxConnectionDuration: 1h
            http:
              http1MaxPendingRequests: 10
              http2MaxRequests: 20
              maxRequestsPerConnection: 5
              maxRetries: 3
              idleTimeout: 30s
              maxConcurrentStreams: 50
          outlierDetection:
            consecutive5xxErrors: 7
            consecutiveGatewayErrors: 5
            consecutiveLocalOriginFailures: 3
            splitExternalLocalOriginErrors: true
            interval: 5m
            baseEjectionTime: 15m
            maxEjectionPercent: 50
            minHealthPercent: 30
          portLevelSettings:
          - port: {number: 9999}
            tls: {mode: DISABLE}
        subsets:
        - name: v1
          labels: {version: v1}
          trafficPolicy: {loadBalancer: {simple: RANDOM}, retryBudget: {percent: 30, minRetryConcurrency: 5}}
        - name: v2
          labels: {version: v2}
          trafficPolicy:
            tls: {mode: ISTIO_MUTUAL}
            connectionPool: {http: {h2UpgradePolicy: UPGRADE}}
        - name: hash
          labels: {}
          trafficPolicy:
            loadBalancer:
              consistentHash: {httpCookie: {name: c, path: /, ttl: 60s}, ringHash: {minimumRingSize: 2048}}
        - name: maglev
          labels: {}
          trafficPolicy:
            loadBalancer: {consistentHash: {httpHeaderName: x-u, maglev: {tableSize: 65537}}}
        - name: pass
          labels: {}
          trafficPolicy: {loadBalancer: {simple: PASSTHROUGH}}
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: dns, namespace: default}
      spec:
        hosts: [dns.example]
        location: MESH_EXTERNAL
        resolution: DNS
        ports: [{number: 18080, name: http, protocol: HTTP}, {number: 18443, name: tls, protocol: TLS}]
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: rr, namespace: default}
      spec:
        hosts: [rr.example]
        resolution: DNS_ROUND_ROBIN
        ports: [{number: 18081, name: http, protocol: HTTP}]
        endpoints: [{address: localhost}]
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: none, namespace: default}
      spec:
        hosts: ["*.wild.example"]
        resolution: NONE
        ports: [{number: 18082, name: http, protocol: HTTP}, {number: 5432, name: tcp, protocol: TCP}]
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: tcp, namespace: default}
      spec:
        hosts: [db.example]
        location: MESH_INTERNAL
        resolution: STATIC
        ports: [{number: 15433, name: tcp, protocol: TCP}]
        endpoints:
        - {address: 127.0.0.9, ports: {tcp: 15434}, locality: a/b/c, weight: 3, labels: {v: "1"}}
        - {address: 127.0.0.10, serviceAccount: db, labels: {security.istio.io/tlsMode: istio}}
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: db, namespace: default}
      spec:
        hosts: [db.example]
        tcp:
        - match: [{port: 15433, sourceLabels: {app: client}}]
          route:
          - {destination: {host: db.example, port: {number: 15433}}, weight: 25}
          - {destination: {host: dns.example, port: {number: 18443}}, weight: 75}
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: sni, namespace: default}
      spec:
        hosts: [dns.example]
        tls:
        - match: [{port: 18443, sniHosts: [dns.example]}]
          route: [{destination: {host: dns.example, port: {number: 18443}}}]
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: dns, namespace: default}
      spec:
        host: dns.example
        trafficPolicy:
          tls: {mode: SIMPLE, sni: dns.example, subjectAltNames: [dns.example]}
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: wide, namespace: default}
      spec:
        action: DENY
        rules:
        - from:
          - source:
              principals: ["*/ns/evil/*", "evil*", "*evil", "cluster.local/ns/a/sa/b"]
              notPrincipals: ["cluster.local/ns/a/sa/c"]
              requestPrincipals: ["*", "iss/sub", "iss/*"]
              namespaces: [evil, "ev*"]
              serviceAccounts: [evil/sa, sa]
              trustDomains: [other, "ev*"]
              ipBlocks: ["10.9.9.0/24", "::1/128"]
              remoteIpBlocks: [10.8.8.8]
          to:
          - operation:
              hosts: [a.example, "*.b", "c*", "*"]
              methods: [PUT]
              notMethods: [GET]
              paths: ["/a", "/b*", "*/c", "/x/{*}/y/{**}"]
              notPaths: ["/z"]
              ports: ["81"]
          when:
          - {key: "request.headers[x-y]", values: ["1", "a*"]}
          - {key: "request.auth.claims[groups][nested]", values: [admin]}
          - {key: request.auth.audiences, values: [me]}
          - {key: request.auth.presenter, notValues: [you]}
          - {key: connection.sni, values: ["*.example"]}
          - {key: destination.ip, values: ["10.0.0.0/8"]}
          - {key: source.namespace, values: [x]}
      ---
      apiVersion: security.istio.io/v1
      kind: PeerAuthentication
      metadata: {name: reviews, namespace: default}
      spec:
        selector: {matchLabels: {app: reviews}}
        mtls: {mode: PERMISSIVE}
        portLevelMtls: {"9080": {mode: DISABLE}}
      """;
}
