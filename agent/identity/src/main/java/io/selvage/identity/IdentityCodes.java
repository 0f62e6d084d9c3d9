package io.selvage.identity;

/** Stable codes of identity and TLS messages ({@code SELV-4xxx}). */
public final class IdentityCodes {
  /** The workload has no certificate yet. */
  public static final String NO_IDENTITY = "SELV-4001";

  /** The workload's own certificate is no longer valid. */
  public static final String OWN_EXPIRED = "SELV-4002";

  /** The peer's chain does not end in a trusted root. */
  public static final String UNTRUSTED = "SELV-4003";

  /** The peer's certificate does not carry exactly one SPIFFE id. */
  public static final String NOT_SPIFFE = "SELV-4004";

  /** The peer belongs to a trust domain that is not trusted. */
  public static final String TRUST_DOMAIN = "SELV-4005";

  /** The peer is somebody else than expected. */
  public static final String UNEXPECTED_PEER = "SELV-4006";

  /** The peer's certificate may not be used for this. */
  public static final String WRONG_USAGE = "SELV-4007";

  /** A certificate is outside its validity by more than the tolerated skew. */
  public static final String CLOCK = "SELV-4008";

  /** A PEM text or key cannot be read. */
  public static final String UNREADABLE = "SELV-4009";

  /** The peer, its certificate or one of its authorities was revoked. */
  public static final String REVOKED = "SELV-4040";

  private IdentityCodes() {}
}
