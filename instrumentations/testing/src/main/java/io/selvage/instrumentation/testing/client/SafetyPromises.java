package io.selvage.instrumentation.testing.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.selvage.extension.Intent;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

/**
 * Never plaintext where TLS is due, never TLS where the application did not ask for the mesh, never
 * an exception of ours.
 */
public interface SafetyPromises extends ClientWorld {

  @Test
  default void failsWhenThePeerIsSomebodyElse() throws Exception {
    UpstreamServer impostor = world().impostor();
    world().reviews().endpoint(impostor.port());
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/"))).isEqualTo(503);
    assertThat(impostor.received()).isEmpty();
    assertThat(impostor.firstBytes()).allMatch(first -> first.startsWith("16"));
  }

  @Test
  default void failsWhenAnotherAuthorityIssuedThePeer() throws Exception {
    UpstreamServer stranger = world().stranger();
    world().reviews().endpoint(stranger.port());
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/"))).isEqualTo(503);
    assertThat(stranger.received()).isEmpty();
    assertThat(stranger.firstBytes()).isNotEmpty().allMatch(first -> first.startsWith("16"));
  }

  @Test
  default void neverFallsBackToPlaintext() throws Exception {
    UpstreamServer plain = world().plaintext("plain");
    world().reviews().endpoint(plain.port());
    world().publish();

    assertThat(status(Call.get(REVIEWS + "/").header("x-canary", "canary"))).isEqualTo(503);
    assertThat(plain.received()).isEmpty();
    assertThat(plain.firstBytes()).isNotEmpty().allMatch(first -> first.startsWith("16"));
  }

  @Test
  default void leavesPlaintextOutsideTheMeshAlone() throws Exception {
    UpstreamServer plain = world().plaintext("plain");
    world().reviews();
    world().publish();

    String authority = "127.0.0.1:" + plain.port();
    for (int i = 0; i < 2; i++) {
      assertThat(text(Call.post("http://" + authority + "/x?y=z", "body"))).isEqualTo("plain");
    }
    assertThat(plain.last().authority()).isEqualTo(authority);
    assertThat(plain.last().path()).isEqualTo("/x?y=z");
    assertThat(plain.last().bodyBytes()).isEqualTo(4);
    assertThat(plain.connections()).isEqualTo(1);
  }

  @Test
  default void leavesTheApplicationsOwnTlsAlone() throws Exception {
    Credentials own = new TestAuthority().loopback();
    UpstreamServer https = world().https("https", own);
    world().reviews();
    world().publish();
    Caller caller = world().caller(new Caller.Setup(trusting(own), false));

    for (int i = 0; i < 2; i++) {
      try (Answer answer = caller.send(Call.get("https://localhost:" + https.port() + "/"))) {
        assertThat(answer.text()).isEqualTo("https");
      }
    }
    assertThat(https.last().peer()).isNull();
    assertThat(https.connections()).isEqualTo(1);
  }

  @Test
  default void leavesTheAgentsOwnThreadsAlone() throws Exception {
    UpstreamServer good = world().good("good");
    UpstreamServer plain = world().plaintext("plain");
    world().reviews().endpoint(good.port());
    world().publish();
    Caller caller = caller();

    try (Intent bypass = Intent.bypass()) {
      assertThat(text(Call.get("http://127.0.0.1:" + plain.port() + "/"))).isEqualTo("plain");
      assertThat(plain.last().header("traceparent")).isNull();
      assertThatThrownBy(() -> caller.send(Call.get(REVIEWS + "/"))).isInstanceOf(Exception.class);
    }
    assertThat(good.connections()).isZero();
  }

  @Test
  default void standsAsideWhenTheMeshItselfFails() throws Exception {
    UpstreamServer plain = world().plaintext("plain");
    world().reviews();
    world().publish();
    world().mesh().breakDown();

    assertThat(text(Call.get("http://127.0.0.1:" + plain.port() + "/"))).isEqualTo("plain");
  }

  @Test
  default void standsAsideWithoutAMesh() throws Exception {
    UpstreamServer plain = world().plaintext("plain");
    world().mesh().remove();

    assertThat(text(Call.get("http://127.0.0.1:" + plain.port() + "/"))).isEqualTo("plain");
    assertThat(plain.last().header("traceparent")).isNull();
  }

  private static SSLContext trusting(Credentials server) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, server.trust().getTrustManagers(), null);
    return context;
  }
}
