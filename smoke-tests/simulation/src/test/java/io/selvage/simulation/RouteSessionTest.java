package io.selvage.simulation;

import static io.selvage.simulation.GatewayApiMesh.echo;
import static io.selvage.simulation.GatewayApiMesh.grpcRoute;
import static io.selvage.simulation.GatewayApiMesh.httpRoute;
import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.simulation.Dialogue.Heard;
import io.selvage.simulation.Dialogue.Sent;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Session persistence of HTTPRoutes and GRPCRoutes: a client stays at the endpoint it met first.
 */
class RouteSessionTest {
  private static final int CALLS = 40;

  private static Dialogue dialogue(boolean grpc, String session) {
    String rule =
        "- sessionPersistence: {"
            + session
            + "}\n  backendRefs: [{name: echo, port: "
            + (grpc ? 7070 : 80)
            + "}]\n";
    return new Dialogue(echo().with(grpc ? grpcRoute(rule) : httpRoute(rule)), "client", 5);
  }

  private static Heard call(Dialogue d, boolean grpc, String... headers) {
    return grpc ? d.grpc("echo", 7070, "/a.B/C", headers) : d.get("echo", 80, "/a", headers);
  }

  private static long endpoints(Dialogue d, boolean grpc, String... headers) {
    int before = d.sent().size();
    for (int i = 0; i < CALLS; i++) {
      call(d, grpc, headers);
    }
    return d.sent().stream().skip(before).map(Sent::endpoint).distinct().count();
  }

  private static String pair(Heard heard) {
    String cookie = heard.header("set-cookie");
    return cookie.substring(0, cookie.indexOf(';'));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("field=HTTPRoute.rules.sessionPersistence.sessionName")
  @Tag("field=GRPCRoute.rules.sessionPersistence.sessionName")
  void aCookieOfThatNamePinsTheEndpoint(boolean grpc) {
    Dialogue d = dialogue(grpc, "sessionName: sticky");

    Heard first = call(d, grpc);
    String endpoint = d.last().endpoint();

    assertThat(first.header("set-cookie")).startsWith("sticky=");
    assertThat(endpoints(d, grpc)).isEqualTo(2);
    assertThat(endpoints(d, grpc, "cookie", pair(first))).isEqualTo(1);
    assertThat(d.last().endpoint()).isEqualTo(endpoint);
    assertThat(endpoints(d, grpc, "cookie", pair(first).replace("sticky", "other"))).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("field=HTTPRoute.rules.sessionPersistence.type")
  @Tag("field=GRPCRoute.rules.sessionPersistence.type")
  void aHeaderPinsItToo(boolean grpc) {
    Dialogue d = dialogue(grpc, "type: Header, sessionName: X-Session");

    Heard first = call(d, grpc);

    assertThat(first.headers()).containsKey("x-session").doesNotContainKey("set-cookie");
    String endpoint = d.last().endpoint();
    assertThat(endpoints(d, grpc, "x-session", first.header("x-session"))).isEqualTo(1);
    assertThat(d.last().endpoint()).isEqualTo(endpoint);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("field=HTTPRoute.rules.sessionPersistence.absoluteTimeout")
  @Tag("field=HTTPRoute.rules.sessionPersistence.cookieConfig")
  @Tag("field=GRPCRoute.rules.sessionPersistence.absoluteTimeout")
  @Tag("field=GRPCRoute.rules.sessionPersistence.cookieConfig")
  void aPermanentCookieEndsByTimeAndAnotherWithTheClient(boolean grpc) {
    Heard permanent =
        call(
            dialogue(grpc, "absoluteTimeout: 1h30m, cookieConfig: {lifetimeType: Permanent}"),
            grpc);
    Heard session = call(dialogue(grpc, "cookieConfig: {lifetimeType: Session}"), grpc);

    assertThat(permanent.header("set-cookie")).contains("; Max-Age=5400");
    assertThat(session.header("set-cookie")).doesNotContain("Max-Age");
  }

  @Test
  void aTrafficPolicyPinsCallsThatNoRouteCovers() {
    Dialogue d =
        new Dialogue(
            echo()
                .with(
                    "{apiVersion: gateway.networking.x-k8s.io/v1alpha1, kind: XBackendTrafficPolicy,"
                        + " metadata: {name: p}, spec: {targetRefs: [{group: '', kind: Service, name: echo}],"
                        + " sessionPersistence: {sessionName: sticky}}}"),
            "client",
            5);

    Heard first = call(d, false);

    assertThat(endpoints(d, false)).isEqualTo(2);
    assertThat(endpoints(d, false, "cookie", pair(first))).isEqualTo(1);
  }
}
