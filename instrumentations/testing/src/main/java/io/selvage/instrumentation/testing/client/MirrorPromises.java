package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.HeaderOps;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Copies of requests go to a second service, and nobody waits for them. */
public interface MirrorPromises extends ClientWorld {

  private void mirroringTo(int port, UpstreamServer good) {
    world()
        .reviews()
        .endpoint(good.port())
        .routes(
            Routes.to("reviews", 9080)
                .timeout(Duration.ofSeconds(20))
                .request(
                    new HeaderOps(
                        List.of(new HeaderOps.HeaderOp("x-route", "seen", false)), List.of()))
                .mirror("ratings", 9080));
    MeshSketch.Svc ratings =
        world().sketch().http("ratings", 9080).peer(ClientFixture.SERVER).endpoint(port);
    if (protocol().startsWith("HTTP/2")) {
      ratings.http2();
    }
    world().publish();
  }

  private static Received arrived(UpstreamServer copy) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(copy.received()).hasSize(1));
    return copy.last();
  }

  @Test
  default void mirrorsRequestsWithoutWaiting() throws Exception {
    UpstreamServer good = world().good("good");
    UpstreamServer copy =
        world()
            .server(
                "copy",
                (request, reply) ->
                    reply.after(Duration.ofSeconds(5), () -> reply.text(500, "late")));
    mirroringTo(copy.port(), good);

    long start = System.nanoTime();
    assertThat(text(Call.post(REVIEWS + "/a?b=c", "body").header("x-mine", "1"))).isEqualTo("good");
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(4).toNanos());
    Received seen = arrived(copy);
    assertThat(seen.method()).isEqualTo("POST");
    assertThat(seen.path()).isEqualTo("/a?b=c");
    assertThat(seen.authority()).isEqualTo("reviews-shadow:9080");
    assertThat(seen.header("x-mine")).isEqualTo("1");
    assertThat(seen.header("x-route")).as("what the route adds").isEqualTo("seen");
    assertThat(seen.bodyHash()).isEqualTo(good.last().bodyHash());
    assertThat(seen.peer()).isEqualTo(ClientFixture.CLIENT);
    assertThat(good.received()).hasSize(1);
    assertThat(good.last().authority()).isEqualTo("reviews:9080");
    assertThat(world().mesh().engine().mirrorsDropped()).isZero();
  }

  @Test
  default void mirrorsAShortBodyThatIsReadOnce() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer good = world().good("good");
    UpstreamServer copy = world().good("copy");
    mirroringTo(copy.port(), good);
    byte[] body = new byte[40_000];
    new java.util.Random(7).nextBytes(body);

    assertThat(text(Call.stream(REVIEWS + "/", body))).isEqualTo("good");
    assertThat(arrived(copy).bodyHash()).isEqualTo(Arrays.hashCode(body));
    assertThat(good.last().bodyHash()).isEqualTo(Arrays.hashCode(body));
  }

  @Test
  default void leavesOutACopyWhoseBodyIsBeyondTheBound() throws Exception {
    needs(Caller.Lacks.ONE_SHOT_BODY);
    UpstreamServer good = world().good("good");
    UpstreamServer copy = world().good("copy");
    mirroringTo(copy.port(), good);
    byte[] body = new byte[300_000];

    assertThat(text(Call.stream(REVIEWS + "/", body))).isEqualTo("good");
    assertThat(good.last().bodyBytes()).isEqualTo(body.length);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(world().mesh().engine().mirrorsDropped()).isOne());
    assertThat(copy.received()).isEmpty();
  }

  @Test
  default void doesNotMindAMirrorThatIsDown() throws Exception {
    UpstreamServer good = world().good("good");
    mirroringTo(world().deadPort(), good);

    for (int i = 0; i < 3; i++) {
      assertThat(text(Call.post(REVIEWS + "/" + i, "body"))).isEqualTo("good");
    }
    assertThat(good.received()).hasSize(3);
  }
}
