package io.selvage.identity.token;

import java.util.Map;
import java.util.concurrent.CompletionException;

/** An issuer's OpenID configuration. */
final class Discovery {
  private static final String PATH = "/.well-known/openid-configuration";

  private Discovery() {}

  /** Where its keys are; throws {@link CompletionException} when it does not say so. */
  static String keysUri(String uri, String text) {
    try {
      Map<String, Object> document = StrictJson.object(text);
      String issuer = StrictJson.text(document, "issuer");
      String keys = StrictJson.text(document, "jwks_uri");
      String wanted = uri.substring(0, uri.length() - PATH.length());
      if (issuer == null || !issuer.replaceAll("/+$", "").equals(wanted)) {
        throw new StrictJson.Malformed("is another issuer's");
      }
      if (keys == null) {
        throw new StrictJson.Malformed("has no jwks_uri");
      }
      return keys;
    } catch (StrictJson.Malformed wrong) {
      throw new CompletionException(
          new java.io.IOException("the OpenID configuration " + wrong.getMessage()));
    }
  }
}
