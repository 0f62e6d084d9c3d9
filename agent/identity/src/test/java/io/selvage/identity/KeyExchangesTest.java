package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.TlsSettings;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How keys were agreed on, by a real handshake and by hellos made by hand. */
class KeyExchangesTest {
  private static byte[] hello(int group, int firstOfRandom) {
    ByteBuffer out = ByteBuffer.allocate(200);
    out.put(new byte[] {0x16, 3, 3, 0, 100, 2, 0, 0, 96, 3, 3});
    out.put((byte) firstOfRandom).put(new byte[] {0x21, (byte) 0xad, 0x74}).put(new byte[28]);
    out.put((byte) 32).put(new byte[32]).putShort((short) 0x1301).put((byte) 0);
    out.putShort((short) 14).putShort((short) 43).putShort((short) 2).putShort((short) 0x0304);
    out.putShort((short) 51).putShort((short) 4).putShort((short) group).putShort((short) 0);
    return java.util.Arrays.copyOf(out.array(), out.position());
  }

  @Test
  void hybridsAreToldFromOthers() {
    KeyExchanges exchanges = new KeyExchanges();
    assertThat(exchanges.sends(ByteBuffer.wrap(hello(0x11ec, 1)))).isTrue();
    assertThat(exchanges.sends(ByteBuffer.wrap(hello(29, 1)))).isTrue();
    assertThat(exchanges.all()).isEqualTo(2);
    assertThat(exchanges.hybrid()).isEqualTo(1);
    assertThat(exchanges.sends(ByteBuffer.wrap(hello(0x11ec, 0xcf)))).as("a retry").isFalse();
    assertThat(exchanges.sends(ByteBuffer.allocate(0))).isFalse();
    assertThat(exchanges.sends(ByteBuffer.wrap(new byte[] {0x15, 3, 3, 0, 2, 2, 40}))).isFalse();
    assertThat(exchanges.all()).isEqualTo(2);
  }

  @Test
  void noBytesMakeItThrow() {
    byte[] good = hello(0x11ec, 1);
    for (int length = 0; length < good.length; length++) {
      KeyExchanges exchanges = new KeyExchanges();
      exchanges.sends(ByteBuffer.wrap(java.util.Arrays.copyOf(good, length)));
      assertThat(exchanges.hybrid()).isLessThanOrEqualTo(exchanges.all());
    }
  }

  @Test
  void eachHandshakeCountsOnce() throws Exception {
    TestPki pki = WrongChains.PKI;
    IdentityTls server =
        new IdentityTls(pki.identity("reviews"), port -> null, Clock.systemUTC(), refused -> {});
    IdentityTls client =
        new IdentityTls(pki.identity("page"), port -> null, Clock.systemUTC(), refused -> {});
    for (int i = 1; i <= 3; i++) {
      new Handshake(
              client.clientEngine(
                  IdentityTlsTest.mesh(), TlsSettingsTest.ENDPOINT, List.of("http/1.1")),
              server.serverEngine(9080, List.of("http/1.1")))
          .run();
      assertThat(server.keyExchanges().all()).isEqualTo(i);
    }
    assertThat(server.keyExchanges().hybrid()).isZero();
    assertThat(TlsSettings.MODERN.hybrid()).isFalse();
  }
}
