package io.selvage.extension;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.ProxyProtocol;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Against the examples of the PROXY protocol's specification. */
class ProxyHeaderTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

  private static String text(InetSocketAddress from, InetSocketAddress to) {
    return new String(ProxyHeader.of(ProxyProtocol.V1, from, to), StandardCharsets.US_ASCII);
  }

  private static String hex(InetSocketAddress from, InetSocketAddress to) {
    return HexFormat.of().formatHex(ProxyHeader.of(ProxyProtocol.V2, from, to));
  }

  private static InetSocketAddress at(String address, int port) {
    return new InetSocketAddress(address, port);
  }

  @Test
  void version4() {
    assertThat(text(at("192.168.0.1", 56324), at("192.168.0.11", 443)))
        .isEqualTo("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
    assertThat(hex(at("192.168.0.1", 56324), at("192.168.0.11", 443)))
        .isEqualTo(SIGNATURE + "2111000c" + "c0a80001" + "c0a8000b" + "dc04" + "01bb");
  }

  @Test
  void version6() {
    assertThat(text(at("fe80::1%0", 1), at("2001:db8::1", 65535)))
        .isEqualTo("PROXY TCP6 fe80:0:0:0:0:0:0:1 2001:db8:0:0:0:0:0:1 1 65535\r\n");
    assertThat(hex(at("::1", 1), at("10.0.0.1", 2)))
        .isEqualTo(
            SIGNATURE
                + "21210024"
                + "00000000000000000000000000000001"
                + "00000000000000000000ffff0a000001"
                + "0001"
                + "0002");
  }

  @Test
  void whatIsNoIpAddressIsUnknown() {
    InetSocketAddress nowhere = InetSocketAddress.createUnresolved("nowhere", 1);
    assertThat(text(nowhere, at("10.0.0.1", 2))).isEqualTo("PROXY UNKNOWN\r\n");
    assertThat(hex(nowhere, at("10.0.0.1", 2))).isEqualTo(SIGNATURE + "21000000");
  }
}
