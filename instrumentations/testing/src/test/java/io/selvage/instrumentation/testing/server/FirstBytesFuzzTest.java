package io.selvage.instrumentation.testing.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.selvage.extension.FirstBytes;
import io.selvage.extension.FirstBytes.Verdict;
import io.selvage.identity.IdentityTls;
import io.selvage.identity.WorkloadIdentity;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The sniffer and the engine behind it, over ordinary, evil and random first bytes. */
class FirstBytesFuzzTest {
  private static final IdentityTls TLS =
      new IdentityTls(new WorkloadIdentity(), port -> null, Clock.systemUTC(), refusal -> {});

  static Stream<ClientHellos.Case> cases() {
    return ClientHellos.all().stream();
  }

  static Stream<byte[]> seeds() {
    return cases().map(ClientHellos.Case::bytes);
  }

  @Test
  void thereAreAtLeastFiftyCases() {
    assertThat(ClientHellos.all()).hasSizeGreaterThanOrEqualTo(50);
    assertThat(cases().map(ClientHellos.Case::name)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void judgesEachCase(ClientHellos.Case each) {
    assertThat(judged(each.bytes())).isEqualTo(each.verdict());
  }

  private static Verdict judged(byte[] bytes) {
    return FirstBytes.judge(
        bytes.length > 0 ? bytes[0] & 0xff : -1, bytes.length > 1 ? bytes[1] & 0xff : -1);
  }

  /** Runs its seeds in every build; searches on its own with {@code JAZZER_FUZZ=1}. */
  @FuzzTest(maxDuration = "60s")
  @MethodSource("seeds")
  void neitherSnifferNorEngineIsSurprised(byte[] bytes) {
    if (bytes == null) {
      return;
    }
    Verdict verdict = judged(bytes);
    boolean tls = bytes.length > 1 && bytes[0] == 0x16 && bytes[1] == 3;
    assertThat(verdict == Verdict.TLS).isEqualTo(tls);
    // what is known stays known, however the bytes are cut
    Verdict early = judged(bytes.length == 0 ? bytes : new byte[] {bytes[0]});
    assertThat(early == Verdict.MORE || early == verdict).isTrue();
    if (tls) {
      unwrapped(bytes);
    }
  }

  /** The engine says no in its own words, or waits: it throws nothing else, and it ends. */
  private static void unwrapped(byte[] bytes) {
    SSLEngine engine = TLS.serverEngine(9080, List.of("h2", "http/1.1"));
    ByteBuffer in = ByteBuffer.wrap(bytes);
    ByteBuffer plain = ByteBuffer.allocate(1 << 16);
    try {
      for (int steps = 0; in.hasRemaining(); steps++) {
        assertThat(steps).as("steps").isLessThan(bytes.length + 10);
        int before = in.remaining();
        SSLEngineResult result = engine.unwrap(in, plain);
        for (Runnable task = engine.getDelegatedTask();
            task != null;
            task = engine.getDelegatedTask()) {
          task.run();
        }
        boolean stuck = in.remaining() == before;
        if (stuck || result.getStatus() != SSLEngineResult.Status.OK) {
          break;
        }
      }
      assertThat(plain.position()).as("bytes for the application").isZero();
    } catch (SSLException refused) {
      return;
    }
  }
}
