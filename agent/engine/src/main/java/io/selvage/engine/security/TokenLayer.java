package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.model.JwtRequirement;
import io.selvage.engine.snapshot.CompiledTokens;
import io.selvage.engine.snapshot.MeshFacts;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks tokens of end users and publishes their claims for authorization: without a token a
 * request may pass where that is allowed, with a bad one it is refused with {@code 401}. Fails
 * closed; waits while keys are being fetched for the first time. Source: Envoy {@code jwt_authn}.
 */
public final class TokenLayer extends Layer {
  private static final int MOST_OF_PATH = 256;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
  private final TokenVerifier verifier;
  private final Randomness random;

  public TokenLayer(TokenVerifier verifier, Randomness random) {
    this.verifier = verifier;
    this.random = random;
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    CompiledTokens tokens = facts.compiledChain == null ? null : facts.compiledChain.tokens();
    if (tokens == null) {
      return PASS;
    }
    RequestHead head = x.head();
    for (String own : tokens.ownHeaders()) {
      if (head.header(own) != null) {
        head.removeHeader(own);
      }
    }
    if (tokens.config().bypassCorsPreflight() && isPreflight(head)) {
      return PASS;
    }
    JwtRequirement needed = tokens.of(head, random);
    if (needed == null) {
      return PASS;
    }
    boolean patient = !x.resumed() || x.now() < facts.keysUntilNanos;
    TokenTrial trial = new TokenTrial(head, tokens.config(), verifier, patient);
    TokenTrial.Result result = trial.judge(needed);
    if (result instanceof TokenTrial.Pending pending) {
      return awaited(x, facts, pending);
    }
    if (result instanceof TokenTrial.Failed failed) {
      return refused(facts, head, failed, tokens.config().stripFailureResponse());
    }
    trial.good().forEach(good -> TokenEffects.apply(head, good));
    facts.user = trial.user();
    return PASS;
  }

  private static Wait awaited(Exchange x, MeshFacts facts, TokenTrial.Pending pending) {
    if (!x.resumed()) {
      Duration most =
          pending.provider().keys() instanceof JwtProvider.RemoteKeys remote
                  && remote.timeout().compareTo(LONGEST_WAIT) < 0
              ? remote.timeout()
              : LONGEST_WAIT;
      facts.keysUntilNanos = x.now() + most.toNanos();
    }
    return new Wait(facts.keysUntilNanos, pending.on().until());
  }

  private static boolean isPreflight(RequestHead head) {
    return head.method().equals("OPTIONS")
        && notEmpty(head.header("origin"))
        && notEmpty(head.header("access-control-request-method"));
  }

  private static boolean notEmpty(@Nullable String value) {
    return value != null && !value.isEmpty();
  }

  private static Rejection refused(
      MeshFacts facts, RequestHead head, TokenTrial.Failed failed, boolean strip) {
    TokenFault fault = failed.fault();
    int grpc = fault.status() == 401 ? 16 : 7;
    Rejection rejection =
        Rejection.of(
            fault.status(),
            grpc,
            "-",
            fault.code(),
            strip ? "" : fault.text(),
            "token refused: " + failed.detail());
    return strip
        ? rejection
        : rejection.with(Map.of("www-authenticate", challenge(facts, head, fault)));
  }

  private static String challenge(MeshFacts facts, RequestHead head, TokenFault fault) {
    boolean tls = facts.peer != null && facts.peer.tls();
    String path = head.path();
    String shown = path.length() > MOST_OF_PATH ? path.substring(0, MOST_OF_PATH) : path;
    String realm = (tls ? "https://" : "http://") + head.authority() + shown;
    return "Bearer realm=\""
        + realm.replace("\\", "%5C").replace("\"", "%22")
        + "\""
        + (fault == TokenFault.MISSING ? "" : ", error=\"invalid_token\"");
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
