package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.model.ProxyProtocol;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/**
 * Where a destination expects the PROXY protocol, its header is the first thing on a connection.
 */
public interface HeaderPromises extends ClientWorld {

  @Test
  default void sendsTheLineOfTheProxyProtocolBelowTls() throws Exception {
    UpstreamServer good = world().good("good").expectProxyHeader();
    world().reviews().endpoint(good.port()).proxyProtocol(ProxyProtocol.V1);
    world().publish();

    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    }
    assertThat(good.proxyHeaders()).as("once a connection").hasSize(good.connections());
    String line =
        new String(HexFormat.of().parseHex(good.proxyHeaders().get(0)), StandardCharsets.US_ASCII);
    assertThat(line)
        .matches("PROXY TCP4 127\\.0\\.0\\.1 127\\.0\\.0\\.1 \\d+ " + good.port() + "\r\n");
    assertThat(good.firstBytes()).allMatch(first -> first.startsWith("16"));
    assertThat(good.last().peer()).isEqualTo(ClientFixture.CLIENT);
  }

  @Test
  default void sendsTheBinaryHeaderOfTheProxyProtocol() throws Exception {
    UpstreamServer good = world().good("good").expectProxyHeader();
    world().reviews().endpoint(good.port()).proxyProtocol(ProxyProtocol.V2);
    world().publish();

    assertThat(text(Call.get(REVIEWS + "/"))).isEqualTo("good");
    assertThat(good.proxyHeaders().get(0))
        .startsWith("0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "7f000001" + "7f000001")
        .endsWith(HexFormat.of().toHexDigits((short) good.port()));
  }
}
