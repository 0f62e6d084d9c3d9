package io.selvage.controller.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.testing.SharedData;
import io.selvage.controller.testing.TestApi;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real kubectl against the real server over TLS. */
class KubectlTest {
  @TempDir static Path folder;
  private static EmbeddedStore store;
  private static TestApi api;
  private static Path kubeconfig;

  private record Run(int exit, String out, String err) {
    Run ok() {
      assertThat(exit).as(err + out).isZero();
      return this;
    }
  }

  @BeforeAll
  static void start() throws Exception {
    boolean present =
        List.of(System.getenv("PATH").split(File.pathSeparator)).stream()
            .anyMatch(p -> Files.isExecutable(Path.of(p, "kubectl")));
    assumeTrue(present, "kubectl is not on the PATH");
    Files.createDirectories(folder.resolve("home"));
    store = EmbeddedStore.open(folder.resolve("store"));
    api = new TestApi(folder, store);
    kubeconfig = api.kubeconfig(api.admin());
  }

  @AfterAll
  static void stop() {
    if (api != null) {
      api.close();
      store.close();
    }
  }

  private static Process process(Path config, Path out, Path err, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig", config.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("HOME", folder.resolve("home").toString());
    return builder.start();
  }

  private static Run as(Path config, String... arguments) {
    try {
      Path out = Files.createTempFile(folder, "out", "");
      Path err = Files.createTempFile(folder, "err", "");
      Process process = process(config, out, err, arguments);
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static Run kubectl(String... arguments) {
    return as(kubeconfig, arguments);
  }

  private static String file(String content) throws IOException {
    Path file = Files.createTempFile(folder, "manifest", ".yaml");
    // the comment keeps kubectl from taking a flow mapping for JSON
    return Files.writeString(file, "# test\n" + content).toString();
  }

  private static String route(String name, String namespace, int v1, int v2) {
    return """
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: %s, namespace: %s}
    spec:
      hosts: [reviews]
      http:
      - route:
        - {destination: {host: reviews, subset: v1}, weight: %d}
        - {destination: {host: reviews, subset: v2}, weight: %d}
    """
        .formatted(name, namespace, v1, v2);
  }

  private static void namespace(String name) {
    assertThat(kubectl("create", "ns", name).ok().out()).contains("namespace/" + name + " created");
  }

  @Test
  void ownKindsAreKindsLikeAnyOther() throws IOException {
    namespace("own");
    String spec =
        """
        apiVersion: selvage.io/v1
        kind: ResiliencePolicy
        metadata: {name: reviews, namespace: own}
        spec:
          targetRefs: [{kind: Service, name: reviews}]
          bulkhead: {maxConcurrentCalls: %s}
        """;
    assertThat(kubectl("apply", "-f", file(spec.formatted("5"))).ok().out())
        .isEqualTo("resiliencepolicy.selvage.io/reviews created\n");
    assertThat(kubectl("apply", "-f", file(spec.formatted("6"))).ok().out()).contains("configured");
    assertThat(kubectl("-n", "own", "get", "respol").ok().out())
        .containsPattern("NAME +TARGETS +AGE")
        .containsPattern("reviews +reviews +\\d+s");
    assertThat(kubectl("explain", "resiliencepolicy.spec.circuitBreaker.scope").ok().out())
        .contains("DESTINATION")
        .contains("endpoint");
    Run refused = kubectl("apply", "-f", file(spec.formatted("0")));
    assertThat(refused.exit()).isNotZero();
    assertThat(refused.err()).contains("spec.bulkhead.maxConcurrentCalls");
    Run unknown = kubectl("apply", "-f", file(spec.formatted("5, size: 3")));
    assertThat(unknown.err()).contains("unknown field").contains("spec.bulkhead.size");
    assertThat(kubectl("-n", "own", "delete", "respol", "reviews").ok().out()).contains("deleted");
  }

  @Test
  void routesOfTheGatewayApiAreKindsLikeAnyOther() throws IOException {
    namespace("gamma");
    String spec =
        """
        apiVersion: gateway.networking.k8s.io/%s
        kind: HTTPRoute
        metadata: {name: reviews, namespace: gamma}
        spec:
          parentRefs: [{group: "", kind: Service, name: reviews, port: 9080}]
          hostnames: [a.example.com, b.example.com]
          rules:
          - matches: [{path: {type: PathPrefix, value: %s}}]
            backendRefs: [{name: reviews-v1, port: 9080, weight: 90}, {name: reviews-v2, port: 9080, weight: 10}]
        """;
    String first = file(spec.formatted("v1", "/a"));
    assertThat(kubectl("apply", "-f", first).ok().out())
        .isEqualTo("httproute.gateway.networking.k8s.io/reviews created\n");
    assertThat(kubectl("apply", "-f", first).ok().out()).contains("unchanged");
    String second = file(spec.formatted("v1beta1", "/b"));
    Run diff = kubectl("diff", "-f", second);
    assertThat(diff.exit()).isEqualTo(1);
    assertThat(diff.out()).contains("-        value: /a").contains("+        value: /b");
    assertThat(kubectl("apply", "-f", second).ok().out()).contains("configured");
    assertThat(kubectl("-n", "gamma", "get", "httproute").ok().out())
        .containsPattern("NAME +HOSTNAMES +AGE")
        .containsPattern("reviews +\\[\"a.example.com\",\"b.example.com\"\\] +\\d+s");
    assertThat(kubectl("get", "gateway-api", "-n", "gamma").ok().out()).contains("reviews");
    assertThat(
            kubectl("explain", "httproute.spec.rules.filters.requestRedirect.statusCode")
                .ok()
                .out())
        .contains("302 if absent");
    Run refused = kubectl("apply", "-f", file(spec.formatted("v1", "a")));
    assertThat(refused.err())
        .contains("spec.rules[0].matches[0].path.value")
        .contains("must be an absolute path");
    Run unknown = kubectl("apply", "-f", file(spec.formatted("v1", "/a, wildcard: true")));
    assertThat(unknown.err()).contains("unknown field \"spec.rules[0].matches[0].path.wildcard\"");
    for (String shortName : List.of("btlspolicy", "refgrant", "xbtrafficpolicy", "grpcroute")) {
      assertThat(kubectl("-n", "gamma", "get", shortName).ok().err()).contains("No resources");
    }
    Path bytes = Files.write(Files.createTempFile(folder, "b", ".bin"), new byte[] {-1, 0, 1});
    assertThat(
            kubectl(
                    "-n",
                    "gamma",
                    "create",
                    "cm",
                    "c",
                    "--from-literal=k=v",
                    "--from-file=b=" + bytes)
                .ok()
                .out())
        .contains("configmap/c created");
    String values = "-o=jsonpath={.data.k} {.binaryData.b}";
    assertThat(kubectl("-n", "gamma", "get", "cm", "c", values).ok().out()).isEqualTo("v /wAB");
    assertThat(kubectl("-n", "gamma", "delete", "httproute", "reviews").ok().out())
        .contains("deleted");
  }

  @Test
  void appliesReadsDiffsAndDeletes() throws IOException {
    namespace("life");
    String first = file(route("reviews", "life", 90, 10));
    assertThat(kubectl("apply", "-f", first).ok().out())
        .isEqualTo("virtualservice.networking.istio.io/reviews created\n");
    assertThat(kubectl("apply", "-f", first).ok().out()).contains("unchanged");
    String second = file(route("reviews", "life", 50, 50));
    Run diff = kubectl("diff", "-f", second);
    assertThat(diff.exit()).isEqualTo(1);
    assertThat(diff.out()).contains("-      weight: 90").contains("+      weight: 50");
    assertThat(kubectl("apply", "-f", second).ok().out()).contains("configured");
    assertThat(kubectl("diff", "-f", second).exit()).isZero();
    String weight = "-o=jsonpath={.spec.http[0].route[0].weight} {.metadata.generation}";
    assertThat(kubectl("-n", "life", "get", "vs", "reviews", weight).ok().out()).isEqualTo("50 2");
    assertThat(kubectl("-n", "life", "get", "vs").ok().out())
        .containsPattern("NAME +GATEWAYS +HOSTS +AGE")
        .containsPattern("reviews +\\[\"reviews\"\\] +\\d+s");
    assertThat(kubectl("get", "vs", "-A", "-o", "wide").ok().out())
        .containsPattern("life +reviews");
    assertThat(kubectl("-n", "life", "get", "vs", "reviews", "-o", "yaml").ok().out())
        .contains("subset: v1")
        .doesNotContain("managedFields");
    assertThat(kubectl("-n", "life", "delete", "vs", "reviews").ok().out()).contains("deleted");
    Run gone = kubectl("-n", "life", "get", "vs", "reviews");
    assertThat(gone.err())
        .contains(
            "Error from server (NotFound): virtualservices.networking.istio.io \"reviews\" not"
                + " found");
  }

  @Test
  void serverSideApplyOwnsFieldsAndNamesConflicts() throws IOException {
    namespace("ssa");
    String first = file(route("reviews", "ssa", 90, 10));
    assertThat(kubectl("apply", "--server-side", "-f", first).ok().out())
        .contains("serverside-applied");
    assertThat(kubectl("apply", "--server-side", "-f", first).ok().exit()).isZero();
    String second = file(route("reviews", "ssa", 0, 100));
    Run conflict = kubectl("apply", "--server-side", "--field-manager=other", "-f", second);
    assertThat(conflict.exit()).isNotZero();
    assertThat(conflict.err()).contains("conflict with \"kubectl\"").contains(".spec.http");
    String forced = "--force-conflicts";
    kubectl("apply", "--server-side", "--field-manager=other", forced, "-f", second).ok();
    String weight = "-o=jsonpath={.spec.http[0].route[1].weight}";
    assertThat(kubectl("-n", "ssa", "get", "vs", "reviews", weight).ok().out()).isEqualTo("100");
    assertThat(
            kubectl("-n", "ssa", "get", "vs", "reviews", "-o", "yaml", "--show-managed-fields")
                .ok()
                .out())
        .contains("manager: other")
        .contains("f:http");
    assertThat(kubectl("diff", "--server-side", "-f", first, "--force-conflicts").exit())
        .isEqualTo(1);
    // a field that its only owner no longer applies goes away
    String hostOnly =
        file(
            "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d,"
                + " namespace: ssa}, spec: {host: a, exportTo: [.]}}");
    kubectl("apply", "--server-side", "-f", hostOnly).ok();
    String without =
        file(
            "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d,"
                + " namespace: ssa}, spec: {host: a}}");
    kubectl("apply", "--server-side", "-f", without).ok();
    assertThat(kubectl("-n", "ssa", "get", "dr", "d", "-o=jsonpath={.spec}").ok().out())
        .isEqualTo("{\"host\":\"a\"}");
  }

  @Test
  void anObjectMovesFromClientSideToServerSideApply() throws IOException {
    namespace("moves");
    kubectl("apply", "-f", file(route("reviews", "moves", 90, 10))).ok();
    kubectl("apply", "--server-side", "-f", file(route("reviews", "moves", 60, 40))).ok();
    kubectl("apply", "--server-side", "-f", file(route("reviews", "moves", 70, 30))).ok();
    String weight = "-o=jsonpath={.spec.http[0].route[0].weight}";
    assertThat(kubectl("-n", "moves", "get", "vs", "reviews", weight).ok().out()).isEqualTo("70");
  }

  @Test
  void refusesUnknownFieldsAndInvalidDocumentsWithTheirPath() throws IOException {
    namespace("bad");
    Run unknown =
        kubectl(
            "apply",
            "-f",
            file(
                "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: d,"
                    + " namespace: bad}, spec: {host: a, bogus: 1}}"));
    assertThat(unknown.err()).contains("strict decoding error: unknown field \"spec.bogus\"");
    Run invalid =
        kubectl("apply", "-f", file(route("reviews", "bad", 90, 10).replace("90", "-90")));
    assertThat(invalid.err())
        .contains("The VirtualService \"reviews\" is invalid: spec.http[0].route[0].weight")
        .contains("must not be negative");
    Run several =
        kubectl(
            "apply",
            "-f",
            file(
                "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: v,"
                    + " namespace: bad}, spec: {hosts: [a], http: [{timeout: 5x, route:"
                    + " [{destination: {}}]}]}}"));
    assertThat(several.err())
        .contains("* spec.http[0].route[0].destination.host: Required value")
        .contains("* spec.http[0].timeout: Invalid value");
    Run policy =
        kubectl(
            "create",
            "--validate=ignore",
            "-f",
            file(
                "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p,"
                    + " namespace: bad}, spec: {rules: [{form: []}]}}"));
    assertThat(policy.err()).contains("unknown field \"spec.rules[0].form\"");
    Run other =
        kubectl(
            "apply",
            "-f",
            file("{apiVersion: networking.istio.io/v1, kind: EnvoyFilter, metadata: {name: e}}"));
    assertThat(other.err()).contains("EnvoyFilter");
    Run nowhere = kubectl("apply", "-f", file(route("reviews", "missing-namespace", 1, 1)));
    assertThat(nowhere.err()).contains("namespaces \"missing-namespace\" not found");
    assertThat(kubectl("-n", "bad", "get", "vs,dr,ap").ok().err()).contains("No resources found");
  }

  @Test
  void dryRunChangesNothing() throws IOException {
    namespace("dry");
    String first = file(route("reviews", "dry", 90, 10));
    kubectl("apply", "--dry-run=server", "-f", first).ok();
    assertThat(kubectl("-n", "dry", "get", "vs").ok().err()).contains("No resources found");
  }

  @Test
  void explainsAndLists() {
    assertThat(kubectl("explain", "virtualservice.spec.http.retries").ok().out())
        .contains("GROUP:      networking.istio.io")
        .contains("attempts\t<integer>")
        .contains("Retries after the first try");
    assertThat(kubectl("explain", "pa.spec.mtls.mode").ok().out())
        .contains("ENUM:")
        .contains("STRICT");
    assertThat(kubectl("explain", "service.spec.ports").ok().out()).contains("targetPort");
    assertThat(kubectl("api-resources").ok().out())
        .containsPattern("virtualservices +vs +networking.istio.io/v1 +true +VirtualService")
        .containsPattern("namespaces +ns +v1 +false +Namespace");
    assertThat(kubectl("api-versions").ok().out())
        .contains("networking.istio.io/v1alpha3")
        .contains("security.istio.io/v1beta1");
    assertThat(kubectl("version").ok().out()).contains("Server Version: v1.32");
  }

  @Test
  void everyVersionIsServedFromOneObject() throws IOException {
    namespace("versions");
    kubectl("apply", "-f", file(route("r", "versions", 1, 1).replace("io/v1", "io/v1alpha3"))).ok();
    String version = "-o=jsonpath={.apiVersion}";
    assertThat(
            kubectl(
                    "-n",
                    "versions",
                    "get",
                    "virtualservices.v1beta1.networking.istio.io",
                    "r",
                    version)
                .out())
        .isEqualTo("networking.istio.io/v1beta1");
    assertThat(kubectl("-n", "versions", "get", "vs", "r", version).out())
        .isEqualTo("networking.istio.io/v1");
  }

  @Test
  void labelsAnnotatesAndPatches() throws IOException {
    namespace("patch");
    kubectl("apply", "-f", file(route("r", "patch", 90, 10))).ok();
    kubectl("-n", "patch", "label", "vs", "r", "team=shop").ok();
    kubectl("-n", "patch", "annotate", "vs", "r", "note=hello").ok();
    assertThat(kubectl("-n", "patch", "get", "vs", "-l", "team=shop", "-o", "name").ok().out())
        .isEqualTo("virtualservice.networking.istio.io/r\n");
    assertThat(kubectl("-n", "patch", "get", "vs", "-l", "team!=shop", "-o", "name").ok().out())
        .isEmpty();
    kubectl(
            "-n",
            "patch",
            "patch",
            "vs",
            "r",
            "--type=merge",
            "-p",
            "{\"spec\":{\"exportTo\":[\".\"]}}")
        .ok();
    String replace = "[{\"op\":\"replace\",\"path\":\"/spec/http/0/route/0/weight\",\"value\":7}]";
    kubectl("-n", "patch", "patch", "vs", "r", "--type=json", "-p", replace).ok();
    assertThat(
            kubectl("-n", "patch", "get", "vs", "r", "-o=jsonpath={.spec.http[0].route[0].weight}")
                .out())
        .isEqualTo("7");
    Run strategic = kubectl("-n", "patch", "patch", "vs", "r", "-p", "{\"spec\":{}}");
    assertThat(strategic.err()).contains("not supported by networking.istio.io/v1");
    String service =
        """
        apiVersion: v1
        kind: Service
        metadata: {name: s, namespace: patch}
        spec:
          selector: {app: s}
          ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 81}]
        """;
    kubectl("apply", "-f", file(service)).ok();
    kubectl(
            "apply",
            "-f",
            file(service.replace("8080", "9090").replace(", {name: grpc, port: 81}", "")))
        .ok();
    assertThat(kubectl("-n", "patch", "get", "svc", "s", "-o=jsonpath={.spec.ports}").ok().out())
        .contains("\"targetPort\":9090")
        .doesNotContain("grpc");
    assertThat(kubectl("-n", "patch", "get", "svc").ok().out())
        .containsPattern("s +ClusterIP +<none> +<none> +80");
  }

  @Test
  void watchesChangesAsTheyHappen() throws IOException {
    namespace("watch");
    kubectl("apply", "-f", file(route("before", "watch", 1, 1))).ok();
    Path out = Files.createTempFile(folder, "watch", "");
    Path err = Files.createTempFile(folder, "watch-err", "");
    Process watch = process(kubeconfig, out, err, "-n", "watch", "get", "vs", "-w");
    try {
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(Files.readString(out)).contains("before"));
      kubectl("apply", "-f", file(route("after", "watch", 1, 1))).ok();
      kubectl("-n", "watch", "delete", "vs", "before").ok();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                assertThat(Files.readString(out)).contains("after");
                assertThat(Files.readString(out).lines().filter(l -> l.startsWith("before")))
                    .hasSize(2);
              });
    } finally {
      watch.destroy();
    }
  }

  @Test
  void waitsCanIAndWhoAmI() throws IOException {
    namespace("who");
    kubectl("apply", "-f", file(route("r", "who", 1, 1))).ok();
    kubectl("-n", "who", "wait", "vs/r", "--for=jsonpath={.spec.hosts[0]}=reviews", "--timeout=20s")
        .ok();
    assertThat(kubectl("auth", "can-i", "create", "virtualservices").ok().out()).isEqualTo("yes\n");
    assertThat(kubectl("auth", "whoami").ok().out()).contains("admin").contains("selvage:admin");
    Path viewer = api.kubeconfig(api.viewer());
    assertThat(as(viewer, "auth", "can-i", "create", "virtualservices").out()).startsWith("no");
    as(viewer, "get", "vs", "-A").ok();
    Run refused = as(viewer, "-n", "who", "delete", "vs", "r");
    assertThat(refused.err()).contains("Forbidden").contains("User \"watcher\" cannot delete");
    Run unknown = as(api.kubeconfig("sla1.wrong"), "get", "vs");
    assertThat(unknown.err()).contains("Unauthorized").doesNotContain("sla1.wrong");
  }

  @Test
  void deletingANamespaceDeletesWhatIsInIt() throws IOException {
    namespace("whole");
    kubectl("apply", "-f", file(route("r", "whole", 1, 1))).ok();
    kubectl("delete", "ns", "whole").ok();
    assertThat(kubectl("-n", "whole", "get", "vs").ok().err()).contains("No resources found");
    assertThat(kubectl("delete", "ns", "default").err()).contains("may not be deleted");
    assertThat(kubectl("get", "ns").ok().out()).containsPattern("default +Active");
  }

  @Test
  void finalizersHoldADeletionBack() throws IOException {
    namespace("held");
    String held =
        route("r", "held", 1, 1).replace("namespace: held}", "namespace: held, finalizers: [a/b]}");
    kubectl("apply", "-f", file(held)).ok();
    kubectl("-n", "held", "delete", "vs", "r", "--wait=false").ok();
    String deletion = "-o=jsonpath={.metadata.deletionTimestamp}";
    String asked = kubectl("-n", "held", "get", "vs", "r", deletion).ok().out();
    assertThat(asked).isNotEmpty();
    kubectl("-n", "held", "label", "vs", "r", "still=here").ok();
    assertThat(kubectl("-n", "held", "get", "vs", "r", deletion).ok().out()).isEqualTo(asked);
    String none = "{\"metadata\":{\"finalizers\":null}}";
    kubectl("-n", "held", "patch", "vs", "r", "--type=merge", "-p", none).ok();
    assertThat(kubectl("-n", "held", "get", "vs", "r").err()).contains("NotFound");
  }

  @Test
  void publishedManifestsApplyUnchanged() {
    String folderOfManifests = SharedData.istio("bookinfo-networking").toString();
    Run all = kubectl("apply", "-f", folderOfManifests).ok();
    assertThat(all.err()).contains("Warning: [SELV-7120]");
    assertThat(kubectl("get", "gw", "bookinfo-gateway", "-o=yaml").ok().out())
        .contains("NoGateway");
    assertThat(kubectl("get", "istio-io", "-o", "name").ok().out())
        .contains("gateway.networking.istio.io/bookinfo-gateway");
    assertThat(kubectl("get", "dr", "reviews", "-o=jsonpath={.spec.subsets[*].name}").ok().out())
        .isEqualTo("v1 v2 v3");
  }
}
