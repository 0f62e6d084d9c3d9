package io.selvage.controller.translate;

import io.selvage.controller.resource.view.MeshConfig;
import java.util.List;

/**
 * Settings of the whole mesh (Istio's MeshConfig, the part that is used here).
 *
 * @param trustDomainAliases further trust domains whose identities count as ours in policies
 * @param rootNamespace where mesh-wide policies live
 * @param allowAny calls to unknown hosts leave the mesh unchanged; else they are refused
 * @param autoMtls mutual TLS to every endpoint that speaks it, also without a DestinationRule
 * @param meshTls between workloads of the mesh
 * @param otherTls to servers outside the mesh
 */
public record MeshSettings(
    String trustDomain,
    List<String> trustDomainAliases,
    String domain,
    String rootNamespace,
    boolean allowAny,
    boolean autoMtls,
    MeshConfig.Tls meshTls,
    MeshConfig.Tls otherTls) {

  private static final MeshConfig.Tls MODERN =
      new MeshConfig.Tls(MeshConfig.Version.TLSV1_3, List.of(), List.of());
  private static final MeshConfig.Tls COMPATIBLE =
      new MeshConfig.Tls(MeshConfig.Version.TLSV1_2, List.of(), List.of());

  /** With the standards of TLS. */
  public MeshSettings(
      String trustDomain,
      List<String> trustDomainAliases,
      String domain,
      String rootNamespace,
      boolean allowAny) {
    this(
        trustDomain, trustDomainAliases, domain, rootNamespace, allowAny, true, MODERN, COMPATIBLE);
  }

  /** Istio's defaults, but for TLS 1.3 alone inside the mesh. */
  public static MeshSettings defaults(String trustDomain) {
    return new MeshSettings(trustDomain, List.of(), "cluster.local", "istio-system", true);
  }

  /** These, with what the mesh's configuration says besides. */
  MeshSettings with(MeshConfig config) {
    return new MeshSettings(
        trustDomain,
        config.trustDomainAliases().isEmpty() ? trustDomainAliases : config.trustDomainAliases(),
        domain,
        rootNamespace,
        config.allowAny() == null ? allowAny : config.allowAny(),
        config.autoMtls() == null ? autoMtls : config.autoMtls(),
        config.meshMtls() == null ? meshTls : standard(config.meshMtls(), meshTls),
        config.tlsDefaults() == null ? otherTls : standard(config.tlsDefaults(), otherTls));
  }

  private static MeshConfig.Tls standard(MeshConfig.Tls asked, MeshConfig.Tls standard) {
    return asked.minProtocolVersion() == MeshConfig.Version.TLS_AUTO
        ? new MeshConfig.Tls(
            standard.minProtocolVersion(), asked.ecdhCurves(), asked.cipherSuites())
        : asked;
  }

  /** The full name of a Service. */
  String hostOf(String service, String namespace) {
    return service + "." + namespace + ".svc." + domain;
  }
}
