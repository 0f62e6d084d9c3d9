package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.BodyReplay;
import io.selvage.extension.KeptBody;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeptBodyTest {
  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  @Test
  void keepsWhatIsRead() throws IOException {
    KeptBody kept = new KeptBody();
    byte[] body = bytes(KeptBody.LIMIT_BYTES);
    assertThat(kept.replay()).as("untouched").isEqualTo(BodyReplay.REPEATABLE);

    var passing = kept.passing(new ByteArrayInputStream(body));
    assertThat(passing.read()).isEqualTo(body[0] & 0xff);
    assertThat(kept.replay()).as("on its way").isEqualTo(BodyReplay.ONE_SHOT);
    assertThat(passing.readAllBytes()).hasSize(body.length - 1);

    assertThat(kept.replay()).isEqualTo(BodyReplay.KEPT);
    assertThat(kept.whole()).isEqualTo(body);
  }

  @Test
  void keepsWhatIsWrittenAndTellsIt() throws IOException {
    KeptBody kept = new KeptBody();
    List<byte[]> told = new ArrayList<>();
    kept.whenKnown(told::add);
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    byte[] body = bytes(5000);

    var passing = kept.passing(sink);
    passing.write(body, 0, 3000);
    passing.write(body, 3000, 2000);
    assertThat(told).isEmpty();
    kept.complete();

    assertThat(told).hasSize(1);
    assertThat(told.get(0)).isEqualTo(body);
    assertThat(sink.toByteArray()).isEqualTo(body);
    kept.release();
    assertThat(kept.whole()).isNull();
    assertThat(told).as("told once").hasSize(1);
  }

  @Test
  void forgetsABodyBeyondTheBoundButLetsItPass() throws IOException {
    KeptBody kept = new KeptBody();
    List<byte[]> told = new ArrayList<>();
    kept.whenKnown(told::add);
    byte[] body = bytes(KeptBody.LIMIT_BYTES + 1);

    assertThat(kept.passing(new ByteArrayInputStream(body)).readAllBytes()).isEqualTo(body);

    assertThat(told).hasSize(1).containsNull();
    assertThat(kept.replay()).isEqualTo(BodyReplay.ONE_SHOT);
    assertThat(kept.whole()).isNull();
  }

  @Test
  void aSourceThatIsTakenTwiceIsLost() {
    KeptBody kept = new KeptBody();
    kept.begin();
    kept.begin();
    kept.complete();
    assertThat(kept.replay()).isEqualTo(BodyReplay.ONE_SHOT);
  }

  /** 16 MiB for all: 256 bodies of 64 KiB and no more, and room again once one is let go. */
  @Test
  void boundsAllBodiesTogether() {
    List<KeptBody> all = new ArrayList<>();
    byte[] body = bytes(KeptBody.LIMIT_BYTES);
    try {
      for (int i = 0; i < 256; i++) {
        all.add(passed(body));
      }
      assertThat(all).extracting(KeptBody::replay).containsOnly(BodyReplay.KEPT);
      assertThat(passed(body).replay()).as("one too many").isEqualTo(BodyReplay.ONE_SHOT);
      all.remove(0).release();
      all.add(passed(body));
      assertThat(all).extracting(KeptBody::replay).containsOnly(BodyReplay.KEPT);
    } finally {
      all.forEach(KeptBody::release);
    }
  }

  private static KeptBody passed(byte[] body) {
    KeptBody kept = new KeptBody();
    kept.begin();
    kept.add(body, 0, body.length);
    kept.complete();
    return kept;
  }
}
