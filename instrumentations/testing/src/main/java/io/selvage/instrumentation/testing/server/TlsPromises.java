package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.extension.FirstBytes;
import io.selvage.extension.PortPolicy.Mode;
import io.selvage.instrumentation.testing.client.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may connect, and how, on the application's own port. */
public interface TlsPromises extends ServerWorld {

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void permissiveServesPlaintextAndMutualTls(Entry entry) throws Exception {
    needs(entry);
    mesh().mode(Mode.PERMISSIVE);
    Reply reply = once(entry, Ask.get("/hello"));
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.said("caller")).isEqualTo(entry.tls() ? CALLER : "null");
    assertThat(mesh().served()).hasSize(1);
    assertThat(mesh().served().get(0).peer().tls()).isEqualTo(entry.tls());
    assertThat(mesh().served().get(0).peer().localPort()).isEqualTo(server().port());
    allEnded();
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void strictServesMutualTlsAlone(Entry entry) throws Exception {
    needs(entry);
    mesh().mode(Mode.STRICT);
    int before = SampleLogic.runs();
    if (entry.tls()) {
      assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(200);
    } else {
      assertThatThrownBy(() -> once(entry, Ask.get("/hello"))).isInstanceOf(IOException.class);
      assertThat(SampleLogic.runs()).as("requests that reached the application").isEqualTo(before);
    }
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void disabledLeavesThePortToTheApplication(Entry entry) throws Exception {
    needs(entry);
    mesh().mode(Mode.DISABLE);
    if (entry.tls()) {
      assertThatThrownBy(() -> once(entry, Ask.get("/hello"))).isInstanceOf(IOException.class);
    } else {
      assertThat(once(entry, Ask.get("/hello")).status()).isEqualTo(200);
    }
    assertThat(mesh().serverTls().engines()).isZero();
  }

  @Test
  default void strictClosesAPlaintextConnectionWithoutAWord() throws Exception {
    mesh().mode(Mode.STRICT);
    try (Socket socket = Wire.connect(server().port())) {
      socket.getOutputStream().write("GET /hello HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(ASCII));
      assertThat(closedWithin(socket, 5_000)).as("closed").isTrue();
    }
    assertThat(mesh().served()).isEmpty();
  }

  @Test
  default void refusesAnotherTrustDomainAnExpiredAndAMissingCertificate() {
    mesh().mode(Mode.PERMISSIVE);
    int before = SampleLogic.runs();
    List<SSLContext> wrong =
        List.of(
            ServerTls.contextOf(AUTHORITY.workload("spiffe://other.domain/ns/default/sa/x")),
            ServerTls.contextOf(AUTHORITY.expired(CALLER)),
            trusting(new TestAuthority()),
            ServerTls.anonymous(CALLER_CREDENTIALS));
    for (SSLContext context : wrong) {
      assertThatThrownBy(
              () -> {
                try (Wire wire = Wire.open(Entry.H1_TLS, server().port(), context)) {
                  wire.send(Ask.get("/hello"));
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(SampleLogic.runs()).isEqualTo(before);
  }

  private static SSLContext trusting(TestAuthority stranger) {
    var shown = stranger.workload(CALLER);
    return ServerTls.contextOf(
        new io.selvage.instrumentation.testing.client.Credentials(
            shown.key(), shown.chain(), AUTHORITY.root()));
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void parsesThePeerOncePerConnection(Entry entry) throws Exception {
    needs(entry);
    try (Wire wire = open(entry)) {
      for (int i = 0; i < 3; i++) {
        assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
      }
    }
    assertThat(mesh().serverTls().peers()).isEqualTo(entry.tls() ? 1 : 0);
    assertThat(mesh().served()).hasSize(3);
    allEnded();
  }

  @ParameterizedTest
  @EnumSource(Entry.class)
  default void aChangeToStrictReachesOpenPlaintextConnections(Entry entry) throws Exception {
    needs(entry);
    mesh().mode(Mode.PERMISSIVE);
    try (Wire wire = open(entry)) {
      assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
      mesh().mode(Mode.STRICT);
      int before = SampleLogic.runs();
      if (entry.tls()) {
        assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
      } else {
        assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(403);
        assertThat(SampleLogic.runs()).isEqualTo(before);
        assertThat(wire.isGivenUp()).as("closed, or GOAWAY").isTrue();
      }
    }
    mesh().mode(Mode.DISABLE);
    needs(Entry.H1);
    assertThat(once(Entry.H1, Ask.get("/hello")).status()).isEqualTo(200);
  }

  @Test
  default void rotatesUnderLoadWithoutAFailure() throws Exception {
    mesh().mode(Mode.STRICT);
    List<Entry> ways = entries().stream().filter(Entry::tls).sorted().toList();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Entry entry = ways.get(i % ways.size());
      callers.add(new Thread(() -> call(entry, stop, done, failures)));
    }
    callers.forEach(Thread::start);
    for (int rotation = 0; rotation < 6; rotation++) {
      int reached = done.get() + 20;
      org.awaitility.Awaitility.await().until(() -> done.get() >= reached || !failures.isEmpty());
      mesh().serverTls().rotate(AUTHORITY.workload(SERVER));
    }
    stop.set(true);
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(failures).isEmpty();
  }

  private void call(
      Entry entry, AtomicBoolean stop, AtomicInteger done, ConcurrentLinkedQueue<Throwable> bad) {
    try {
      while (!stop.get()) {
        try (Wire wire = open(entry)) {
          for (int i = 0; i < 5 && !stop.get(); i++) {
            assertThat(wire.send(Ask.get("/hello")).status()).isEqualTo(200);
            done.incrementAndGet();
          }
        }
      }
    } catch (IOException | RuntimeException | AssertionError failed) {
      bad.add(failed);
    }
  }

  @Test
  default void aSilentCallerIsCutOffAfterTenSeconds() throws Exception {
    mesh().mode(Mode.STRICT);
    long start = System.nanoTime();
    try (Socket silent = Wire.connect(server().port());
        Socket stuck = Wire.connect(server().port())) {
      stuck.getOutputStream().write(new byte[] {0x16, 0x03, 0x01, 0x02});
      assertThat(closedWithin(stuck, 25_000)).as("TLS that never goes on is closed").isTrue();
      assertThat(System.nanoTime() - start).isGreaterThan(7_000_000_000L);
      assertThat(cutsOffSilence() ? closedWithin(silent, 10_000) : true)
          .as("silence is closed")
          .isTrue();
    }
  }

  /** Whether a caller that sends nothing at all costs the server more than a file descriptor. */
  default boolean cutsOffSilence() {
    return true;
  }

  @Test
  default void strangeFirstBytesReachNobody() throws Exception {
    for (Mode mode : List.of(Mode.STRICT, Mode.PERMISSIVE)) {
      mesh().mode(mode);
      for (ClientHellos.Case each : ClientHellos.all()) {
        int before = SampleLogic.runs();
        try (Socket socket = Wire.connect(server().port())) {
          sent(socket, each);
          assertThat(endsWithin(socket, 9_000)).as("%s: %s is closed", mode, each).isTrue();
        }
        // what is plaintext belongs to the application in PERMISSIVE, however it reads it
        if (mode == Mode.STRICT || each.verdict() != FirstBytes.Verdict.PLAIN) {
          assertThat(SampleLogic.runs()).as("%s: runs by %s", mode, each).isEqualTo(before);
        }
      }
    }
    assertThat(once(Entry.H1_TLS, Ask.get("/hello")).status()).isEqualTo(200);
  }

  private static void sent(Socket socket, ClientHellos.Case each) {
    try {
      socket.setTcpNoDelay(true);
      for (byte[] chunk : each.chunks()) {
        socket.getOutputStream().write(chunk);
      }
      socket.shutdownOutput();
    } catch (IOException closedAlready) {
      // refused before the last chunk: as good as after it
    }
  }

  /** Reads alerts and refusals until the end. */
  private static boolean endsWithin(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      while (socket.getInputStream().read() >= 0) {}
      return true;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Row 24 of the fault matrix; the best of several tries, as other tests run beside this one. */
  @Test
  default void theWrongTransportIsRefusedWithinASecond() throws Exception {
    mesh().mode(Mode.STRICT);
    byte[] plain = "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n".getBytes(ASCII);
    assertThat(best(() -> refusal(plain))).as("plaintext to STRICT").isLessThan(1_000);
    mesh().mode(Mode.DISABLE);
    assertThat(best(() -> refusal(ClientHellos.all().get(0).bytes())))
        .as("TLS to a plain port")
        .isLessThan(1_000);
  }

  private static long best(java.util.concurrent.Callable<Long> tried) throws Exception {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      best = Math.min(best, tried.call());
    }
    return best;
  }

  /** Milliseconds until the server has said or done something about these bytes. */
  private long refusal(byte[] bytes) throws IOException {
    long start = System.nanoTime();
    try (Socket socket = Wire.connect(server().port())) {
      socket.getOutputStream().write(bytes);
      socket.setSoTimeout(9_000);
      int first = socket.getInputStream().read();
      assertThat(first).as("an alert, a refusal or the end").isNotEqualTo(0x16);
    } catch (SocketTimeoutException silence) {
      throw new AssertionError("no word for 9 s", silence);
    } catch (IOException reset) {
      // as quick an answer as any
    }
    return java.util.concurrent.TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }

  private static boolean closedWithin(Socket socket, int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      InputStream in = socket.getInputStream();
      return in.read() < 0;
    } catch (SocketTimeoutException open) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  @Test
  default void aBrokenHandshakeIsClosedAndPlaintextGoesOn() throws Exception {
    mesh().breakHandshakes();
    for (Mode mode : List.of(Mode.STRICT, Mode.PERMISSIVE)) {
      mesh().mode(mode);
      assertThatThrownBy(() -> open(Entry.H1_TLS).close()).isInstanceOf(IOException.class);
    }
    assertThat(once(Entry.H1, Ask.get("/hello")).status()).isEqualTo(200);
  }

  /** Alphabet of requests written by hand. */
  java.nio.charset.Charset ASCII = StandardCharsets.US_ASCII;
}
