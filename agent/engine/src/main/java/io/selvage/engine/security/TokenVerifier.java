package io.selvage.engine.security;

import io.selvage.engine.model.JwtProvider;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * Judges tokens. Any thread; never blocks and never throws: where keys have to be fetched first it
 * says so and is asked again.
 */
public interface TokenVerifier {
  /** Believes no token: what an engine has until it is given a real one. */
  TokenVerifier NONE =
      (provider, audiences, token) ->
          new Refused(TokenFault.NO_KEYS, "this agent has nothing that checks tokens");

  /**
   * Judges one token.
   *
   * @param audiences in place of the provider's; empty = the provider's
   */
  Verdict verify(JwtProvider provider, List<String> audiences, String token);

  /** What is thought of a token. */
  sealed interface Verdict permits Verified, Refused, KeysPending {}

  /**
   * It is good.
   *
   * @param header and payload as JSON values
   * @param payloadText the payload as it stands in the token, Base64url without padding
   */
  record Verified(Map<String, Object> header, Map<String, Object> payload, String payloadText)
      implements Verdict {}

  /**
   * It is not.
   *
   * @param detail for the log
   */
  record Refused(TokenFault fault, String detail) implements Verdict {}

  /** Keys are being fetched: ask again when this is complete. */
  record KeysPending(CompletionStage<?> until) implements Verdict {}
}
