package io.selvage.controller.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.YamlDocuments;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Seeded mutations of good documents: one to three values replaced, removed or renamed. */
public final class Mutations {
  private static final String[] GOOD = {
    """
    {apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a, namespace: default,
     labels: {x: y}}, spec: {hosts: [a.b, "*.c"], gateways: [mesh], exportTo: ["."], http: [{name: r,
     match: [{uri: {prefix: /a}, headers: {h: {regex: "a.*"}}, port: 80, ignoreUriCase: true}],
     route: [{destination: {host: a, subset: v1, port: {number: 80}}, weight: 1}], timeout: 1s,
     retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx}, fault: {delay: {fixedDelay: 1s,
     percentage: {value: 10}}, abort: {httpStatus: 500}}, mirror: {host: m}, corsPolicy: {allowOrigins:
     [{exact: x}], maxAge: 1h}, headers: {request: {set: {a: b}, remove: [c]}}, rewrite: {uri: /x}},
     {redirect: {uri: /y, redirectCode: 302}}, {directResponse: {status: 200, body: {string: ok}}}],
     tls: [{match: [{sniHosts: [a.b], port: 443}], route: [{destination: {host: a}}]}], tcp: [{match:
     [{destinationSubnets: [10.0.0.0/8]}], route: [{destination: {host: a}, weight: 1}]}]}}
    """,
    """
    {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: a, namespace:
     default}, spec: {host: a, subsets: [{name: v1, labels: {version: v1}}], workloadSelector:
     {matchLabels: {a: b}}, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, localityLbSetting:
     {distribute: [{from: r/z, to: {r/z: 100}}]}, warmup: {duration: 1s, minimumPercent: 10}},
     connectionPool: {tcp: {maxConnections: 1, connectTimeout: 1s, tcpKeepalive: {probes: 1}}, http:
     {maxRetries: 1, http2KeepAlive: {interval: 1s}}}, outlierDetection: {interval: 1s,
     maxEjectionPercent: 10, outlierDetectionHttpErrorCodes: [500]}, tls: {mode: SIMPLE, sni: x},
     portLevelSettings: [{port: {number: 80}}], retryBudget: {percent: 20}}}}
    """,
    """
    {apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: a, namespace: default},
     spec: {hosts: [a.b], addresses: [10.0.0.1, "2001:db8::1"], ports: [{number: 80, name: http,
     protocol: HTTP, targetPort: 81}], location: MESH_INTERNAL, resolution: STATIC, endpoints:
     [{address: 1.2.3.4, ports: {http: 80}, labels: {a: b}, locality: r/z, weight: 1}]}}
    """,
    """
    {apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: a, namespace:
     default, annotations: {istio.io/dry-run: "true"}}, spec: {selector: {matchLabels: {a: b}}, action:
     DENY, rules: [{from: [{source: {principals: ["*"], ipBlocks: [10.0.0.0/8]}}], to: [{operation:
     {paths: ["/a/{*}"], ports: ["80"], methods: [GET]}}], when: [{key: source.ip, values:
     [1.2.3.4]}]}]}}
    """,
    """
    {apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {name: a, namespace:
     default}, spec: {selector: {matchLabels: {a: b}}, mtls: {mode: STRICT}, portLevelMtls: {"80":
     {mode: DISABLE}}}}
    """,
    """
    {apiVersion: v1, kind: Service, metadata: {name: a, namespace: default}, spec: {type: ClusterIP,
     selector: {a: b}, ports: [{name: http, port: 80, targetPort: http}], sessionAffinityConfig:
     {clientIP: {timeoutSeconds: 10}}}}
    """,
    """
    {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: a, namespace: default}, spec:
     {selector: {a: b}, servers: [{port: {number: 443, name: x, protocol: HTTPS}, hosts: [n/a.b], tls:
     {mode: SIMPLE, credentialName: c}}]}}
    """,
    """
    {apiVersion: selvage.io/v1, kind: TrafficLane, metadata: {name: gray, namespace: default}, spec:
     {selector: {matchLabels: {lane: gray}}, entries: [{selector: {matchLabels: {app: a}}, percentage:
     10, match: [{uri: {prefix: /a}, headers: {x: {exact: y}}, cookies: {c: {regex: z}}}]}]}}
    """,
    """
    {apiVersion: selvage.io/v1, kind: ResiliencePolicy, metadata: {name: a, namespace: default}, spec:
     {targetRefs: [{kind: Service, name: a, sectionName: http}], circuitBreaker: {slidingWindowSize:
     10, minimumNumberOfCalls: 5, waitDurationInOpenState: 1s, record: {statuses: [5xx]}, operations:
     [{name: x, methods: [GET], pathPrefix: /x}]}, bulkhead: {maxConcurrentCalls: 1, maxWaitingCalls:
     1, maxWaitDuration: 1s}}}
    """,
    """
    {apiVersion: selvage.io/v1, kind: DatabasePolicy, metadata: {name: a, namespace: default}, spec:
     {targetRefs: [{kind: Service, name: a}], addresses: [{host: "*.x", port: 5432}], databases: [d],
     selector: {matchLabels: {a: b}}, readOnly: {replicas: [{host: r, port: 5432}], fallback: FAIL},
     connect: {timeout: 1s, attempts: 2, failover: [{host: f, port: 1}]}, statements: {timeout: 1s,
     writes: PROHIBIT, readingFunctions: [f]}, circuitBreaker: {slidingWindowSize: 10,
     minimumNumberOfCalls: 5}, bulkhead: {maxConcurrentStatements: 1, maxWaitDuration: 1s}, callers:
     [{principals: ["*"], statementsPerSecond: 1, burst: 2}], audit: {maxDigests: 1, interval: 1s}}}
    """,
  };

  private final Random random;

  public Mutations(long seed) {
    this.random = new Random(seed);
  }

  /** The good documents themselves. */
  public static List<ObjectNode> good() {
    List<ObjectNode> documents = new ArrayList<>();
    for (String text : GOOD) {
      documents.add(parse(text));
    }
    return documents;
  }

  /** One good document with one to three mutations. */
  public ObjectNode next() {
    ObjectNode document = parse(GOOD[random.nextInt(GOOD.length)]);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      mutate(document);
    }
    return document;
  }

  private void mutate(ObjectNode document) {
    List<JsonNode> containers = new ArrayList<>();
    collect(document, containers);
    JsonNode at = containers.get(random.nextInt(containers.size()));
    if (at instanceof ObjectNode object && !object.isEmpty()) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      String name = names.get(random.nextInt(names.size()));
      switch (random.nextInt(4)) {
        case 0 -> object.remove(name);
        case 1 -> object.set(name + "\u0001x", object.remove(name));
        default -> object.set(name, value());
      }
    } else if (at instanceof ArrayNode array && !array.isEmpty()) {
      array.set(random.nextInt(array.size()), value());
    }
  }

  private static void collect(JsonNode node, List<JsonNode> into) {
    if (node.isContainerNode()) {
      into.add(node);
      node.forEach(child -> collect(child, into));
    }
  }

  private JsonNode value() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    return switch (random.nextInt(14)) {
      case 0 -> json.nullNode();
      case 1 -> json.numberNode(-1);
      case 2 -> json.numberNode(Long.MAX_VALUE);
      case 3 -> json.numberNode(1.5);
      case 4 -> json.numberNode(new java.math.BigInteger("9".repeat(40)));
      case 5 -> json.booleanNode(true);
      case 6 -> json.textNode("");
      case 7 -> json.textNode("*".repeat(1 + random.nextInt(3)));
      case 8 -> json.textNode("9".repeat(1 + random.nextInt(30)));
      case 9 -> json.textNode("::/((%\u0000\ud800[{*}" + random.nextInt());
      case 10 -> json.textNode("x".repeat(5_000));
      case 11 -> json.objectNode().put("a", 1);
      case 12 -> json.arrayNode().add(json.nullNode()).add(1);
      default -> json.objectNode();
    };
  }

  private static ObjectNode parse(String text) {
    try {
      return (ObjectNode) YamlDocuments.parse(text).get(0);
    } catch (YamlDocuments.MalformedException e) {
      throw new AssertionError(e);
    }
  }
}
