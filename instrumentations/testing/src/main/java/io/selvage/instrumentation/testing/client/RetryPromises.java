package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.StringMatch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Failures are routed around where that is right, and only there. */
public interface RetryPromises extends ClientWorld {

  @Test
  default void routesAroundADeadEndpoint() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(world().deadPort()).endpoint(good.port());
    world().publish();

    for (int i = 0; i < 6; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
    assertThat(good.received()).hasSize(6);
  }

  @Test
  default void routesAroundAnEndpointThatAnswers503() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();

    for (int i = 0; i < 6; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
    assertThat(good.received()).hasSize(6);
    assertThat(failing.received()).isNotEmpty();
    assertThat(failing.last().authority()).isEqualTo("reviews:9080");
  }

  @Test
  default void routesAroundBothAtOnce() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(world().deadPort()).endpoint(failing.port()).endpoint(good.port());
    world().publish();

    for (int i = 0; i < 9; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
  }

  @Test
  default void givesUpAfterTheRoutesLimitWithTheUpstreamsAnswer() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    world().reviews().endpoint(failing.port()).routes(Routes.to("reviews", 9080).retries(2));
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).isEqualTo("status 503");
    }
    assertThat(failing.received()).hasSize(3);
  }

  @Test
  default void repeatsByOneLineOfARepeatedHeader() throws Exception {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("x-again", "no");
    // another name for the map, the same for HTTP: a second line
    lines.put("X-Again", "yes");
    UpstreamServer server =
        world()
            .server(
                "lines",
                (request, reply) -> {
                  if (request.path().equals("/again")) {
                    reply.whole(200, lines, new byte[0]);
                  } else {
                    reply.whole(200, Map.of("x-again", "no,yes"), new byte[0]);
                  }
                });
    HeaderMatch yes =
        new HeaderMatch(
            "x-again", new HeaderMatch.Value(new StringMatch.Exact("yes", false)), false, false);
    world().reviews().endpoint(server.port()).routes(Routes.to("reviews", 9080).retriesOn(yes));
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/again"))).isEqualTo(200);
    assertThat(server.received()).hasSize(2);
    assertThat(status(Call.get(REVIEWS + "/list"))).isEqualTo(200);
    assertThat(server.received()).as("a list in one line is another value").hasSize(3);
  }

  @Test
  default void doesNotRetryWhatTheRouteDoesNotName() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(500));
    world().reviews().endpoint(failing.port());
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/"))).isEqualTo(500);
    assertThat(failing.received()).hasSize(1);
  }

  @Test
  default void repeatsABodyThatCanBeSentAgain() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    byte[] body = "a body of the application".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    for (int i = 0; i < 4; i++) {
      assertThat(text(Call.post(REVIEWS + "/" + i, body))).isEqualTo("good");
    }
    assertThat(failing.received()).isNotEmpty();
    assertThat(good.received())
        .hasSize(4)
        .allSatisfy(seen -> assertThat(seen.bodyHash()).isEqualTo(Arrays.hashCode(body)));
  }

  @Test
  default void doesNotRepeatAOneShotBodyThatWasSent() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer failing = world().server("failing", Responder.status(503));
    world().reviews().endpoint(failing.port());
    world().publish();

    assertThat(status(Call.stream(REVIEWS + "/", new byte[200_000]))).isEqualTo(503);
    assertThat(failing.received()).hasSize(1);
    assertThat(failing.last().bodyBytes()).isEqualTo(200_000);
  }

  /** Though a short one is kept: who streams a POST does not expect to see it twice. */
  @Test
  default void doesNotRepeatAShortOneShotPostThatWasSent() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer failing = world().server("failing", Responder.status(503));
    world().reviews().endpoint(failing.port());
    world().publish();

    assertThat(status(Call.stream(REVIEWS + "/", new byte[100]))).isEqualTo(503);
    assertThat(failing.received()).hasSize(1);
  }

  /** A short one is kept while it is sent, as an Envoy would buffer it. */
  @Test
  default void repeatsAShortOneShotBody() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    byte[] body = new byte[40_000];
    new java.util.Random(5).nextBytes(body);

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.stream("PUT", REVIEWS + "/" + i, body))).isEqualTo("good");
    }
    assertThat(failing.received()).isNotEmpty();
    assertThat(good.received())
        .hasSize(2)
        .allSatisfy(seen -> assertThat(seen.bodyHash()).isEqualTo(Arrays.hashCode(body)));
  }

  @Test
  default void repeatsALongBodyThatIsInMemory() throws Exception {
    UpstreamServer failing = world().server("failing", Responder.status(503));
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(failing.port()).endpoint(good.port());
    world().publish();
    byte[] body = new byte[300_000];
    new java.util.Random(6).nextBytes(body);

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.post(REVIEWS + "/" + i, body))).isEqualTo("good");
    }
    assertThat(failing.received()).isNotEmpty();
    assertThat(good.received())
        .hasSize(2)
        .allSatisfy(seen -> assertThat(seen.bodyHash()).isEqualTo(Arrays.hashCode(body)));
  }

  @Test
  default void sendsABodyOnceItIsAskedFor() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    byte[] body = new byte[100_000];
    new java.util.Random(8).nextBytes(body);

    Call call = Call.post(REVIEWS + "/", body).header("Expect", "100-continue");
    assertThat(text(call)).isEqualTo("good");
    assertThat(good.last().header("expect")).isEqualToIgnoringCase("100-continue");
    assertThat(good.last().bodyHash()).isEqualTo(Arrays.hashCode(body));
  }

  /** A body that no server has asked for yet is whole, however long it is. */
  @Test
  default void movesABodyOnThatNobodyHasAskedFor() throws Exception {
    needs(Caller.Lacks.EXPECT);
    UpstreamServer refusing = world().good("refusing");
    refusing.refuseExpectations();
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(refusing.port()).endpoint(good.port());
    world().publish();
    byte[] body = new byte[200_000];
    new java.util.Random(9).nextBytes(body);

    for (int i = 0; i < 2; i++) {
      Call call = Call.stream(REVIEWS + "/" + i, body).header("Expect", "100-continue");
      assertThat(text(call)).isEqualTo("good");
    }
    assertThat(refusing.refused()).isPositive();
    assertThat(good.received())
        .hasSize(2)
        .allSatisfy(seen -> assertThat(seen.bodyHash()).isEqualTo(Arrays.hashCode(body)));
  }

  @Test
  default void movesAOneShotBodyOnWhileNothingWasSent() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(world().deadPort()).endpoint(good.port());
    world().publish();
    byte[] body = new byte[200_000];
    Arrays.fill(body, (byte) 'x');

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.stream(REVIEWS + "/" + i, body))).isEqualTo("good");
    }
    assertThat(good.received())
        .allSatisfy(seen -> assertThat(seen.bodyHash()).isEqualTo(Arrays.hashCode(body)));
  }

  @Test
  default void retriesAResetBeforeHeaders() throws Exception {
    AtomicInteger count = new AtomicInteger();
    UpstreamServer flaky =
        world()
            .server(
                "flaky",
                (request, reply) -> {
                  if (count.incrementAndGet() == 1) {
                    reply.reset();
                  } else {
                    reply.text(200, "second");
                  }
                });
    world()
        .reviews()
        .endpoint(flaky.port())
        .routes(Routes.to("reviews", 9080).retries(2, Set.of("reset", "connect-failure"), null));
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("second");
  }

  /** Cut when the application has the head: before that, a library may know of the cut alone. */
  @Test
  default void neverRetriesAfterHeaders() throws Exception {
    Queue<Responder.Reply> open = new ConcurrentLinkedQueue<>();
    UpstreamServer cutting =
        world()
            .server(
                "cutting",
                (request, reply) -> {
                  reply.head(200, java.util.Map.of());
                  reply.chunk("partial".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                  open.add(reply);
                });
    world()
        .reviews()
        .endpoint(cutting.port())
        .routes(Routes.to("reviews", 9080).retries(2, Set.of("reset", "5xx"), null));
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(200);
      open.forEach(Responder.Reply::reset);
      assertThatThrownBy(answer::text).isInstanceOf(java.io.IOException.class);
    }
    assertThat(cutting.received()).hasSize(1);
  }

  @Test
  default void answersAsAProxyWouldWhenNothingListens() throws Exception {
    world().reviews().endpoint(world().deadPort());
    world().publish();

    try (Answer answer = caller().send(Call.get(REVIEWS + "/"))) {
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).contains("upstream connect error");
    }
  }
}
