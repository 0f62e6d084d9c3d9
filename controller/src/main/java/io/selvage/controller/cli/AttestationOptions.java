package io.selvage.controller.cli;

import io.selvage.controller.AttestationFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How workloads may prove who they are, beside join tokens. */
final class AttestationOptions {
  @Option(
      names = "--kubernetes-issuer",
      description = "Issuer of service-account tokens; wanted with --kubernetes-jwks.")
  @Nullable String issuer;

  @Option(
      names = "--kubernetes-audience",
      defaultValue = "istio-ca",
      description = "Audience that a token must be projected for; default istio-ca.")
  String audience = "istio-ca";

  @Option(
      names = "--kubernetes-jwks",
      description = "Keys of the cluster, file or https address: checks tokens offline.")
  @Nullable String jwks;

  @Option(
      names = "--kubernetes-api",
      description = "https address of the API server that reviews tokens.")
  @Nullable String api;

  @Option(
      names = "--kubernetes-ca",
      description = "Authority of the API server's certificate; default: the platform's.")
  @Nullable Path ca;

  @Option(
      names = "--kubernetes-token-file",
      description = "Our own token for the API server; read for each use.")
  @Nullable Path token;

  @Option(
      names = "--machine-ca",
      description = "Authorities of machines that may join by their certificates, PEM.")
  @Nullable Path machineCa;

  @Option(
      names = "--machine-bindings",
      description =
          "JSON list of {\"sha256\" or \"dns\", \"namespace\", \"serviceAccount\"}; read for each use.")
  @Nullable Path machineBindings;

  AttestationFiles files() {
    return new AttestationFiles(issuer, audience, jwks, api, ca, token, machineCa, machineBindings);
  }
}
