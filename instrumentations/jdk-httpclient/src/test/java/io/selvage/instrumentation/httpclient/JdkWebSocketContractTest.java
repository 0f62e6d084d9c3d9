package io.selvage.instrumentation.httpclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.instrumentation.testing.WovenJvm;
import io.selvage.instrumentation.testing.client.Caller;
import io.selvage.instrumentation.testing.client.ClientFixture;
import io.selvage.instrumentation.testing.client.UpstreamServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** WebSockets of {@code java.net.http}: an endpoint of the mesh and mutual TLS, per connection. */
@ExtendWith(WovenJvm.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JdkWebSocketContractTest {
  private ClientFixture world;

  @BeforeEach
  void open() {
    world =
        new ClientFixture(
            setup -> new JdkCaller(Caller.Setup.PLAIN, HttpClient.Version.HTTP_1_1, false), false);
  }

  @AfterEach
  void close() throws Exception {
    world.close();
  }

  @Test
  void echoesThroughMutualTls() throws Exception {
    UpstreamServer good = world.good("good");
    world.reviews().endpoint(good.port());
    world.publish();
    CompletableFuture<String> echoed = new CompletableFuture<>();

    WebSocket socket = connect(echoed).get(30, TimeUnit.SECONDS);
    socket.sendText("hello", true).get(10, TimeUnit.SECONDS);

    assertThat(echoed.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(good.last().peer()).isEqualTo(ClientFixture.CLIENT);
    assertThat(good.last().authority()).isEqualTo("reviews:9080");
    socket.abort();
  }

  @Test
  void neverSpeaksPlaintextToAnEndpointWithTls() throws Exception {
    UpstreamServer plain = world.plaintext("plain");
    world.reviews().endpoint(plain.port());
    world.publish();

    assertThatThrownBy(() -> connect(new CompletableFuture<>()).get(30, TimeUnit.SECONDS))
        .isInstanceOf(Exception.class);
    assertThat(plain.received()).isEmpty();
    assertThat(plain.firstBytes()).isNotEmpty().allMatch(first -> first.startsWith("16"));
  }

  private static CompletableFuture<WebSocket> connect(CompletableFuture<String> echoed) {
    return HttpClient.newHttpClient()
        .newWebSocketBuilder()
        .buildAsync(
            URI.create("ws://reviews:9080/chat"),
            new WebSocket.Listener() {
              @Override
              public @Nullable CompletionStage<?> onText(
                  WebSocket from, CharSequence text, boolean last) {
                echoed.complete(text.toString());
                return null;
              }
            });
  }
}
