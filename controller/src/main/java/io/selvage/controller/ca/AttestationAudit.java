package io.selvage.controller.ca;

/** Where every admission to the mesh and every refusal is written down. Any thread. */
@FunctionalInterface
public interface AttestationAudit {
  /** Keeps nothing. */
  AttestationAudit NONE = row -> {};

  /**
   * One attempt.
   *
   * @param caller address of the peer
   * @param identity that was proven; {@code -} where none was
   * @param how {@code join-token ID}, {@code kubernetes}, {@code x509pop}, never a secret
   * @param code of the refusal; empty where it was let in
   * @param request SHA-256 of the signing request
   * @param result SHA-256 of the certificate; empty where there is none
   */
  record Row(
      String caller, String identity, String how, String code, String request, String result) {}

  /** Writes one down. */
  void append(Row row);
}
