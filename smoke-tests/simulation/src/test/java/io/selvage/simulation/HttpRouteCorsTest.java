package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.httpRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.simulation.Dialogue.Heard;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The CORS filter of HTTPRoutes as the caller's engine carries it out. */
class HttpRouteCorsTest {
  private static final String TO_V1 = "  backendRefs: [{name: echo-v1, port: 80}]\n";

  private static Dialogue filtered(String filter) {
    return new Dialogue(
        echo().with(httpRoute("- filters: [" + filter + "]\n" + TO_V1)), "client", 7);
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.cors.allowOrigins")
  @Tag("field=HTTPRoute.rules.filters.cors.allowMethods")
  @Tag("field=HTTPRoute.rules.filters.cors.allowHeaders")
  @Tag("field=HTTPRoute.rules.filters.cors.maxAge")
  @Tag("field=HTTPRoute.rules.filters.cors.allowCredentials")
  void preflightsAreAnsweredForAllowedOrigins() {
    Dialogue d =
        filtered(
            "{type: CORS, cors: {allowOrigins: ['https://www.foo.com', 'https://*.bar.com'],"
                + " allowMethods: [GET, PUT], allowHeaders: [x-a, x-b], maxAge: 33, allowCredentials: true}}");

    Heard allowed = preflight(d, "https://www.foo.com");
    assertThat(allowed.header("access-control-allow-origin")).isEqualTo("https://www.foo.com");
    assertThat(allowed.header("access-control-allow-methods")).isEqualTo("GET,PUT");
    assertThat(allowed.header("access-control-allow-headers")).isEqualTo("x-a,x-b");
    assertThat(allowed.header("access-control-max-age")).isEqualTo("33");
    assertThat(allowed.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(preflight(d, "https://a.b.bar.com").headers())
        .containsEntry("access-control-allow-origin", "https://a.b.bar.com");
    assertThat(d.sent()).isEmpty();
    assertThat(preflight(d, "https://evil.com").headers())
        .doesNotContainKey("access-control-allow-origin");
    assertThat(preflight(d, "https://evil.com/.bar.com").headers())
        .doesNotContainKey("access-control-allow-origin");
  }

  @Test
  @Tag("field=HTTPRoute.rules.filters.cors.exposeHeaders")
  void answersSayWhatScriptsMayRead() {
    Dialogue d = filtered("{type: CORS, cors: {allowOrigins: ['*'], exposeHeaders: [x-c, x-d]}}");

    Heard heard = d.get("echo", 80, "/", "origin", "https://any.where");

    assertThat(heard.header("access-control-expose-headers")).isEqualTo("x-c,x-d");
    assertThat(heard.header("access-control-allow-origin")).isNotNull();
  }

  private static Heard preflight(Dialogue d, String origin) {
    return d.call(
        "OPTIONS", "echo", 80, "/", "origin", origin, "access-control-request-method", "GET");
  }
}
