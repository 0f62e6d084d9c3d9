package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** A pooled connection belongs to one endpoint and one identity, and is used again. */
public interface PoolPromises extends ClientWorld {

  @Test
  default void usesAConnectionAgain() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    for (int i = 0; i < 10; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
    }
    assertThat(good.connections()).isEqualTo(1);
    assertThat(good.handshakes()).isEqualTo(1);
  }

  @Test
  default void shakesHandsOnceAConnectionEvenUnderLoad() throws Exception {
    UpstreamServer one = world().good("one");
    UpstreamServer two = world().good("two");
    world().reviews().endpoint(one.port()).endpoint(two.port());
    world().publish();
    Caller caller = caller();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Callable<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        Call call = Call.get(REVIEWS + "/" + i);
        calls.add(
            () -> {
              try (Answer answer = caller.send(call)) {
                answer.text();
                return answer.status();
              }
            });
      }
      for (Future<Integer> call : threads.invokeAll(calls)) {
        assertThat(call.get()).isEqualTo(200);
      }
    } finally {
      threads.shutdownNow();
    }
    for (UpstreamServer server : List.of(one, two)) {
      assertThat(server.handshakes()).isLessThanOrEqualTo(server.connections());
      assertThat(server.connections()).as("at most one a thread").isLessThanOrEqualTo(6);
    }
  }

  @Test
  default void usesConnectionsOfEachEndpointAgain() throws Exception {
    UpstreamServer one = world().good("one");
    UpstreamServer two = world().good("two");
    world().reviews().endpoint(one.port()).endpoint(two.port());
    world().publish();

    for (int i = 0; i < 10; i++) {
      assertThat(status(Call.get(REVIEWS + "/" + i))).isEqualTo(200);
    }
    assertThat(one.received()).hasSize(5);
    assertThat(two.received()).hasSize(5);
    assertThat(one.connections()).isEqualTo(1);
    assertThat(two.connections()).isEqualTo(1);
  }

  @Test
  default void opensNewConnectionsForANewIdentity() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();
    String renamed = "spiffe://cluster.local/ns/default/sa/renamed";

    assertThat(text(Call.get(REVIEWS + "/1"))).isEqualTo("good");
    assertThat(good.last().peer()).isEqualTo(ClientFixture.CLIENT);
    world().mesh().become(renamed);
    for (int i = 0; i < 3; i++) {
      assertThat(text(Call.get(REVIEWS + "/2"))).isEqualTo("good");
      assertThat(good.last().peer()).isEqualTo(renamed);
    }
    assertThat(good.connections()).isEqualTo(2);
  }

  @Test
  default void keepsConnectionsWhenOnlyTheCertificateIsNew() throws Exception {
    UpstreamServer good = world().good("good");
    world().reviews().endpoint(good.port());
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/1"))).isEqualTo("good");
    world().mesh().become(ClientFixture.CLIENT);
    assertThat(text(Call.get(REVIEWS + "/2"))).isEqualTo("good");
    assertThat(good.connections()).isEqualTo(1);
  }

  @Test
  default void survivesAConnectionThatTheUpstreamClosed() throws Exception {
    UpstreamServer good = world().good("good");
    world()
        .reviews()
        .endpoint(good.port())
        .routes(Routes.to("reviews", 9080).retries(3, Set.of("reset", "connect-failure"), null));
    world().publish();

    for (int i = 0; i < 3; i++) {
      assertThat(text(Call.get(REVIEWS + "/" + i))).isEqualTo("good");
      good.cutConnections();
    }
  }

  @Test
  default void servesManyThreads() throws Exception {
    UpstreamServer one = world().server("one", (request, reply) -> reply.text(200, request.path()));
    UpstreamServer two = world().server("two", (request, reply) -> reply.text(200, request.path()));
    world().reviews().endpoint(one.port()).endpoint(two.port());
    world().publish();
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Callable<Void>> tasks = new ArrayList<>();
      for (int t = 0; t < 6; t++) {
        int thread = t;
        tasks.add(
            () -> {
              for (int i = 0; i < 15; i++) {
                String path = "/" + thread + "/" + i;
                assertThat(text(Call.get(REVIEWS + path))).isEqualTo(path);
              }
              return null;
            });
      }
      caller();
      for (Future<Void> done : threads.invokeAll(tasks)) {
        done.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(one.received().size() + two.received().size()).isEqualTo(90);
    assertThat(one.handshakes()).isLessThanOrEqualTo(one.connections());
    assertThat(one.connections() + two.connections()).isLessThan(45);
  }
}
