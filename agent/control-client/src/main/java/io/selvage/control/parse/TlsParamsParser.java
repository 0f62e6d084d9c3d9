package io.selvage.control.parse;

import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.selvage.engine.model.TlsSettings;
import io.selvage.engine.model.TlsSettings.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Versions, suites and curves (Envoy {@code TlsParameters}). What is weaker than this agent ever
 * speaks is left out as long as something stays; names that nobody knows refuse the resource.
 */
final class TlsParamsParser {
  /** BoringSSL's names of what is forward secret and authenticated. */
  private static final Map<String, String> STRONG =
      Map.ofEntries(
          Map.entry("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
          Map.entry("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
          Map.entry("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
          Map.entry("ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
          Map.entry(
              "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
          Map.entry("ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"));

  /** What BoringSSL knows besides: no forward secrecy, or CBC. Never spoken here. */
  private static final List<String> WEAK =
      List.of(
          "ECDHE-ECDSA-AES128-SHA",
          "ECDHE-ECDSA-AES128-SHA256",
          "ECDHE-RSA-AES128-SHA",
          "ECDHE-RSA-AES128-SHA256",
          "ECDHE-ECDSA-AES256-SHA",
          "ECDHE-ECDSA-AES256-SHA384",
          "ECDHE-RSA-AES256-SHA",
          "ECDHE-RSA-AES256-SHA384",
          "ECDHE-PSK-CHACHA20-POLY1305",
          "ECDHE-PSK-AES128-CBC-SHA",
          "ECDHE-PSK-AES256-CBC-SHA",
          "AES128-GCM-SHA256",
          "AES256-GCM-SHA384",
          "AES128-SHA",
          "AES128-SHA256",
          "AES256-SHA",
          "AES256-SHA256",
          "PSK-AES128-CBC-SHA",
          "PSK-AES256-CBC-SHA",
          "DES-CBC3-SHA");

  private static final Map<String, String> CURVES =
      Map.of(
          "X25519",
          "x25519",
          "P-256",
          "secp256r1",
          "P-384",
          "secp384r1",
          "P-521",
          "secp521r1",
          TlsSettings.HYBRID_GROUP,
          TlsSettings.HYBRID_GROUP);

  private TlsParamsParser() {}

  static TlsSettings parse(TlsParameters params, Field f) {
    f.nothingUnknown(params);
    f.forbidden(params.getSignatureAlgorithmsCount() > 0, "signature_algorithms");
    f.forbidden(params.getCompliancePoliciesCount() > 0, "compliance_policies");
    Version minimum =
        version(
            params.getTlsMinimumProtocolVersion(),
            Version.TLS_1_2,
            true,
            f.at("tls_minimum_protocol_version"));
    Version maximum =
        version(
            params.getTlsMaximumProtocolVersion(),
            Version.TLS_1_3,
            false,
            f.at("tls_maximum_protocol_version"));
    if (minimum.compareTo(maximum) > 0) {
      f.at("tls_maximum_protocol_version").refuse("is below the minimum, " + minimum.jsse());
      maximum = minimum;
    }
    return new TlsSettings(minimum, maximum, suites(params, f), curves(params, f));
  }

  private static Version version(TlsProtocol asked, Version standard, boolean lower, Field f) {
    return switch (asked) {
      case TLS_AUTO -> standard;
      case TLSv1_2 -> Version.TLS_1_2;
      case TLSv1_3 -> Version.TLS_1_3;
      case TLSv1_0, TLSv1_1 -> {
        if (lower) {
          f.warn("raised to TLSv1_2, below which nothing is spoken");
        } else {
          f.refuse("below TLSv1_2 nothing is spoken");
        }
        yield Version.TLS_1_2;
      }
      default -> {
        f.refuse("unknown version");
        yield Version.TLS_1_3;
      }
    };
  }

  private static List<String> suites(TlsParameters params, Field f) {
    List<String> suites = new ArrayList<>();
    for (int i = 0; i < params.getCipherSuitesCount(); i++) {
      Field at = f.at("cipher_suites", i);
      // Envoy: [A|B] are of equal preference
      for (String name : params.getCipherSuites(i).replaceAll("^\\[(.*)]$", "$1").split("\\|")) {
        String jsse = suite(name);
        if (jsse != null) {
          suites.add(jsse);
        } else if (WEAK.contains(name)) {
          at.warn(name + " is never spoken, left out");
        } else {
          at.refuse("unknown suite '" + name + "'");
        }
      }
    }
    if (params.getCipherSuitesCount() > 0
        && suites.isEmpty()
        && params.getTlsMinimumProtocolVersion() != TlsProtocol.TLSv1_3) {
      f.at("cipher_suites").refuse("none of them is forward secret and authenticated");
    }
    return suites;
  }

  private static @Nullable String suite(String name) {
    return STRONG.containsValue(name) ? name : STRONG.get(name);
  }

  private static List<String> curves(TlsParameters params, Field f) {
    List<String> curves = new ArrayList<>();
    for (int i = 0; i < params.getEcdhCurvesCount(); i++) {
      String curve = CURVES.get(params.getEcdhCurves(i));
      if (curve == null) {
        f.at("ecdh_curves", i).refuse("unknown curve '" + params.getEcdhCurves(i) + "'");
      } else {
        curves.add(curve);
      }
    }
    return curves;
  }
}
