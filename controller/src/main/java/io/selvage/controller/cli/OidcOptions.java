package io.selvage.controller.cli;

import io.selvage.controller.access.OidcSettings;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Sign-in by an identity provider; names as of {@code kube-apiserver}. */
final class OidcOptions {
  @Option(
      names = "--oidc-issuer-url",
      description = "OpenID Connect provider whose ID tokens are taken; https.")
  @Nullable String issuer;

  @Option(names = "--oidc-client-id", description = "Audience that the tokens must be for.")
  String clientId = "";

  @Option(
      names = "--oidc-username-claim",
      defaultValue = "sub",
      description = "Claim with the user's name.")
  String usernameClaim = "sub";

  @Option(
      names = "--oidc-groups-claim",
      defaultValue = "groups",
      description = "Claim with the user's groups.")
  String groupsClaim = "groups";

  @Option(names = "--oidc-ca-file", description = "The provider's authority in PEM.")
  @Nullable Path caFile;

  @Option(
      names = "--role-bindings",
      description = "JSON list of {user or group, role, namespaces}; needed with an issuer.")
  @Nullable Path bindings;

  /** What was chosen; null = no provider. */
  @Nullable OidcSettings settings() {
    if (issuer == null) {
      return null;
    }
    if (bindings == null) {
      throw new CliException(
          "SELV-8086",
          "(--role-bindings) is needed with --oidc-issuer-url. Fix: name a JSON file with a list of"
              + " {user or group, role, namespaces}.");
    }
    try {
      return new OidcSettings(
          URI.create(issuer), clientId, usernameClaim, groupsClaim, caFile, bindings);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          "SELV-8087", "(--oidc-issuer-url, --oidc-client-id) " + e.getMessage(), e);
    }
  }
}
