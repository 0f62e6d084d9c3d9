package io.selvage.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.stack.Config.ChainBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Headers of proxies: whose are believed, and whose are taken away before any policy. */
class ForeignHeadersTest {
  private static final int PORT = Config.PORT;
  private static final String GATEWAY = "spiffe://cluster.local/ns/edge/sa/gateway";
  private static final String BOB = "spiffe://cluster.local/ns/default/sa/bob";

  private static Exchange served(Peer peer) {
    Engine engine =
        Engine.builder(MeshTest.NODE)
            .gateways(List.of(new StringMatch.Prefix("spiffe://cluster.local/ns/edge/", false)))
            .build();
    assertThat(
            engine.publish(
                new Config().chain(ChainBuilder.tls(PORT)).chain(ChainBuilder.raw(PORT)).build()))
        .isEmpty();
    Exchange exchange =
        engine.inbound(
            TestHead.get("reviews", "/")
                .with("x-envoy-external-address", "203.0.113.7")
                .with("x-envoy-attempt-count", "2")
                .with("x-forwarded-client-cert", "URI=spiffe://x/ns/a/sa/end-user"),
            peer);
    assertThat(exchange.begin()).isInstanceOf(Attempt.class);
    return exchange;
  }

  private static Peer peer(String id) {
    return new Peer("10.0.0.9", 40000, "10.0.0.1", PORT, id != null, id, null, "abcd");
  }

  @Test
  void aTrustedGatewayIsBelieved() {
    Exchange x = served(peer(GATEWAY));
    assertThat(x.head().header("x-envoy-external-address")).isEqualTo("203.0.113.7");
    assertThat(x.head().header("x-forwarded-client-cert"))
        .startsWith("URI=spiffe://x/ns/a/sa/end-user,By=")
        .endsWith("URI=" + GATEWAY);
  }

  @Test
  void aWorkloadOfTheMeshTellsItsAttemptsOnly() {
    Exchange x = served(peer(BOB));
    assertThat(x.head().header("x-envoy-external-address")).isNull();
    assertThat(x.head().header("x-envoy-attempt-count")).isEqualTo("2");
    assertThat(x.head().header("x-forwarded-client-cert"))
        .startsWith("By=")
        .endsWith("URI=" + BOB)
        .doesNotContain("end-user");
  }

  @Test
  void othersAreBelievedNothing() {
    Exchange x = served(peer(null));
    assertThat(x.head().header("x-envoy-external-address")).isNull();
    assertThat(x.head().header("x-envoy-attempt-count")).isNull();
    assertThat(x.head().header("x-forwarded-client-cert")).isNull();
  }
}
