package io.selvage.controller;

import io.selvage.controller.ca.AttestationAudit;
import io.selvage.controller.ca.AttestationSettings;
import io.selvage.controller.ca.BundleFetch;
import io.selvage.controller.ca.ClusterKeys;
import io.selvage.controller.ca.CodedException;
import io.selvage.controller.ca.KubernetesTokens;
import io.selvage.controller.ca.MachineCertificates;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.TokenReview;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * Where it stands how workloads may prove who they are, beside join tokens.
 *
 * @param issuer of a cluster's service-account tokens; wanted with {@code jwks}
 * @param audience that a token must be projected for
 * @param jwks keys of the cluster, file or https address; null = tokens are not checked offline
 * @param api https address of the API server that reviews tokens; null = none does
 * @param ca authority of the API server's certificate; null = the platform's
 * @param token file with our own token for the API server; null = none
 * @param machineCa authorities of machines; null = machines are not let in
 * @param machineBindings which machine is which workload
 */
public record AttestationFiles(
    @Nullable String issuer,
    String audience,
    @Nullable String jwks,
    @Nullable String api,
    @Nullable Path ca,
    @Nullable Path token,
    @Nullable Path machineCa,
    @Nullable Path machineBindings) {
  /** Join tokens only. */
  public static final AttestationFiles NONE =
      new AttestationFiles(null, "istio-ca", null, null, null, null, null, null);

  /**
   * Reads what is named.
   *
   * @throws CodedException SELV-4159 where something is missing or cannot be read
   */
  AttestationSettings open(String trustDomain, AttestationAudit audit) {
    return new AttestationSettings(kubernetes(trustDomain), machines(trustDomain), audit);
  }

  private @Nullable KubernetesTokens kubernetes(String trustDomain) {
    if (jwks == null && api == null) {
      return null;
    }
    if (jwks != null && (issuer == null || issuer.isEmpty())) {
      throw new CodedException(
          "SELV-4159",
          "(--kubernetes-issuer) is missing. Fix: 'kubectl get --raw"
              + " /.well-known/openid-configuration' says it.");
    }
    BundleFetch fetch = new BundleFetch();
    ClusterKeys keys = null;
    if (jwks != null) {
      keys =
          jwks.startsWith("https:")
              ? ClusterKeys.fetched(source(jwks), fetch, Clock.systemUTC())
              : ClusterKeys.file(Path.of(jwks), Clock.systemUTC());
    }
    String server = api;
    return new KubernetesTokens(
        new KubernetesTokens.Settings(trustDomain, issuer == null ? "" : issuer, audience),
        keys,
        server == null ? null : new TokenReview(() -> source(server), fetch),
        Clock.systemUTC());
  }

  private BundleFetch.Source source(String url) {
    return new BundleFetch.Source(
        url, ca == null ? "" : text(ca), token == null ? "" : text(token).strip());
  }

  private @Nullable MachineCertificates machines(String trustDomain) {
    if (machineCa == null && machineBindings == null) {
      return null;
    }
    if (machineCa == null || machineBindings == null) {
      throw new CodedException(
          "SELV-4159", "--machine-ca and --machine-bindings belong together. Fix: give both.");
    }
    return new MachineCertificates(
        Pem.certificates(text(machineCa)), machineBindings, trustDomain, Clock.systemUTC());
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CodedException(
          "SELV-4159", file + " cannot be read; " + e + ". Fix: give a readable file.", e);
    }
  }
}
