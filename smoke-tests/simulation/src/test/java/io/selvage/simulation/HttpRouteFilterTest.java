package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.cluster;
import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.httpRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.simulation.Dialogue.Heard;
import io.selvage.simulation.Dialogue.Reply;
import io.selvage.simulation.Dialogue.Sent;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Filters of HTTPRoutes as the caller's engine carries them out. */
class HttpRouteFilterTest {
  private static final String TO_V1 = "  backendRefs: [{name: echo-v1, port: 80}]\n";

  private static Dialogue dialogue(String rules) {
    return new Dialogue(echo().with(httpRoute(rules)), "client", 7);
  }

  private static Dialogue filtered(String filter) {
    return dialogue("- filters: [" + filter + "]\n" + TO_V1);
  }

  /** The published MeshHTTPRouteRequestHeaderModifier. */
  @Test
  @Tag("field=HTTPRoute.rules.filters.requestHeaderModifier.set")
  @Tag("field=HTTPRoute.rules.filters.requestHeaderModifier.add")
  @Tag("field=HTTPRoute.rules.filters.requestHeaderModifier.remove")
  void headersOfTheRequest() {
    Dialogue d =
        filtered(
            "{type: RequestHeaderModifier, requestHeaderModifier: {"
                + "set: [{name: X-Header-Set, value: set-overwrites}, {name: X-Percent, value: '100%'}],"
                + " add: [{name: X-Header-Add, value: appended}], remove: [X-Header-Remove]}}");

    Heard heard =
        d.get(
            "echo",
            80,
            "/",
            "x-header-set",
            "old",
            "x-header-add",
            "first",
            "x-header-remove",
            "x");

    assertThat(heard.status()).isEqualTo(200);
    assertThat(d.last().headers())
        .containsEntry("x-header-set", "set-overwrites")
        .containsEntry("x-header-add", "first,appended")
        .containsEntry("x-percent", "100%")
        .doesNotContainKey("x-header-remove");
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.responseHeaderModifier.set")
  @Tag("field=HTTPRoute.rules.filters.responseHeaderModifier.add")
  @Tag("field=HTTPRoute.rules.filters.responseHeaderModifier.remove")
  void headersOfTheResponse() {
    Dialogue d =
        filtered(
                "{type: ResponseHeaderModifier, responseHeaderModifier: {"
                    + "set: [{name: x-set, value: new}], add: [{name: x-add, value: b}], remove: [x-gone]}}")
            .upstream(s -> Reply.of(200, "x-set", "old", "x-add", "a", "x-gone", "1"));

    Heard heard = d.get("echo", 80, "/");

    assertThat(heard.header("x-set")).isEqualTo("new");
    assertThat(heard.header("x-add")).isEqualTo("a,b");
    assertThat(heard.headers()).doesNotContainKey("x-gone");
  }

  /** The published MeshHTTPRouteMirror. */
  @Test
  @Tag("field=HTTPRoute.rules.filters.requestMirror.backendRef")
  void copiesGoToTheOtherService() {
    Dialogue d =
        filtered("{type: RequestMirror, requestMirror: {backendRef: {name: echo-v2, port: 80}}}");

    d.get("echo", 80, "/copy");

    assertThat(d.sent()).hasSize(2);
    Sent copy = d.sent().stream().filter(Sent::shadow).findFirst().orElseThrow();
    assertThat(copy.cluster()).isEqualTo(cluster("echo-v2", 80));
    assertThat(copy.path()).isEqualTo("/copy");
    assertThat(copy.authority()).contains("-shadow");
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.requestMirror.percent")
  void aPartOfTheRequestsIsCopied() {
    assertThat(copies("percent: 20")).isBetween(140L, 260L);
    assertThat(copies("percent: 0")).isZero();
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.requestMirror.fraction")
  void aPartIsAFractionToo() {
    assertThat(copies("fraction: {numerator: 1, denominator: 2}")).isBetween(430L, 570L);
    assertThat(copies("fraction: {numerator: 20}")).isBetween(140L, 260L);
  }

  private static long copies(String part) {
    Dialogue d =
        filtered(
            "{type: RequestMirror, requestMirror: {backendRef: {name: echo-v2, port: 80}, "
                + part
                + "}}");
    for (int i = 0; i < 1_000; i++) {
      d.get("echo", 80, "/");
    }
    return d.sent().stream().filter(Sent::shadow).count();
  }

  /** The published MeshHTTPRouteRedirectHostAndStatus, …Port, …SchemeRedirect and …Path. */
  @ParameterizedTest
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.scheme")
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.hostname")
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.path")
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.port")
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.statusCode")
  @CsvSource(
      delimiter = '|',
      value = {
        "hostname: example.org | /p/q?a=b | 302 | http://example.org/p/q?a=b",
        "hostname: example.org, statusCode: 301 | /p | 301 | http://example.org/p",
        "hostname: example.org, statusCode: 303 | /p | 303 | http://example.org/p",
        "hostname: example.org, statusCode: 307 | /p | 307 | http://example.org/p",
        "hostname: example.org, statusCode: 308 | /p | 308 | http://example.org/p",
        "port: 8083 | /p | 302 | http://echo:8083/p",
        "port: 80, hostname: example.org | /p | 302 | http://example.org/p",
        "hostname: example.org, port: 8083 | /p | 302 | http://example.org:8083/p",
        "scheme: https | /p | 302 | https://echo/p",
        "scheme: https, hostname: example.org | /p | 302 | https://example.org/p",
        "scheme: https, hostname: example.org, port: 443 | /p | 302 | https://example.org/p",
        "scheme: https, hostname: example.org, port: 8443 | /p | 302 | https://example.org:8443/p",
        "scheme: http, hostname: example.org, port: 8080 | /p | 302 | http://example.org:8080/p",
        "path: {type: ReplaceFullPath, replaceFullPath: /full} | /p/q | 302 | http://echo:80/full",
        "path: {type: ReplacePrefixMatch, replacePrefixMatch: /new} | /p/q | 302 | http://echo:80/new/q",
        "path: {type: ReplacePrefixMatch, replacePrefixMatch: /} | /p/q | 302 | http://echo:80/q",
        "path: {type: ReplacePrefixMatch, replacePrefixMatch: /} | /p | 302 | http://echo:80/",
      })
  void redirects(String redirect, String path, int status, String location) {
    Dialogue d =
        dialogue(
            "- matches: [{path: {value: /p}}]\n"
                + "  filters: [{type: RequestRedirect, requestRedirect: {"
                + redirect
                + "}}]\n");

    Heard heard = d.get("echo", 80, path);

    assertThat(heard.status()).isEqualTo(status);
    assertThat(heard.header("location")).isIn(location, location.replace("echo:80/", "echo/"));
    assertThat(d.sent()).isEmpty();
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.requestRedirect.port")
  void thePortOfARedirectIsTheListenersUnlessASchemeSaysOtherwise() {
    String parent = "{group: '', kind: Service, name: echo, port: 8080}";
    Dialogue host =
        new Dialogue(
            echo()
                .with(
                    httpRoute(
                        "r",
                        "default",
                        parent,
                        "- filters: [{type: RequestRedirect, requestRedirect: {hostname: h.example}}]\n")),
            "client",
            1);
    Dialogue scheme =
        new Dialogue(
            echo()
                .with(
                    httpRoute(
                        "r",
                        "default",
                        parent,
                        "- filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]\n")),
            "client",
            1);

    assertThat(host.get("echo", 8080, "/").header("location")).isEqualTo("http://h.example:8080/");
    assertThat(scheme.get("echo", 8080, "/").header("location"))
        .isIn("https://echo:443/", "https://echo/");
  }

  /** The published MeshHTTPRouteRewritePath and the table at ReplacePrefixMatch. */
  @ParameterizedTest
  @Tag("field=HTTPRoute.rules.filters.urlRewrite.path")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "/prefix/one | /one | - | /prefix/one/two | /one/two",
        "/foo | /xyz | - | /foo/bar | /xyz/bar",
        "/foo | /xyz/ | - | /foo/bar | /xyz/bar",
        "/foo/ | /xyz | - | /foo/bar | /xyz/bar",
        "/foo/ | /xyz/ | - | /foo/bar | /xyz/bar",
        "/foo | /xyz | - | /foo | /xyz",
        "/foo | /xyz | - | /foo/ | /xyz/",
        "/foo | '' | - | /foo/bar | /bar",
        "/foo | '' | - | /foo/ | /",
        "/foo | '' | - | /foo | /",
        "/foo | / | - | /foo/ | /",
        "/foo | / | - | /foo | /",
        "/foo | / | - | /foo/bar?q=1 | /bar?q=1",
        "/ | /xyz | - | /bar | /xyz/bar",
        "/full | - | /one | /full/of/it?q=1 | /one?q=1",
      })
  void pathsAreRewritten(String match, String prefix, String full, String path, String expected) {
    String change =
        full == null
            ? "type: ReplacePrefixMatch, replacePrefixMatch: '" + prefix + "'"
            : "type: ReplaceFullPath, replaceFullPath: " + full;
    Dialogue d =
        dialogue(
            "- matches: [{path: {value: "
                + match
                + "}}]\n  filters: [{type: URLRewrite, urlRewrite: {path: {"
                + change
                + "}}}]\n"
                + TO_V1);

    d.get("echo", 80, path);

    assertThat(d.last().path()).isEqualTo(expected);
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.urlRewrite.hostname")
  void theHostIsRewritten() {
    Dialogue d = filtered("{type: URLRewrite, urlRewrite: {hostname: one.example.org}}");

    d.get("echo", 80, "/");

    assertThat(d.last().authority()).isEqualTo("one.example.org");
  }

  @ParameterizedTest
  @Tag("field=HTTPRoute.rules.filters.externalAuth.protocol")
  @Tag("field=HTTPRoute.rules.filters.externalAuth.backendRef")
  @Tag("field=HTTPRoute.rules.filters.externalAuth.grpc")
  @Tag("field=HTTPRoute.rules.filters.externalAuth.http")
  @Tag("field=HTTPRoute.rules.filters.externalAuth.forwardBody")
  @CsvSource(
      delimiter = '|',
      value = {
        "protocol: GRPC, backendRef: {name: authz, port: 9000}, grpc: {} | GRPC to authz",
        "protocol: HTTP, backendRef: {name: guard, port: 80}, http: {path: /check}, forwardBody: {maxSize: 10} | HTTP to guard",
      })
  void requestsDoNotPassAnAuthorizationThatIsNotAsked(String auth, String why) {
    Dialogue d = filtered("{type: ExternalAuth, externalAuth: {" + auth + "}}");

    Heard heard = d.get("echo", 80, "/");

    assertThat(heard.status()).isEqualTo(500);
    assertThat(heard.body()).contains(why);
    assertThat(d.sent()).isEmpty();
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.extensionRef")
  void requestsDoNotPassAFilterThatIsNotKnown() {
    Dialogue d =
        filtered("{type: ExtensionRef, extensionRef: {group: x.example, kind: Fancy, name: f}}");

    Heard heard = d.get("echo", 80, "/");

    assertThat(heard.status()).isEqualTo(500);
    assertThat(heard.body()).contains("x.example/Fancy");
    assertThat(d.sent()).isEmpty();
  }
}
