package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Peer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who may do what, field by field: {@code AuthorizationPolicy} as users write it. */
class AuthorizationFieldsTest {
  private static final String PAGE = "spiffe://cluster.local/ns/default/sa/productpage";
  private static final String SHOP = "spiffe://cluster.local/ns/shop/sa/cart";

  private static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("details", "v1", 9080, "http");
  }

  private static String policy(String metadata, String spec) {
    return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {"
        + metadata
        + "}, spec: "
        + spec
        + "}";
  }

  private static SimulatedMesh with(String spec) {
    return mesh().with(policy("name: p", spec));
  }

  /** A request to details. */
  private record Asked(Peer peer, Line line) {
    static Asked by(String principal) {
      return new Asked(
          new Peer("10.9.9.9", 40000, "10.0.0.2", 9080, principal != null, principal, null, null),
          new Line("GET", "details:9080", "/x"));
    }

    static Asked at(String path) {
      return new Asked(by(PAGE).peer(), new Line("GET", "details:9080", path));
    }

    static Asked of(String method, String authority) {
      return new Asked(by(PAGE).peer(), new Line(method, authority, "/x"));
    }

    static Asked from(String address) {
      return new Asked(
          new Peer(address, 40000, "10.0.0.2", 9080, true, PAGE, null, null),
          new Line("GET", "details:9080", "/x"));
    }

    static Asked with(String... headers) {
      return new Asked(by(PAGE).peer(), new Line("GET", "details:9080", "/x", headers));
    }

    static Asked named(String serverName) {
      return new Asked(
          new Peer("10.9.9.9", 40000, "10.0.0.2", 9080, true, PAGE, serverName, null),
          new Line("GET", "details:9080", "/x"));
    }
  }

  private static boolean passes(SimulatedMesh mesh, Asked asked) {
    return mesh.engineOf("details").explainInbound(asked.line(), asked.peer()).rejection() == null;
  }

  /** The rule lets one through and not the other; as DENY it is the other way round. */
  private static void tells(String rule, Asked matching, Asked other) {
    SimulatedMesh allow = with("{action: ALLOW, rules: [" + rule + "]}");
    assertThat(passes(allow, matching)).as("ALLOW, matching").isTrue();
    assertThat(passes(allow, other)).as("ALLOW, other").isFalse();
    SimulatedMesh deny = with("{action: DENY, rules: [" + rule + "]}");
    assertThat(passes(deny, matching)).as("DENY, matching").isFalse();
    assertThat(passes(deny, other)).as("DENY, other").isTrue();
  }

  private static void source(String field, String value, Asked matching, Asked other) {
    String not = "not" + Character.toUpperCase(field.charAt(0)) + field.substring(1);
    tells("{from: [{source: {" + field + ": [" + value + "]}}]}", matching, other);
    tells("{from: [{source: {" + not + ": [" + value + "]}}]}", other, matching);
  }

  private static void operation(String field, String value, Asked matching, Asked other) {
    String not = "not" + Character.toUpperCase(field.charAt(0)) + field.substring(1);
    tells("{to: [{operation: {" + field + ": [" + value + "]}}]}", matching, other);
    tells("{to: [{operation: {" + not + ": [" + value + "]}}]}", other, matching);
  }

  private static void when(String key, String value, Asked matching, Asked other) {
    tells("{when: [{key: '" + key + "', values: [" + value + "]}]}", matching, other);
    tells("{when: [{key: '" + key + "', notValues: [" + value + "]}]}", other, matching);
  }

  /** A rule holds, or not, for a request of the mesh. */
  private static void one(String rule, boolean holds) {
    SimulatedMesh allow = with("{action: ALLOW, rules: [{" + rule + "}]}");
    assertThat(passes(allow, Asked.at("/"))).as("ALLOW %s", rule).isEqualTo(holds);
    SimulatedMesh deny = with("{action: DENY, rules: [{" + rule + "}]}");
    assertThat(passes(deny, Asked.at("/"))).as("DENY %s", rule).isEqualTo(!holds);
  }

  // ---- which workloads

  @Test
  @Tag("field=AuthorizationPolicy.selector.matchLabels")
  void selector() {
    SimulatedMesh mesh = with("{selector: {matchLabels: {app: details}}}");
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/").rejection()).isNotNull();
    assertThat(mesh.received("productpage", 9080, PAGE, "GET", "/").rejection()).isNull();
  }

  @Test
  void withoutSelectorTheNamespaceAndInTheRootNamespaceTheMesh() {
    assertThat(passes(with("{}"), Asked.at("/"))).isFalse();
    SimulatedMesh other = mesh().with(policy("name: p, namespace: shop", "{}"));
    assertThat(passes(other, Asked.at("/"))).isTrue();
    SimulatedMesh root = mesh().with(policy("name: p, namespace: istio-system", "{}"));
    assertThat(passes(root, Asked.at("/"))).isFalse();
    SimulatedMesh some =
        mesh()
            .with(
                policy(
                    "name: p, namespace: istio-system",
                    "{selector: {matchLabels: {app: details}}}"));
    assertThat(passes(some, Asked.at("/"))).isFalse();
    assertThat(some.received("productpage", 9080, PAGE, "GET", "/").rejection()).isNull();
  }

  private static void attaches(String spec) {
    SimulatedMesh mesh = with(spec);
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/").rejection()).isNotNull();
    assertThat(mesh.received("productpage", 9080, PAGE, "GET", "/").rejection()).isNull();
  }

  @Test
  @Tag("field=AuthorizationPolicy.targetRef")
  void targetRef() {
    attaches("{targetRef: {kind: Service, name: details}}");
  }

  @Test
  @Tag("field=AuthorizationPolicy.targetRefs")
  void targetRefs() {
    attaches("{targetRefs: [{kind: Service, name: details}, {kind: Service, name: nobody}]}");
  }

  @Test
  void aServicesSelectorSaysWhoIsMeant() {
    SimulatedMesh mesh =
        with("{targetRefs: [{kind: Service, name: front}]}")
            .with(
                "{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {selector: {app: details}, ports: [{port: 80, targetPort: 9080, name: http}]}}");
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/").rejection()).isNotNull();
    assertThat(mesh.received("productpage", 9080, PAGE, "GET", "/").rejection()).isNull();
  }

  @Test
  void otherTargetsAreSaidToBeNone() {
    SimulatedMesh mesh = with("{targetRefs: [{kind: ServiceEntry, name: details}]}");
    assertThat(mesh.problems("details", "AuthorizationPolicy", "default/p").toString())
        .contains("spec.targetRefs[0]", "ServiceEntry is no workload");
  }

  // ---- what happens

  @Test
  @Tag("field=AuthorizationPolicy.action")
  void action() {
    String rule = "rules: [{to: [{operation: {paths: [/a]}}]}]";
    SimulatedMesh allow = with("{action: ALLOW, " + rule + "}");
    assertThat(passes(allow, Asked.at("/a"))).isTrue();
    assertThat(passes(allow, Asked.at("/b"))).isFalse();
    assertThat(passes(with("{" + rule + "}"), Asked.at("/b"))).as("ALLOW is default").isFalse();
    SimulatedMesh deny = with("{action: DENY, " + rule + "}");
    assertThat(passes(deny, Asked.at("/a"))).isFalse();
    assertThat(passes(deny, Asked.at("/b"))).isTrue();
    SimulatedMesh audit = with("{action: AUDIT, " + rule + "}");
    assertThat(passes(audit, Asked.at("/a"))).isTrue();
    assertThat(audit.received("details", 9080, PAGE, "GET", "/a").policies().toString())
        .contains("LOG ns[default]-policy[p]-rule[0]");
    assertThat(audit.received("details", 9080, PAGE, "GET", "/b").policies()).isEmpty();
  }

  @Test
  void dryRunSaysWhatItWouldDoAndDoesNothing() {
    String dry = "name: p, annotations: {'istio.io/dry-run': 'true'}";
    SimulatedMesh mesh =
        mesh()
            .with(policy(dry, "{action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}]}"))
            .with(
                policy(
                    "name: q, annotations: {'istio.io/dry-run': 'true'}",
                    "{action: ALLOW, rules: [{}]}"));
    assertThat(passes(mesh, Asked.at("/a"))).isTrue();
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/a").policies().toString())
        .contains("dry run: denied by ns[default]-policy[p]-rule[0]")
        .contains("dry run: allowed by ns[default]-policy[q]-rule[0]");
    assertThat(mesh.received("details", 9080, PAGE, "GET", "/b").policies().toString())
        .contains("dry run: allowed")
        .doesNotContain("denied");
  }

  // ---- who

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.principals")
  @Tag("field=AuthorizationPolicy.rules.from.source.notPrincipals")
  void principals() {
    String full = "cluster.local/ns/default/sa/productpage";
    source("principals", full, Asked.by(PAGE), Asked.by(SHOP));
    source("principals", "'*/sa/productpage'", Asked.by(PAGE), Asked.by(SHOP));
    source("principals", "'cluster.local/ns/default/*'", Asked.by(PAGE), Asked.by(SHOP));
    source("principals", "'*'", Asked.by(PAGE), Asked.by(null));
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.namespaces")
  @Tag("field=AuthorizationPolicy.rules.from.source.notNamespaces")
  void namespaces() {
    source("namespaces", "default", Asked.by(PAGE), Asked.by(SHOP));
    source("namespaces", "'def*'", Asked.by(PAGE), Asked.by(SHOP));
    source(
        "namespaces",
        "'de.ault', sh",
        Asked.by("spiffe://cluster.local/ns/sh/sa/x"),
        Asked.by(PAGE));
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.serviceAccounts")
  @Tag("field=AuthorizationPolicy.rules.from.source.notServiceAccounts")
  void serviceAccounts() {
    source("serviceAccounts", "default/productpage", Asked.by(PAGE), Asked.by(SHOP));
    // alone it is of the policy's own namespace
    source(
        "serviceAccounts",
        "productpage",
        Asked.by(PAGE),
        Asked.by("spiffe://cluster.local/ns/shop/sa/productpage"));
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.trustDomains")
  @Tag("field=AuthorizationPolicy.rules.from.source.notTrustDomains")
  void trustDomains() {
    // callers of other trust domains do not get as far as rules, so one caller and two rules
    one("from: [{source: {trustDomains: [cluster.local]}}]", true);
    one("from: [{source: {trustDomains: ['*.local']}}]", true);
    one("from: [{source: {trustDomains: ['*.example', 'cluster.loca', 'cluster?local']}}]", false);
    one("from: [{source: {notTrustDomains: [cluster.local]}}]", false);
    one("from: [{source: {notTrustDomains: ['*.example']}}]", true);
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.ipBlocks")
  @Tag("field=AuthorizationPolicy.rules.from.source.notIpBlocks")
  void ipBlocks() {
    source("ipBlocks", "10.9.0.0/16", Asked.from("10.9.1.1"), Asked.from("10.8.1.1"));
    source("ipBlocks", "10.9.1.1", Asked.from("10.9.1.1"), Asked.from("10.9.1.2"));
    source("ipBlocks", "'fd00::/8'", Asked.from("fd00::1"), Asked.from("fe80::1"));
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.from.source.remoteIpBlocks")
  @Tag("field=AuthorizationPolicy.rules.from.source.notRemoteIpBlocks")
  void remoteIpBlocks() {
    source("remoteIpBlocks", "10.9.0.0/16", Asked.from("10.9.1.1"), Asked.from("10.8.1.1"));
    // nobody in front of a workload is trusted to say who called it
    SimulatedMesh mesh = with("{rules: [{from: [{source: {remoteIpBlocks: [192.0.2.1]}}]}]}");
    assertThat(passes(mesh, Asked.with("x-forwarded-for", "192.0.2.1"))).isFalse();
  }

  // ---- what

  @Test
  @Tag("field=AuthorizationPolicy.rules.to.operation.hosts")
  @Tag("field=AuthorizationPolicy.rules.to.operation.notHosts")
  void hosts() {
    Asked other = Asked.of("GET", "other:9080");
    operation("hosts", "'details:9080'", Asked.of("GET", "details:9080"), other);
    operation("hosts", "'DETAILS:*'", Asked.of("GET", "details:9080"), other);
    operation("hosts", "'*.example'", Asked.of("GET", "a.EXAMPLE"), other);
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.to.operation.ports")
  @Tag("field=AuthorizationPolicy.rules.to.operation.notPorts")
  void ports() {
    one("to: [{operation: {ports: ['9080']}}]", true);
    one("to: [{operation: {ports: ['81']}}]", false);
    one("to: [{operation: {notPorts: ['9080']}}]", false);
    one("to: [{operation: {notPorts: ['81']}}]", true);
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.to.operation.methods")
  @Tag("field=AuthorizationPolicy.rules.to.operation.notMethods")
  void methods() {
    Asked get = Asked.of("GET", "details:9080");
    operation("methods", "GET", get, Asked.of("POST", "details:9080"));
    operation("methods", "'G*'", get, Asked.of("get", "details:9080"));
  }

  @Test
  @Tag("field=AuthorizationPolicy.rules.to.operation.paths")
  @Tag("field=AuthorizationPolicy.rules.to.operation.notPaths")
  void paths() {
    operation("paths", "/a", Asked.at("/a?q=1"), Asked.at("/a/b"));
    operation("paths", "'/a/*'", Asked.at("/a/b/c"), Asked.at("/b"));
    operation("paths", "'*/info'", Asked.at("/a/info"), Asked.at("/a/information"));
    operation("paths", "'/a/{*}/c'", Asked.at("/a/b/c"), Asked.at("/a/b/b/c"));
    operation("paths", "'/a/{**}'", Asked.at("/a/b/b/c"), Asked.at("/b/a"));
    operation("paths", "'/a/{**}/z'", Asked.at("/a/b/c/z"), Asked.at("/a/b/c"));
  }

  // ---- and further conditions

  @Test
  @Tag("field=AuthorizationPolicy.rules.when.key")
  @Tag("field=AuthorizationPolicy.rules.when.values")
  @Tag("field=AuthorizationPolicy.rules.when.notValues")
  void conditions() {
    when("request.headers[x-a]", "b", Asked.with("x-a", "b"), Asked.with("x-a", "c"));
    when("request.headers[x-a]", "'*'", Asked.with("x-a", "b"), Asked.with("x-b", "b"));
    when("source.ip", "10.9.0.0/16", Asked.from("10.9.1.1"), Asked.from("10.8.1.1"));
    when("remote.ip", "10.9.0.0/16", Asked.from("10.9.1.1"), Asked.from("10.8.1.1"));
    when("source.namespace", "default", Asked.by(PAGE), Asked.by(SHOP));
    when("source.serviceAccount", "default/productpage", Asked.by(PAGE), Asked.by(SHOP));
    one("when: [{key: source.trustDomain, values: [cluster.local]}]", true);
    one("when: [{key: source.trustDomain, notValues: [cluster.local]}]", false);
    when("source.principal", "cluster.local/ns/shop/sa/cart", Asked.by(SHOP), Asked.by(PAGE));
    when("connection.sni", "'*.example'", Asked.named("a.example"), Asked.named("a.other"));
  }

  @Test
  void conditionsOnTheDestination() {
    one("when: [{key: destination.port, values: ['9080']}]", true);
    one("when: [{key: destination.port, values: ['81']}]", false);
    one("when: [{key: destination.port, notValues: ['9080']}]", false);
    one("when: [{key: destination.ip, values: [10.0.0.0/8]}]", true);
    one("when: [{key: destination.ip, values: [192.0.2.0/24]}]", false);
    one("when: [{key: destination.ip, notValues: [10.0.0.0/8]}]", false);
  }

  @Test
  void allPartsOfARuleAreAskedAndAnyOfTheValues() {
    SimulatedMesh mesh =
        with(
            "{rules: [{from: [{source: {principals: ['*/cart', '*/productpage']}}], to: [{operation: {methods: [GET]}}, {operation: {methods: [PUT], paths: [/x]}}], when: [{key: 'request.headers[x-a]', values: [b, c]}]}]}");
    assertThat(passes(mesh, Asked.with("x-a", "c"))).isTrue();
    assertThat(passes(mesh, Asked.with("x-a", "d"))).isFalse();
    assertThat(passes(mesh, Asked.at("/x"))).isFalse();
    Peer page = Asked.by(PAGE).peer();
    assertThat(passes(mesh, new Asked(page, new Line("PUT", "d", "/x", "x-a", "b")))).isTrue();
    assertThat(passes(mesh, new Asked(page, new Line("PUT", "d", "/y", "x-a", "b")))).isFalse();
  }
}
