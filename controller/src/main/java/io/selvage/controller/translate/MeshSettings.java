package io.selvage.controller.translate;

import java.util.List;

/**
 * Settings of the whole mesh (Istio's MeshConfig, the part that is used here).
 *
 * @param trustDomainAliases further trust domains whose identities count as ours in policies
 * @param rootNamespace where mesh-wide policies live
 * @param allowAny calls to unknown hosts leave the mesh unchanged; else they are refused
 */
public record MeshSettings(
    String trustDomain,
    List<String> trustDomainAliases,
    String domain,
    String rootNamespace,
    boolean allowAny) {
  /** Istio's defaults. */
  public static MeshSettings defaults(String trustDomain) {
    return new MeshSettings(trustDomain, List.of(), "cluster.local", "istio-system", true);
  }

  /** The full name of a Service. */
  String hostOf(String service, String namespace) {
    return service + "." + namespace + ".svc." + domain;
  }
}
