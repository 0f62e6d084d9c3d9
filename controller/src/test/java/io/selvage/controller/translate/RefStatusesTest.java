package io.selvage.controller.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.controller.translate.RefStatus.Condition;
import io.selvage.controller.translate.RefStatus.Entry;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Conditions of routes and policies of the Gateway API. */
class RefStatusesTest {
  private static final String SERVICES =
      """
      {apiVersion: v1, kind: Service, metadata: {name: a, namespace: n}, spec: {selector: {app: a}, ports: [{name: http, port: 80}, {name: grpc, port: 90}, {name: tcp, port: 91}]}}
      ---
      {apiVersion: v1, kind: Service, metadata: {name: hidden, namespace: m, annotations: {networking.istio.io/exportTo: .}}, spec: {selector: {app: h}, ports: [{name: http, port: 80}]}}
      """;

  private static List<RefStatus> all(String yaml) {
    return new RefStatuses(new Mesh().apply(SERVICES).apply(yaml).view().gateway()).all();
  }

  private static List<Entry> of(String yaml, String name) {
    return all(yaml).stream()
        .filter(s -> s.resource().name().equals(name))
        .findFirst()
        .orElseThrow()
        .entries();
  }

  private static String route(String kind, String name, String namespace, String spec) {
    return "---\n{apiVersion: gateway.networking.k8s.io/v1, kind: %s, metadata: {name: %s, namespace: %s}, spec: {%s}}\n"
        .formatted(kind, name, namespace, spec);
  }

  private static String http(String parents, String rules) {
    return route("HTTPRoute", "r", "n", "parentRefs: [" + parents + "], rules: [" + rules + "]");
  }

  private static final String A = "{group: '', kind: Service, name: a}";
  private static final String GOOD = "{backendRefs: [{name: a, port: 80}]}";

  private static Condition condition(Entry entry, String type) {
    return entry.conditions().stream().filter(c -> c.type().equals(type)).findFirst().orElse(null);
  }

  private static void is(Condition found, boolean status, String reason, String words) {
    assertThat(found).isNotNull();
    assertThat(found.status()).as(found.toString()).isEqualTo(status);
    assertThat(found.reason()).as(found.toString()).isEqualTo(reason);
    assertThat(found.message()).contains(words);
  }

  @Test
  void eachParentHasItsOwnEntry() {
    List<Entry> entries =
        of(
            http(
                "{group: '', kind: Service, name: a, port: 80}, {name: gateway},"
                    + " {group: '', kind: Service, name: gone},"
                    + " {group: '', kind: Service, name: a, port: 91},"
                    + " {group: '', kind: Service, name: a, sectionName: none},"
                    + " {group: x.y, kind: Thing, name: t},"
                    + " {group: '', kind: Service, name: hidden, namespace: m}",
                GOOD),
            "r");

    assertThat(entries).hasSize(7);
    is(condition(entries.get(0), "Accepted"), true, "Accepted", "all callers");
    is(condition(entries.get(0), "ResolvedRefs"), true, "ResolvedRefs", "");
    is(condition(entries.get(1), "Accepted"), false, "NoMatchingParent", "no gateway");
    is(condition(entries.get(2), "Accepted"), false, "NoMatchingParent", "no Service n/gone");
    is(condition(entries.get(3), "Accepted"), false, "NoMatchingParent", "no HTTP port 91");
    is(condition(entries.get(4), "Accepted"), false, "NoMatchingParent", "no HTTP port none");
    is(condition(entries.get(5), "Accepted"), false, "NoMatchingParent", "x.y/Thing");
    is(condition(entries.get(6), "Accepted"), false, "NoMatchingParent", "m/hidden");
    assertThat(entries.get(0).ref().path("port").asInt()).isEqualTo(80);
    assertThat(entries.get(1).ref().has("kind")).as("as written").isFalse();
  }

  @Test
  void aConsumersRouteSaysForWhom() {
    Entry entry =
        of(
                route(
                    "HTTPRoute",
                    "c",
                    "m",
                    "parentRefs: [{group: '', kind: Service, name: a, namespace: n}], rules: ["
                        + "{backendRefs: [{name: a, namespace: n, port: 80}]}]"),
                "c")
            .get(0);

    is(condition(entry, "Accepted"), true, "Accepted", "callers in namespace m");
  }

  @Test
  void referencesThatLeadNowhere() {
    is(
        resolved("{backendRefs: [{name: gone, port: 80}, {name: a, port: 81}]}"),
        false,
        "BackendNotFound",
        "spec.rules[0].backendRefs[1]: Service n/a has no port 81");
    is(
        resolved("{backendRefs: [{group: x.y, kind: Bucket, name: b}]}"),
        false,
        "InvalidKind",
        "x.y/Bucket");
    is(
        resolved("{backendRefs: [{name: hidden, namespace: m, port: 80}]}"),
        false,
        "RefNotPermitted",
        "no ReferenceGrant");
    is(
        resolved(
            "{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: gone, port: 1}}}],"
                + " backendRefs: [{name: a, port: 80}]}"),
        false,
        "BackendNotFound",
        "requestMirror");
  }

  private static Condition resolved(String rule) {
    return condition(of(http(A, rule), "r").get(0), "ResolvedRefs");
  }

  @Test
  void aGrantPermits() {
    String grant =
        route(
            "ReferenceGrant",
            "g",
            "m",
            "from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: n}], to: [{group: '', kind: Service}]");

    Entry entry =
        of(http(A, "{backendRefs: [{name: hidden, namespace: m, port: 80}]}") + grant, "r").get(0);

    is(condition(entry, "ResolvedRefs"), true, "ResolvedRefs", "");
  }

  @Test
  void filtersThatAreNotServed() {
    String auth =
        "{filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name: a, port: 80}, grpc: {}}}], backendRefs: [{name: a, port: 80}]}";
    Entry part = of(http(A, GOOD + ", " + auth), "r").get(0);
    is(condition(part, "Accepted"), true, "Accepted", "");
    is(condition(part, "PartiallyInvalid"), true, "UnsupportedValue", "Dropped Rule");
    assertThat(condition(part, "PartiallyInvalid").message()).contains("spec.rules[1]");

    Entry whole = of(http(A, auth), "r").get(0);
    is(condition(whole, "Accepted"), false, "UnsupportedValue", "externalAuth");
    assertThat(condition(whole, "PartiallyInvalid")).isNull();

    Entry extension =
        of(
                http(
                    A,
                    "{filters: [{type: ExtensionRef, extensionRef: {group: x, kind: Fancy, name: f}}]}"),
                "r")
            .get(0);
    is(condition(extension, "ResolvedRefs"), false, "InvalidKind", "Fancy");
  }

  @Test
  @Tag("field=HTTPRoute.rules.sessionPersistence.idleTimeout")
  @Tag("field=GRPCRoute.rules.sessionPersistence.idleTimeout")
  void fieldsWithoutEffectAreNamed() {
    Entry entry =
        of(
                route(
                    "HTTPRoute",
                    "r",
                    "n",
                    "parentRefs: ["
                        + A
                        + "], hostnames: [a.b], useDefaultGateways: All, rules: [{backendRefs: [{name: a, port: 80}], sessionPersistence: {absoluteTimeout: 1h, idleTimeout: 1m}}]"),
                "r")
            .get(0);

    String message = condition(entry, "Accepted").message();
    assertThat(message)
        .contains("spec.hostnames")
        .contains("spec.useDefaultGateways")
        .contains("spec.rules[0].sessionPersistence.absoluteTimeout")
        .contains("spec.rules[0].sessionPersistence.idleTimeout");
    Entry grpc =
        of(
                route(
                    "GRPCRoute",
                    "g",
                    "n",
                    "parentRefs: ["
                        + A
                        + "], rules: [{backendRefs: [{name: a, port: 90}], sessionPersistence: {idleTimeout: 1m}}]"),
                "g")
            .get(0);
    assertThat(condition(grpc, "Accepted").message())
        .contains("spec.rules[0].sessionPersistence.idleTimeout");
  }

  @Test
  void aGrpcRouteBeatsAnHttpRouteOfTheSamePort() {
    String grpc =
        route(
            "GRPCRoute",
            "g",
            "n",
            "parentRefs: [" + A + "], rules: [{backendRefs: [{name: a, port: 90}]}]");

    Entry whole = of(http(A, GOOD) + grpc, "r").get(0);
    Entry elsewhere =
        of(http(A, GOOD) + grpc.replace("name: a}], rules", "name: a, port: 90}], rules"), "r")
            .get(0);

    is(condition(whole, "Accepted"), false, "Conflicted", "GRPCRoute");
    is(condition(elsewhere, "Accepted"), true, "Accepted", "");
  }

  @Test
  void backendTlsPolicies() {
    String policy =
        "---\n{apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: %s, namespace: n}, spec: {targetRefs: [{group: '', kind: Service, name: %s}], options: {mine: x}, validation: {hostname: a.b, %s}}}\n";
    String system = "wellKnownCACertificates: System";
    String refs = "caCertificateRefs: [{group: '', kind: ConfigMap, name: roots}]";

    Entry good = of(policy.formatted("p", "a", system), "p").get(0);
    is(condition(good, "Accepted"), true, "Accepted", "spec.options [mine]");
    is(condition(good, "ResolvedRefs"), true, "ResolvedRefs", "");
    assertThat(good.ref().path("namespace").asText()).isEqualTo("n");

    is(
        condition(of(policy.formatted("p", "gone", system), "p").get(0), "Accepted"),
        false,
        "TargetNotFound",
        "no Service n/gone");
    Entry younger =
        of(policy.formatted("q", "a", system) + policy.formatted("p", "a", system), "q").get(0);
    is(condition(younger, "Accepted"), false, "Conflicted", "n/p");
    Entry without = of(policy.formatted("p", "a", refs), "p").get(0);
    is(condition(without, "Accepted"), false, "NoValidCACertificate", "no ConfigMap n/roots");
    is(condition(without, "ResolvedRefs"), false, "InvalidCACertificateRef", "no ConfigMap");
    Entry kind = of(policy.formatted("p", "a", refs.replace("ConfigMap", "Secret")), "p").get(0);
    is(condition(kind, "ResolvedRefs"), false, "InvalidKind", "Secret");
    is(
        condition(
            of(policy.formatted("p", "a", "wellKnownCACertificates: my.org/set"), "p").get(0),
            "Accepted"),
        false,
        "Invalid",
        "my.org/set");
  }

  @Test
  void aVirtualServiceThatIsBeatenSaysSo() {
    Mesh mesh =
        new Mesh()
            .apply(SERVICES)
            .apply(http(A, GOOD))
            .apply(
                "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v, namespace: n}, spec: {hosts: [a], http: [{route: [{destination: {host: a, port: {number: 80}}}]}]}}");
    MeshView view = mesh.view();
    new References(view).check();

    assertThat(view.problems().read().toString()).contains("is routed by HTTPRoute n/r");
  }

  @Test
  void aDestinationRuleThatIsBeatenSaysSo() {
    MeshView view =
        new Mesh()
            .apply(SERVICES)
            .apply(
                """
                {apiVersion: gateway.networking.k8s.io/v1, kind: BackendTLSPolicy, metadata: {name: t, namespace: n}, spec: {targetRefs: [{group: '', kind: Service, name: a, sectionName: http}], validation: {hostname: a.b, wellKnownCACertificates: System}}}
                ---
                {apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XBackendTrafficPolicy, metadata: {name: b, namespace: n}, spec: {targetRefs: [{group: '', kind: Service, name: a}], retryConstraint: {}}}
                ---
                {apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d, namespace: n}, spec: {host: a, trafficPolicy: {tls: {mode: DISABLE}, retryBudget: {percent: 10}}}}
                """)
            .view();
    new References(view).check();

    assertThat(view.problems().read().toString())
        .contains("BackendTLSPolicy n/t says it for a.n.svc.cluster.local:80")
        .doesNotContain("a.n.svc.cluster.local:90")
        .contains("XBackendTrafficPolicy n/b says it for a.n.svc.cluster.local");
  }
}
