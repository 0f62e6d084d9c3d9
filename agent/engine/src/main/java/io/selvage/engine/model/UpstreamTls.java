package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards endpoints (Envoy {@code UpstreamTlsContext}).
 *
 * @param meshIdentity the workload's own certificate is presented and the mesh's trust bundle
 *     verifies (secrets {@code default}, {@code ROOTCA})
 * @param peers what the peer's SPIFFE id or name must match; empty = any identity of the trusted
 *     domains
 * @param caPem trust anchors when not the mesh's; null = the mesh's bundle, or the platform's when
 *     {@code meshIdentity} is false
 * @param crlPem revoked certificates; every certificate of the chain then needs a list of its
 *     issuer (Envoy {@code CertificateValidationContext.crl}); null = nobody asks
 * @param certificatePem with {@code keyPem}: another certificate than the mesh's
 * @param settings versions, suites and key exchanges that may be used
 */
public record UpstreamTls(
    boolean meshIdentity,
    @Nullable String sni,
    List<StringMatch> peers,
    List<String> alpn,
    @Nullable String caPem,
    @Nullable String certificatePem,
    @Nullable String keyPem,
    boolean insecureSkipVerify,
    @Nullable String crlPem,
    TlsSettings settings) {

  /** Without a list of revoked certificates, at today's versions. */
  public UpstreamTls(
      boolean meshIdentity,
      @Nullable String sni,
      List<StringMatch> peers,
      List<String> alpn,
      @Nullable String caPem,
      @Nullable String certificatePem,
      @Nullable String keyPem,
      boolean insecureSkipVerify) {
    this(
        meshIdentity,
        sni,
        peers,
        alpn,
        caPem,
        certificatePem,
        keyPem,
        insecureSkipVerify,
        null,
        meshIdentity ? TlsSettings.MODERN : TlsSettings.COMPATIBLE);
  }

  public UpstreamTls {
    peers = List.copyOf(peers);
    alpn = List.copyOf(alpn);
  }

  @Override
  public String toString() {
    return "UpstreamTls[mesh="
        + meshIdentity
        + ", sni="
        + sni
        + ", peers="
        + peers
        + ", alpn="
        + alpn
        + "]";
  }
}
