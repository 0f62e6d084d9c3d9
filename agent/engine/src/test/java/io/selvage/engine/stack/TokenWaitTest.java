package io.selvage.engine.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.TestHead;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.FilterChain;
import io.selvage.engine.model.HeaderOps;
import io.selvage.engine.model.InboundChecks;
import io.selvage.engine.model.InboundListener;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.model.JwtRequirement;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.NameTable;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.PathMatch;
import io.selvage.engine.model.RequestLimits;
import io.selvage.engine.model.Route;
import io.selvage.engine.model.RouteAction;
import io.selvage.engine.model.RouteConfig;
import io.selvage.engine.model.RouteMatch;
import io.selvage.engine.model.VirtualHost;
import io.selvage.engine.security.TokenVerifier;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests whose token's keys are being fetched, in virtual time: they wait, but not for ever. */
class TokenWaitTest {
  private static final RouteMatch ALL =
      new RouteMatch(new PathMatch.Prefix("/", false), List.of(), List.of(), 1.0);
  private final CompletableFuture<Object> fetch = new CompletableFuture<>();
  private long now = 1_000;
  private TokenVerifier.Verdict verdict = new TokenVerifier.KeysPending(fetch);

  private Exchange exchange() {
    Engine engine =
        Engine.builder(MeshTest.NODE)
            .clock(() -> now)
            .tokens(
                (provider, audiences, token) -> {
                  if (token.equals("bug")) {
                    throw new IllegalStateException("a bug");
                  }
                  return verdict;
                })
            .build();
    JwtProvider provider =
        new JwtProvider(
            "p",
            "i",
            List.of(),
            null,
            null,
            Duration.ZERO,
            new JwtProvider.RemoteKeys("https://k", Duration.ofSeconds(2), Duration.ofMinutes(1)),
            true,
            List.of(new JwtProvider.HeaderPlace("x-token", "")),
            "",
            false,
            "payload",
            "",
            List.of(),
            List.of());
    JwtAuthn tokens =
        new JwtAuthn(
            Map.of("p", provider),
            List.of(new JwtAuthn.Rule(ALL, new JwtRequirement.Provider("p", List.of()))),
            false,
            false);
    Route route =
        new Route("r", ALL, new RouteAction.Accept(), HeaderOps.NONE, HeaderOps.NONE, null, null);
    RouteConfig routes =
        new RouteConfig(
            "in",
            List.of(
                new VirtualHost("v", List.of("*"), List.of(route), HeaderOps.NONE, HeaderOps.NONE)),
            HeaderOps.NONE,
            HeaderOps.NONE);
    FilterChain chain =
        new FilterChain(
            "raw",
            9080,
            FilterChain.Transport.RAW,
            List.of(),
            null,
            new FilterChain.InboundHttp(
                routes,
                List.of(),
                null,
                Observability.DEFAULT,
                RequestLimits.NONE,
                new InboundChecks(tokens)),
            List.of());
    assertThat(
            engine.publish(
                new MeshConfig(
                    List.of(),
                    new InboundListener(List.of(chain)),
                    Map.of(),
                    Map.of(),
                    Map.of(),
                    NameTable.EMPTY,
                    false)))
        .isEmpty();
    return engine.inbound(
        TestHead.get("s", "/").with("x-token", token),
        new Peer("10.0.0.9", 40000, "10.0.0.1", 9080, false, null, null, null));
  }

  private String token = "t";

  @Test
  void waitsForKeysAndGoesOn() {
    Exchange x = exchange();
    Action first = x.begin();
    assertThat(first).isInstanceOf(Wait.class);
    assertThat(((Wait) first).on()).isSameAs(fetch);
    verdict = new TokenVerifier.Verified(Map.of(), Map.of("iss", "i", "sub", "ann"), "e30");
    fetch.complete("keys");

    assertThat(x.onTime()).isInstanceOf(Attempt.class);
    assertThat(x.head().metadata("envoy.filters.http.jwt_authn").toString()).contains("ann");
  }

  @Test
  void givesUpWhenTheFetchTakesTooLong() {
    Exchange x = exchange();
    Wait first = (Wait) x.begin();
    assertThat(first.untilNanos()).isEqualTo(now + Duration.ofSeconds(2).toNanos());
    now = first.untilNanos();

    assertThat(((Rejection) x.onTime()).code()).isEqualTo("SELV-5223");
  }

  @Test
  void keysThatNeverComeAreNotWaitedForTwice() {
    Exchange x = exchange();
    Wait first = (Wait) x.begin();
    fetch.complete("another's");
    verdict = new TokenVerifier.KeysPending(new CompletableFuture<>());
    now += 1;
    assertThat(((Wait) x.onTime()).untilNanos()).isEqualTo(first.untilNanos());
  }

  @Test
  void aVerifierThatThrowsLetsNobodyIn() {
    token = "bug";
    assertThat(((Rejection) exchange().begin()).httpStatus()).isEqualTo(403);
  }
}
