package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Copies of requests go to a second service, and nobody waits for them. */
public interface MirrorPromises extends ClientWorld {

  @Test
  default void mirrorsRequestsWithoutWaiting() throws Exception {
    UpstreamServer good = world().good("good");
    UpstreamServer copy =
        world()
            .server(
                "copy",
                (request, reply) ->
                    reply.after(Duration.ofSeconds(5), () -> reply.text(500, "late")));
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).mirror("ratings", 9080));
    MeshSketch.Svc ratings =
        world().sketch().http("ratings", 9080).peer(ClientFixture.SERVER).endpoint(copy.port());
    if (protocol().startsWith("HTTP/2")) {
      ratings.http2();
    }
    world().publish();

    long start = System.nanoTime();
    assertThat(text(Call.post(REVIEWS + "/a?b=c", "body"))).isEqualTo("good");
    assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(4).toNanos());
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(copy.received()).hasSize(1));
    Received seen = copy.last();
    assertThat(seen.path()).isEqualTo("/a?b=c");
    assertThat(seen.bodyHash()).isEqualTo(good.last().bodyHash());
    assertThat(seen.peer()).isEqualTo(ClientFixture.CLIENT);
    assertThat(good.received()).hasSize(1);
  }
}
