package io.selvage.controller.ca;

import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * Says who a caller is, by what it proved: a bearer token, or the certificate of its connection.
 * Nothing of the signing request is looked at. Thread-safe.
 */
final class Attestation {
  /**
   * A proof that holds.
   *
   * @param how for the audit
   * @param token a join token that is to be used up; null = none
   */
  record Proof(SpiffeId identity, String how, @Nullable String token) {}

  private final JoinTokens tokens;
  private final @Nullable KubernetesTokens kubernetes;
  private final @Nullable MachineCertificates machines;

  Attestation(
      JoinTokens tokens,
      @Nullable KubernetesTokens kubernetes,
      @Nullable MachineCertificates machines) {
    this.tokens = tokens;
    this.kubernetes = kubernetes;
    this.machines = machines;
  }

  /** What a caller tried, without secrets. */
  String described(@Nullable String bearer, @Nullable X509Certificate leaf) {
    if (bearer != null) {
      return isJoinToken(bearer) ? "join-token " + JoinTokens.idOf(bearer) : "kubernetes";
    }
    return leaf == null ? "nothing" : "certificate " + leaf.getSerialNumber().toString(16);
  }

  private static boolean isJoinToken(String bearer) {
    return bearer.startsWith("slv1.");
  }

  /**
   * The proof.
   *
   * @param bearer of the call; null = none
   * @param peer identity of our own that TLS proved; null = none
   * @param leaf that TLS proved possession of; null = none
   * @throws CodedException SELV-4101 to SELV-4104, SELV-4150 to SELV-4156
   */
  Proof prove(@Nullable String bearer, @Nullable SpiffeId peer, @Nullable X509Certificate leaf) {
    if (bearer != null && (isJoinToken(bearer) || kubernetes == null)) {
      return new Proof(tokens.check(bearer), described(bearer, leaf), bearer);
    }
    if (bearer != null && kubernetes != null) {
      return new Proof(kubernetes.identity(bearer), "kubernetes", null);
    }
    if (leaf != null && machines != null && machines.isMachine(leaf)) {
      return new Proof(machines.identity(leaf), "x509pop " + described(null, leaf), null);
    }
    if (peer != null) {
      return new Proof(peer, described(null, leaf), null);
    }
    throw new CodedException(
        "SELV-4104",
        "the certificate request carries neither a join token nor a client certificate. Fix: set"
            + " SELVAGE_TOKEN to the output of 'selvage token create'.");
  }

  /** Uses the proof up; of a hundred callers with one token one comes back. */
  SpiffeId use(Proof proof) {
    return proof.token() == null ? proof.identity() : tokens.redeem(proof.token());
  }
}
