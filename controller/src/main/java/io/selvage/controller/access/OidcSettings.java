package io.selvage.controller.access;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How people sign in with OpenID Connect; options as of {@code kube-apiserver}.
 *
 * @param issuer exactly as in the tokens; https
 * @param clientId that tokens must be made for
 * @param usernameClaim the user's name, such as {@code sub} or {@code email}
 * @param groupsClaim text or list of texts
 * @param caFile PEM of the issuer's authority; null = the platform's
 * @param bindings who of them has which role
 */
public record OidcSettings(
    URI issuer,
    String clientId,
    String usernameClaim,
    String groupsClaim,
    @Nullable Path caFile,
    Path bindings) {

  /**
   * Checks the issuer.
   *
   * @throws IllegalArgumentException if it is not https, or has a query, a fragment or a user
   */
  public OidcSettings {
    boolean good =
        "https".equals(issuer.getScheme())
            && issuer.getHost() != null
            && issuer.getQuery() == null
            && issuer.getFragment() == null
            && issuer.getUserInfo() == null;
    if (!good) {
      throw new IllegalArgumentException(
          "the issuer must be an https URL without query, fragment and user; found " + issuer);
    }
    if (clientId.isBlank()) {
      throw new IllegalArgumentException("the client id must be given with an issuer");
    }
  }
}
