package io.selvage.identity.token;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Gets the text of a JWK set; off the caller's thread. */
@FunctionalInterface
public interface KeyFetch {
  /**
   * @param timeout of all of it
   * @return the text; completes exceptionally with an {@link java.io.IOException} that says why not
   */
  CompletionStage<String> fetch(String uri, Duration timeout);

  /**
   * Follows an issuer's OpenID configuration to its keys (OpenID Connect Discovery 1.0 §4), when
   * that is what is at the address.
   */
  static KeyFetch discovering(KeyFetch plain) {
    return (uri, timeout) ->
        uri.endsWith("/.well-known/openid-configuration")
            ? plain
                .fetch(uri, timeout)
                .thenCompose(text -> plain.fetch(Discovery.keysUri(uri, text), timeout))
            : plain.fetch(uri, timeout);
  }
}
