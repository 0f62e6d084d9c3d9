package io.selvage.controller.ca;

import org.jspecify.annotations.Nullable;

/**
 * Ways into the mesh beside join tokens.
 *
 * @param kubernetes service-account tokens; null = not taken
 * @param machines certificates of machines; null = not taken
 * @param audit where attempts are written down
 */
public record AttestationSettings(
    @Nullable KubernetesTokens kubernetes,
    @Nullable MachineCertificates machines,
    AttestationAudit audit) {
  /** Join tokens and our own certificates only; nothing is written down. */
  public static final AttestationSettings TOKENS_ONLY =
      new AttestationSettings(null, null, AttestationAudit.NONE);

  /** The same, written down elsewhere. */
  public AttestationSettings with(AttestationAudit other) {
    return new AttestationSettings(kubernetes, machines, other);
  }
}
