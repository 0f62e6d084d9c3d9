package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What the library does for its user, it still does, and it speaks of the name that the application
 * wrote.
 */
public interface BehaviourPromises extends ClientWorld {

  @Test
  default void keepsCookies() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good =
        world()
            .server(
                "good",
                (request, reply) ->
                    reply.whole(200, Map.of("set-cookie", "session=abc; Path=/"), new byte[0]));
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    Caller caller = world().caller(new Caller.Setup(null, true));
    needs(Caller.Lacks.COOKIES);

    for (int i = 0; i < 3; i++) {
      try (Answer answer = caller.send(Call.get(REVIEWS + "/" + i))) {
        assertThat(answer.status()).isEqualTo(200);
        answer.text();
      }
    }
    assertThat(good.received().get(0).header("cookie")).isNull();
    assertThat(good.last().header("cookie")).isEqualTo("session=abc");
  }

  @Test
  default void followsRedirectsWithinTheMesh() throws Exception {
    needs(Caller.Lacks.REDIRECTS);
    UpstreamServer first =
        world()
            .server(
                "first",
                (request, reply) ->
                    reply.whole(
                        302, Map.of("location", "http://ratings:9080/second"), new byte[0]));
    UpstreamServer second = world().good("second");
    world().reviews().endpoint(world().deadPort()).endpoint(first.port());
    MeshSketch.Svc ratings =
        world().sketch().http("ratings", 9080).peer(ClientFixture.SERVER).endpoint(second.port());
    if (protocol().startsWith("HTTP/2")) {
      ratings.http2();
    }
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/first"))) {
      assertThat(answer.text()).isEqualTo("second");
      if (!caller().lacks().contains(Caller.Lacks.URI)) {
        assertThat(answer.uri().toString()).isEqualTo("http://ratings:9080/second");
      }
    }
    assertThat(second.last().authority()).isEqualTo("ratings:9080");
    assertThat(second.last().peer()).isEqualTo(ClientFixture.CLIENT);
  }

  @Test
  default void doesNotFollowRedirectsUnasked() throws Exception {
    UpstreamServer first =
        world()
            .server(
                "first",
                (request, reply) -> reply.whole(302, Map.of("location", "/second"), new byte[0]));
    world().reviews().endpoint(first.port());
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/first").staying())) {
      assertThat(answer.status()).isEqualTo(302);
      assertThat(answer.header("location")).isEqualTo("/second");
      answer.text();
    }
  }

  @Test
  default void saysWhereAnAnswerCameFrom() throws Exception {
    needs(Caller.Lacks.URI);
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/a?b=c"))) {
      assertThat(answer.uri().toString()).isEqualTo(REVIEWS + "/a?b=c");
      answer.text();
    }
  }
}
