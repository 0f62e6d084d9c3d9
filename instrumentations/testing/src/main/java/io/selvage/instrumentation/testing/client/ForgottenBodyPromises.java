package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.CircuitBreakers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * A body that is neither read nor closed ends its exchange too, once nobody can read it any more.
 * For libraries that let go of such a body.
 */
public interface ForgottenBodyPromises extends ClientWorld {

  @Test
  default void endsWhenTheApplicationForgetsTheBody() throws Exception {
    UpstreamServer server =
        world()
            .server(
                "streaming",
                (request, reply) -> {
                  if (request.path().equals("/stream")) {
                    reply.head(200, Map.of());
                    reply.chunk("first".getBytes(StandardCharsets.UTF_8));
                  } else {
                    reply.text(200, "whole");
                  }
                });
    world()
        .reviews()
        .endpoint(server.port())
        .breakers(new CircuitBreakers(1024, 1024, 1, 3, null))
        .routes(Routes.to("reviews", 9080).timeout(Duration.ZERO));
    world().publish();

    forget(caller());
    Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(status(Call.get(REVIEWS + "/other"))).isEqualTo(200);
            });
  }

  private static void forget(Caller caller) throws Exception {
    Answer answer = caller.send(Call.get(REVIEWS + "/stream"));
    assertThat(answer.body().readNBytes(5)).hasSize(5);
  }
}
