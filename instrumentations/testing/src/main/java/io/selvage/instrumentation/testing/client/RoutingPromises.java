package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.CircuitBreakers;
import io.selvage.engine.model.HeaderOps;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests go where the mesh says, and say who they are. */
public interface RoutingPromises extends ClientWorld {

  @Test
  default void reachesANameThatNoDnsKnows() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/reviews/1?full=yes"))) {
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).isEqualTo("good");
    }

    Received seen = good.last();
    assertThat(seen.method()).isEqualTo("GET");
    assertThat(seen.path()).isEqualTo("/reviews/1?full=yes");
    assertThat(seen.authority()).isEqualTo("reviews:9080");
    assertThat(seen.protocol()).isEqualTo(protocol());
    assertThat(seen.peer()).isEqualTo(ClientFixture.CLIENT);
    assertThat(seen.header("traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]");
  }

  @Test
  default void knowsTheFullNameToo() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    String full = MeshSketch.fqdn("reviews") + ":9080";
    assertThat(text(Call.get("http://" + full + "/"))).isEqualTo("good");
    assertThat(good.last().authority()).isEqualTo(full);
  }

  @Test
  default void spreadsRequestsOverEndpoints() throws Exception {
    UpstreamServer one = world().good("one");
    UpstreamServer two = world().good("two");
    world().reviews().endpoint(one.port()).endpoint(two.port());
    world().publish();

    for (int i = 0; i < 8; i++) {
      assertThat(status(Call.get(REVIEWS + "/" + i))).isEqualTo(200);
    }

    assertThat(one.received()).hasSize(4);
    assertThat(two.received()).hasSize(4);
  }

  @Test
  default void carriesAPlaintextEndpointThroughTheMesh() throws Exception {
    UpstreamServer plain = world().plaintext("plain");
    world().reviews().endpoint(world().deadPort()).plaintextEndpoint(plain.port());
    world().publish();

    for (int i = 0; i < 3; i++) {
      assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("plain");
    }
    assertThat(plain.last().tls()).isFalse();
    assertThat(plain.last().authority()).isEqualTo("reviews:9080");
  }

  @Test
  default void rewritesPathAndAuthority() throws Exception {
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).prefix("/old/").rewrite("/new/", "inside.example"));
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/old/1?a=b"))).isEqualTo("good");

    assertThat(good.last().path()).isEqualTo("/new/1?a=b");
    assertThat(good.last().authority()).isEqualTo("inside.example");
  }

  @Test
  default void changesHeadersBothWays() throws Exception {
    UpstreamServer good =
        world()
            .server(
                "good",
                (request, reply) ->
                    reply.whole(
                        200,
                        java.util.Map.of("x-upstream", "seen", "x-secret", "hidden"),
                        new byte[0]));
    world()
        .reviews()
        .endpoint(good.port())
        .routes(
            Routes.to("reviews", 9080)
                .request(
                    new HeaderOps(
                        List.of(
                            new HeaderOps.HeaderOp("x-set", "mesh", false),
                            new HeaderOps.HeaderOp("x-more", "mesh", true)),
                        List.of("x-gone")))
                .response(
                    new HeaderOps(
                        List.of(new HeaderOps.HeaderOp("x-answered", "mesh", false)),
                        List.of("x-secret"))));
    world().publish();

    Call call =
        Call.get(REVIEWS + "/")
            .header("X-Set", "application")
            .header("X-More", "application")
            .header("X-Gone", "application")
            .header("X-Kept", "application");
    try (Answer answer = caller().send(call)) {
      assertThat(answer.header("x-upstream")).isEqualTo("seen");
      assertThat(answer.header("x-answered")).isEqualTo("mesh");
      assertThat(answer.header("x-secret")).isNull();
      answer.text();
    }

    Received seen = good.last();
    assertThat(seen.header("x-set")).isEqualTo("mesh");
    assertThat(String.join(",", seen.headers().getOrDefault("x-more", List.of())))
        .isEqualTo("application,mesh");
    assertThat(seen.header("x-gone")).isNull();
    assertThat(seen.header("x-kept")).isEqualTo("application");
  }

  @Test
  default void answersDirectlyWithoutAnUpstream() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).routes(Routes.direct(418, "short and stout"));
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/teapot"))) {
      assertThat(answer.status()).isEqualTo(418);
      assertThat(answer.text()).isEqualTo("short and stout");
    }
    assertThat(good.connections()).isZero();
  }

  @Test
  default void redirectsByRoute() throws Exception {
    world().reviews().routes(Routes.redirect("elsewhere.example", "/moved", 301));
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/old").staying())) {
      assertThat(answer.status()).isEqualTo(301);
      assertThat(answer.header("location")).isEqualTo("http://elsewhere.example/moved");
      answer.text();
    }
  }

  @Test
  default void refusesWhereNoRouteMatches() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port()).routes(Routes.to("reviews", 9080).prefix("/known"));
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/unknown"))).isEqualTo(404);
    assertThat(status(Call.get(REVIEWS + "/known"))).isEqualTo(200);
    assertThat(good.received()).hasSize(1);
  }

  @Test
  default void refusesWithoutEndpoints() throws Exception {
    world().reviews().noEndpoints();
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).contains("no healthy upstream");
    }
  }

  @Test
  default void refusesAboveTheClustersLimit() throws Exception {
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .breakers(new CircuitBreakers(1024, 1024, 0, 3, null))
        .routes(Routes.to("reviews", 9080));
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/"))).isEqualTo(503);
    assertThat(good.received()).isEmpty();
  }

  @Test
  default void sendsBodiesIntact() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    byte[] body = new byte[1_000_000];
    new java.util.Random(7).nextBytes(body);

    assertThat(status(Call.post(REVIEWS + "/", body))).isEqualTo(200);
    assertThat(good.last().bodyBytes()).isEqualTo(body.length);
    assertThat(good.last().bodyHash()).isEqualTo(Arrays.hashCode(body));
    assertThat(good.last().method()).isEqualTo("POST");
  }

  @Test
  default void sendsOneShotBodiesIntact() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    byte[] body = new byte[1_000_000];
    new java.util.Random(8).nextBytes(body);

    assertThat(status(Call.stream(REVIEWS + "/", body))).isEqualTo(200);
    assertThat(good.last().bodyBytes()).isEqualTo(body.length);
    assertThat(good.last().bodyHash()).isEqualTo(Arrays.hashCode(body));
  }

  @Test
  default void knowsOtherMethodsAndEmptyAnswers() throws Exception {
    UpstreamServer good =
        world()
            .server("good", (request, reply) -> reply.whole(204, java.util.Map.of(), new byte[0]));
    world().reviews().endpoint(good.port());
    world().publish();

    for (String method : List.of("HEAD", "DELETE", "OPTIONS")) {
      assertThat(status(Call.of(method, REVIEWS + "/"))).as(method).isEqualTo(204);
      assertThat(good.last().method()).isEqualTo(method);
    }
    good.answers(Responder.named("body"));
    assertThat(status(Call.of("HEAD", REVIEWS + "/"))).isEqualTo(200);
  }
}
