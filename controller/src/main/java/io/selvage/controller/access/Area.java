package io.selvage.controller.access;

import io.selvage.controller.resource.Kind;
import io.selvage.controller.resource.Kinds;

/** What a right is about; a {@link Role} holds rights by area. */
public enum Area {
  /** Traffic configuration and everything without an area of its own. */
  CONFIGURATION,
  /** Kinds that decide who may call whom, and settings of the whole mesh. */
  SECURITY_POLICY,
  /** Private keys. */
  SECRETS,
  /** Join tokens: who may become a workload. */
  JOIN_TOKENS,
  /** The authority: revocation, rotation, federation. */
  TRUST,
  /** What agents report, and how calls go. */
  MESH;

  /** Namespace of the mesh's own settings. */
  public static final String ROOT_NAMESPACE = "istio-system";

  /** The area of an object. */
  public static Area of(Kind kind, String namespace) {
    if (kind.group().isEmpty() && kind.plural().equals("secrets")) {
      return SECRETS;
    }
    boolean settings = kind == Kinds.CONFIG_MAP && namespace.equals(ROOT_NAMESPACE);
    return kind.security() || settings ? SECURITY_POLICY : CONFIGURATION;
  }
}
