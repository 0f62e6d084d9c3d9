package io.selvage.controller.resource.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.selvage.controller.resource.Checked;
import io.selvage.controller.resource.Resource;
import io.selvage.controller.resource.Violation;
import io.selvage.controller.resource.Violation.Cause;
import io.selvage.controller.resource.ViolationCode;
import io.selvage.controller.resource.YamlDocuments;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Istio's MeshConfig: the YAML text under {@code data.mesh} of the ConfigMap {@code istio} in the
 * root namespace.
 *
 * @param autoMtls null = not said
 * @param allowAny whether unknown hosts may be called; null = not said
 * @param meshMtls TLS between workloads of the mesh; null = not said
 * @param tlsDefaults TLS to everybody else; null = not said
 * @param unread fields that are written and have no effect here, by their paths
 */
public record MeshConfig(
    Resource source,
    @Nullable Boolean autoMtls,
    @Nullable Boolean allowAny,
    List<String> trustDomainAliases,
    @Nullable Tls meshMtls,
    @Nullable Tls tlsDefaults,
    List<String> unread) {

  /** Name of the ConfigMap. */
  public static final String NAME = "istio";

  private static final String FIELD = "data.mesh";
  private static final Set<String> READ =
      Set.of(
          "enableAutoMtls",
          "outboundTrafficPolicy",
          "trustDomainAliases",
          "meshMTLS",
          "tlsDefaults");
  private static final Set<String> TLS_FIELDS =
      Set.of("minProtocolVersion", "ecdhCurves", "cipherSuites");
  private static final Set<String> CURVES =
      Set.of("X25519", "P-256", "P-384", "P-521", "X25519MLKEM768");
  private static final Set<String> SUITES =
      Set.of(
          "ECDHE-ECDSA-AES128-GCM-SHA256",
          "ECDHE-RSA-AES128-GCM-SHA256",
          "ECDHE-ECDSA-AES256-GCM-SHA384",
          "ECDHE-RSA-AES256-GCM-SHA384",
          "ECDHE-ECDSA-CHACHA20-POLY1305",
          "ECDHE-RSA-CHACHA20-POLY1305");

  public MeshConfig {
    trustDomainAliases = List.copyOf(trustDomainAliases);
    unread = List.copyOf(unread);
  }

  /**
   * Istio's {@code MeshConfig.TLSConfig}.
   *
   * @param ecdhCurves as Envoy names them, in order of preference; empty = not said
   * @param cipherSuites of TLS 1.2 as BoringSSL names them, in order of preference; empty = not
   *     said
   */
  public record Tls(
      Version minProtocolVersion, List<String> ecdhCurves, List<String> cipherSuites) {
    public Tls {
      ecdhCurves = List.copyOf(ecdhCurves);
      cipherSuites = List.copyOf(cipherSuites);
    }
  }

  /** The lowest version; {@link #TLS_AUTO} is the standard of the side in question. */
  public enum Version {
    TLS_AUTO,
    TLSV1_2,
    TLSV1_3
  }

  /** Whether a ConfigMap is the mesh's configuration. */
  public static boolean is(Resource configMap, String rootNamespace) {
    return configMap.name().equals(NAME)
        && configMap.namespace().equals(rootNamespace)
        && configMap.json().path("data").path("mesh").isTextual();
  }

  /** Reads the text. */
  public static Checked<MeshConfig> parse(Resource configMap) {
    List<Violation> violations = new ArrayList<>();
    ObjectNode document = document(configMap, violations);
    if (document == null) {
      return Checked.of(empty(configMap), violations);
    }
    Fields f = new Fields(document, FIELD, violations);
    List<String> unread = new ArrayList<>();
    document
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!READ.contains(name)) {
                unread.add(FIELD + "." + name);
              }
            });
    MeshConfig value =
        new MeshConfig(
            configMap,
            f.flagOrNull("enableAutoMtls"),
            f.message(
                "outboundTrafficPolicy",
                o -> o.oneOf("mode", Outbound.class, Outbound.ALLOW_ANY) == Outbound.ALLOW_ANY),
            f.texts("trustDomainAliases"),
            f.message("meshMTLS", MeshConfig::tls),
            f.message("tlsDefaults", MeshConfig::tls),
            unread);
    return Checked.of(value, violations);
  }

  private enum Outbound {
    ALLOW_ANY,
    REGISTRY_ONLY
  }

  private static MeshConfig empty(Resource source) {
    return new MeshConfig(source, null, null, List.of(), null, null, List.of());
  }

  private static @Nullable ObjectNode document(Resource configMap, List<Violation> violations) {
    String text = configMap.json().path("data").path("mesh").asText("");
    try {
      List<JsonNode> documents = YamlDocuments.parse(text);
      if (documents.size() == 1 && documents.get(0) instanceof ObjectNode object) {
        return object;
      }
      if (!documents.isEmpty()) {
        violations.add(
            new Violation(ViolationCode.TYPE.code(), FIELD, Cause.INVALID, "must be one mapping"));
      }
    } catch (YamlDocuments.MalformedException malformed) {
      violations.add(
          new Violation(
              ViolationCode.TYPE.code(),
              FIELD,
              Cause.INVALID,
              "is no YAML: " + malformed.getMessage()));
    }
    return null;
  }

  private static Tls tls(Fields f) {
    // what is meant to protect must not be left out in silence
    f.node()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!TLS_FIELDS.contains(name)) {
                f.add(name, Cause.FORBIDDEN, "unknown field");
              }
            });
    if (f.texts("ecdhCurves").equals(List.of("X25519MLKEM768"))) {
      f.add(
          "ecdhCurves",
          Cause.INVALID,
          "X25519MLKEM768 needs another curve beside it, not every peer has it");
    }
    return new Tls(
        f.oneOf("minProtocolVersion", Version.class, Version.TLS_AUTO),
        known(f, "ecdhCurves", CURVES),
        known(f, "cipherSuites", SUITES));
  }

  private static List<String> known(Fields f, String name, Set<String> names) {
    List<String> written = f.texts(name);
    for (int i = 0; i < written.size(); i++) {
      if (!names.contains(written.get(i))) {
        f.add(
            name + "[" + i + "]",
            Cause.NOT_SUPPORTED,
            "\""
                + written.get(i)
                + "\": supported values: "
                + String.join(", ", names.stream().sorted().toList()));
      }
    }
    return written;
  }
}
