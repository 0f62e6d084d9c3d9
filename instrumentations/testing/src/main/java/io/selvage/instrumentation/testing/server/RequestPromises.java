package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.extension.PortPolicy.Mode;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens to each request, on every way into the server. */
public interface RequestPromises extends ServerWorld {

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void asksTheMeshOnceForEachRequest(Entry entry) throws Exception {
    needs(entry);
    Reply reply = once(entry, Ask.get("/hello?a=b"));
    assertThat(reply.status()).isEqualTo(200);
    Served request = mesh().served().get(0);
    assertThat(mesh().served()).hasSize(1);
    assertThat(request.method()).isEqualTo("GET");
    assertThat(request.path()).isEqualTo("/hello?a=b");
    assertThat(request.authority()).isEqualTo("localhost:" + server().port());
    // the request that asks for the upgrade is written in HTTP/1.1
    assertThat(request.protocol())
        .isEqualTo(
            entry.http2() && entry != Entry.H2C_UPGRADE ? Protocol.HTTP2 : request.protocol());
    allEnded();
    assertThat(request.status()).isEqualTo(200);
    End end = request.ends().get(0);
    assertThat(end.complete()).isTrue();
    assertThat(end.responseBytes()).isEqualTo(reply.body().length);
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void theApplicationSeesPlainHttp(Entry entry) throws Exception {
    needs(entry);
    assertThat(once(entry, Ask.get("/hello")).text()).contains(plainFacts());
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void theApplicationRunsInTheContextOfTheRequest(Entry entry) throws Exception {
    needs(entry);
    Reply reply = once(entry, Ask.get("/hello"));
    assertThat(reply.said("trace")).isEqualTo(ServerMesh.TRACE);
    assertThat(reply.said("caller")).isEqualTo(entry.tls() ? CALLER : "null");
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void changesOfLayersReachApplicationAndCaller(Entry entry) throws Exception {
    needs(entry);
    Reply reply = once(entry, Ask.get("/hello").with("x-removed", "1").with("x-added", "0"));
    assertThat(reply.said("added")).isEqualTo("by the mesh");
    assertThat(reply.said("removed")).isEqualTo("null");
    assertThat(reply.headers())
        .containsEntry("x-answered", "by the mesh")
        .doesNotContainKey("x-secret");
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void nobodyCanClaimAnIdentity(Entry entry) throws Exception {
    needs(entry);
    String claim = "By=spiffe://x;Hash=00;URI=spiffe://cluster.local/ns/default/sa/admin";
    Reply reply = once(entry, Ask.get("/hello").with("x-forwarded-client-cert", claim));
    if (entry.tls()) {
      assertThat(reply.said("xfcc")).matches("Hash=[0-9a-f]{64};URI=" + CALLER);
    } else {
      assertThat(reply.said("xfcc")).isEqualTo("null");
    }
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aRefusalIsAnsweredInTheApplicationsPlace(Entry entry) throws Exception {
    needs(entry);
    int before = SampleLogic.runs();
    try (Wire wire = open(entry)) {
      Reply reply = wire.send(Ask.get("/deny"));
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.text()).isEqualTo("RBAC: access denied");
      assertThat(SampleLogic.runs()).isEqualTo(before);
      // the connection goes on
      assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
      Reply teapot = wire.send(Ask.get("/teapot"));
      assertThat(teapot.status()).isEqualTo(418);
      assertThat(teapot.headers()).containsEntry("retry-after", "7");
      assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
    }
    assertThat(mesh().served().get(0).outcomes().get(0)).isInstanceOf(Rejection.class);
    allEnded();
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aRefusedPostIsAnsweredAndDoesNotHang(Entry entry) throws Exception {
    needs(entry);
    int before = SampleLogic.runs();
    try (Wire wire = open(entry)) {
      Reply reply = wire.send(Ask.post("/deny", body(entry)));
      assertThat(reply.status()).isEqualTo(403);
      assertThat(reply.text()).isEqualTo("RBAC: access denied");
    }
    assertThat(SampleLogic.runs()).isEqualTo(before);
    assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(200);
    allEnded();
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aDelayHoldsOneRequestAndNobodyElse(Entry entry) throws Exception {
    needs(entry);
    long start = System.nanoTime();
    CompletableFuture<Reply> slow =
        CompletableFuture.supplyAsync(() -> uncheckedOnce(entry, Ask.post("/delay", body(entry))));
    Reply quick = once(entry, Ask.get("/hello"));
    assertThat(quick.status()).isEqualTo(200);
    Reply delayed = slow.get(20, TimeUnit.SECONDS);
    long nanos = System.nanoTime() - start;
    assertThat(nanos).isGreaterThanOrEqualTo(ServerMesh.DELAY.toNanos());
    assertThat(delayed.status()).isEqualTo(200);
    assertThat(delayed.said("posted")).isEqualTo(posted(body(entry)));
    assertThat(delayed.said("trace")).isEqualTo(ServerMesh.TRACE);
    allEnded();
  }

  /** A body of 300 kB. */
  byte[] POSTED = patterned(300_000);

  private static byte[] patterned(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (i * 17 + (i >> 8));
    }
    return bytes;
  }

  /** Servers keep a body in memory before they switch protocols, so that one must be small. */
  private static byte[] body(Entry entry) {
    return entry == Entry.H2C_UPGRADE ? Arrays.copyOf(POSTED, 2_000) : POSTED;
  }

  private static String posted(byte[] body) {
    CRC32 sum = new CRC32();
    sum.update(body);
    return body.length + "/" + sum.getValue();
  }

  private Reply uncheckedOnce(Entry entry, Ask ask) {
    try {
      return once(entry, ask);
    } catch (IOException failed) {
      throw new java.io.UncheckedIOException(failed);
    }
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void bodiesPassUnchanged(Entry entry) throws Exception {
    needs(entry);
    try (Wire wire = open(entry)) {
      Reply echoed = wire.send(Ask.post("/echo", body(entry)));
      assertThat(echoed.said("posted")).isEqualTo(posted(body(entry)));
      Reply large = wire.send(Ask.get("/large"));
      assertThat(large.body()).isEqualTo(SampleLogic.large());
    }
    allEnded();
    if (entry != Entry.H2C_UPGRADE) { // there the server may take the body before it switches
      assertThat(mesh().served().get(0).ends().get(0).requestBytes()).isEqualTo(body(entry).length);
    }
    assertThat(mesh().served().get(1).ends().get(0).responseBytes())
        .isEqualTo(SampleLogic.large().length);
  }

  @ParameterizedTest
  @EnumSource(
      value = Entry.class,
      names = {"H1", "H1_TLS"})
  default void pipelinedRequestsAreAnsweredInOrder(Entry entry) throws Exception {
    needs(entry);
    try (Http1Wire wire = (Http1Wire) open(entry)) {
      wire.write(
          Ask.get("/hello?1"),
          Ask.post("/deny?2", new byte[2_000]),
          Ask.get("/hello?3"),
          Ask.get("/delay?4"),
          Ask.get("/hello?5"));
      assertThat(wire.read(false).said("path")).isEqualTo("/hello?1");
      assertThat(wire.read(false).status()).isEqualTo(403);
      assertThat(wire.read(false).said("path")).isEqualTo("/hello?3");
      assertThat(wire.read(false).said("path")).isEqualTo("/delay?4");
      assertThat(wire.read(false).said("path")).isEqualTo("/hello?5");
    }
    allEnded();
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void thePathReachesTheMeshAsItCame(Entry entry) throws Exception {
    needs(entry);
    List<String> tricks = pathTricks();
    for (String path : tricks) {
      once(entry, Ask.get(path));
    }
    assertThat(mesh().served()).extracting(Served::path).containsExactlyElementsOf(tricks);
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void anAnswerFromAnotherThreadEndsWhenItIsThrough(Entry entry) throws Exception {
    needs(entry);
    Reply reply = once(entry, Ask.get("/async"));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.said("path")).isEqualTo("/async");
    allEnded();
    Served request = mesh().served().get(0);
    assertThat(request.status()).isEqualTo(200);
    assertThat(request.ends().get(0).complete()).isTrue();
    assertThat(request.ends().get(0).responseBytes()).isEqualTo(reply.body().length);
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aFaultOfOursRefusesOnAStrictPortOnly(Entry entry) throws Exception {
    needs(entry);
    mesh().breakRequests();
    mesh().mode(Mode.PERMISSIVE);
    assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(200);
    if (entry.tls()) {
      mesh().mode(Mode.STRICT);
      assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(403);
      assertThat(once(entry, Ask.post("/hello", new byte[300_000])).status()).isEqualTo(403);
    }
    assertThat(mesh().reports()).isNotEmpty();
  }

  @Test
  default void aCallerThatGoesAwayEndsItsExchange() throws Exception {
    Wire wire = open(Entry.H1);
    ((Http1Wire) wire).write(Ask.get("/delay"));
    wire.close();
    allEnded();
  }
}
