package io.selvage.control.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.selvage.engine.model.FilterChain.DownstreamTls;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.model.UpstreamTls;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS of both directions. What is not understood refuses the resource: it is never plaintext
 * instead.
 */
final class TlsParser {
  private static final String UPSTREAM =
      "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  private static final String DOWNSTREAM =
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
  private static final String RAW = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
  private static final String OWN = "default";
  private static final String ROOTS = "ROOTCA";
  private static final int MAX_FILE_BYTES = 1 << 20;
  private static final List<String> PLATFORM_ANCHORS =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/cert.pem");

  private TlsParser() {}

  /** Whether the socket is plaintext in so many words. */
  static boolean isRaw(TransportSocket socket) {
    return Field.typeOf(socket.getTypedConfig()).equals(RAW)
        || socket.getName().equals("envoy.transport_sockets.raw_buffer")
            && !socket.hasTypedConfig();
  }

  static @Nullable UpstreamTls upstream(TransportSocket socket, Field f) {
    Any any = socket.getTypedConfig();
    UpstreamTlsContext context =
        f.at("typed_config").unpack(any, UPSTREAM, UpstreamTlsContext.parser());
    if (context == null) {
      return null;
    }
    Field at = f.at("typed_config");
    at.nothingUnknown(context);
    CommonTlsContext common = context.getCommonTlsContext();
    Field in = at.at("common_tls_context");
    at.forbidden(context.getAllowRenegotiation(), "allow_renegotiation");
    at.forbidden(context.getAutoHostSni(), "auto_host_sni");
    at.forbidden(context.getAutoSniSanValidation(), "auto_sni_san_validation");
    checkCommon(common, in);
    boolean own = ownCertificate(common, in);
    CertificateValidationContext validation = validation(common, in);
    boolean mesh = own || isMeshRoots(common, in);
    String ca = null;
    boolean skip = false;
    if (!mesh && validation.hasTrustedCa()) {
      ca = pem(validation.getTrustedCa(), in.at("validation_context.trusted_ca"), true);
    } else if (mesh && validation.hasTrustedCa()) {
      in.at("validation_context.trusted_ca").refuse("anchors beside the mesh's are not supported");
    } else if (!mesh && !validation.hasSystemRootCerts()) {
      // Envoy: no anchors, no verification
      skip = true;
    }
    skip |=
        validation.getTrustChainVerification()
            == CertificateValidationContext.TrustChainVerification.ACCEPT_UNTRUSTED;
    if (mesh && skip) {
      in.refuse("mesh identities are always verified");
    }
    String certificate = null;
    String key = null;
    if (common.getTlsCertificatesCount() > 0) {
      Field c = in.at("tls_certificates", 0);
      certificate =
          pem(common.getTlsCertificates(0).getCertificateChain(), c.at("certificate_chain"), false);
      key = pem(common.getTlsCertificates(0).getPrivateKey(), c.at("private_key"), false);
    }
    return new UpstreamTls(
        mesh,
        context.getSni().isEmpty() ? null : context.getSni(),
        peers(validation, in),
        common.getAlpnProtocolsList(),
        ca,
        certificate,
        key,
        skip,
        crl(validation, mesh, in),
        TlsParamsParser.parse(common.getTlsParams(), in.at("tls_params")));
  }

  private static @Nullable String crl(CertificateValidationContext context, boolean mesh, Field f) {
    if (!context.hasCrl()) {
      return null;
    }
    Field at = f.at("validation_context.crl");
    if (mesh || !context.hasTrustedCa()) {
      at.refuse("a list of revoked certificates needs anchors of its own beside it");
      return null;
    }
    at.forbidden(context.getOnlyVerifyLeafCertCrl(), "only_verify_leaf_cert_crl");
    return pem(context.getCrl(), at, false);
  }

  static @Nullable DownstreamTls downstream(TransportSocket socket, Field f) {
    DownstreamTlsContext context =
        f.at("typed_config")
            .unpack(socket.getTypedConfig(), DOWNSTREAM, DownstreamTlsContext.parser());
    if (context == null) {
      return null;
    }
    Field at = f.at("typed_config");
    at.nothingUnknown(context);
    CommonTlsContext common = context.getCommonTlsContext();
    Field in = at.at("common_tls_context");
    checkCommon(common, in);
    in.forbidden(common.getTlsCertificatesCount() > 0, "tls_certificates");
    checkSessions(context, at);
    if (!ownCertificate(common, in)) {
      in.refuse("only the workload's own certificate is supported on its ports");
    }
    boolean required =
        Values.flag(
            context.hasRequireClientCertificate(), context.getRequireClientCertificate(), false);
    CertificateValidationContext validation = validation(common, in);
    in.forbidden(validation.hasTrustedCa(), "validation_context.trusted_ca");
    in.forbidden(validation.hasCrl(), "validation_context.crl");
    if (required && !isMeshRoots(common, in)) {
      in.refuse("client certificates are verified by the mesh's roots alone");
    }
    return new DownstreamTls(
        required,
        peers(validation, in),
        common.getAlpnProtocolsList(),
        TlsParamsParser.parse(common.getTlsParams(), in.at("tls_params")));
  }

  /** How sessions resume is the agent's own to say: never longer than the trust of today. */
  private static void checkSessions(DownstreamTlsContext context, Field f) {
    f.forbidden(
        context.getSessionTicketKeysTypeCase()
                == DownstreamTlsContext.SessionTicketKeysTypeCase.SESSION_TICKET_KEYS
            || context.getSessionTicketKeysTypeCase()
                == DownstreamTlsContext.SessionTicketKeysTypeCase
                    .SESSION_TICKET_KEYS_SDS_SECRET_CONFIG,
        "session_ticket_keys");
    f.forbidden(
        context.getDisableStatelessSessionResumption(), "disable_stateless_session_resumption");
    f.forbidden(
        context.getDisableStatefulSessionResumption(), "disable_stateful_session_resumption");
    f.forbidden(context.hasSessionTimeout(), "session_timeout");
    f.forbidden(context.getRequireSni().getValue(), "require_sni");
    f.forbidden(
        context.getOcspStaplePolicy() != DownstreamTlsContext.OcspStaplePolicy.LENIENT_STAPLING,
        "ocsp_staple_policy");
    f.forbidden(context.getPreferClientCiphers(), "prefer_client_ciphers");
  }

  private static void checkCommon(CommonTlsContext common, Field f) {
    f.nothingUnknown(common);
    f.forbidden(common.hasCustomHandshaker(), "custom_handshaker");
    f.forbidden(common.getTlsCertificatesCount() > 1, "tls_certificates[1]");
    f.forbidden(
        common.getTlsCertificateSdsSecretConfigsCount() > 1,
        "tls_certificate_sds_secret_configs[1]");
    f.forbidden(common.hasCustomTlsCertificateSelector(), "custom_tls_certificate_selector");
    f.forbidden(common.hasKeyLog(), "key_log");
  }

  private static boolean ownCertificate(CommonTlsContext common, Field f) {
    if (common.hasTlsCertificateProviderInstance()) {
      return isName(
          common.getTlsCertificateProviderInstance().getInstanceName(),
          OWN,
          f.at("tls_certificate_provider_instance"));
    }
    if (common.getTlsCertificateSdsSecretConfigsCount() > 0) {
      return isName(
          common.getTlsCertificateSdsSecretConfigs(0).getName(),
          OWN,
          f.at("tls_certificate_sds_secret_configs", 0));
    }
    return false;
  }

  private static boolean isName(String name, String expected, Field f) {
    if (name.equals(expected)) {
      return true;
    }
    f.refuse("secret '" + name + "' is not known here; only '" + expected + "' is");
    return false;
  }

  private static boolean isMeshRoots(CommonTlsContext common, Field f) {
    return switch (common.getValidationContextTypeCase()) {
      case VALIDATION_CONTEXT_SDS_SECRET_CONFIG ->
          isName(
              common.getValidationContextSdsSecretConfig().getName(),
              ROOTS,
              f.at("validation_context_sds_secret_config"));
      case COMBINED_VALIDATION_CONTEXT ->
          isName(
              common.getCombinedValidationContext().getValidationContextSdsSecretConfig().getName(),
              ROOTS,
              f.at("combined_validation_context.validation_context_sds_secret_config"));
      case VALIDATION_CONTEXT ->
          common.getValidationContext().hasCaCertificateProviderInstance()
              && isName(
                  common
                      .getValidationContext()
                      .getCaCertificateProviderInstance()
                      .getInstanceName(),
                  ROOTS,
                  f.at("validation_context.ca_certificate_provider_instance"));
      default -> false;
    };
  }

  private static CertificateValidationContext validation(CommonTlsContext common, Field f) {
    CertificateValidationContext context =
        switch (common.getValidationContextTypeCase()) {
          case VALIDATION_CONTEXT -> common.getValidationContext();
          case COMBINED_VALIDATION_CONTEXT ->
              common.getCombinedValidationContext().getDefaultValidationContext();
          case VALIDATION_CONTEXT_SDS_SECRET_CONFIG, VALIDATIONCONTEXTTYPE_NOT_SET ->
              CertificateValidationContext.getDefaultInstance();
          default -> {
            f.refuse("validation not supported: " + common.getValidationContextTypeCase());
            yield CertificateValidationContext.getDefaultInstance();
          }
        };
    Field at = f.at("validation_context");
    at.nothingUnknown(context);
    at.forbidden(context.getVerifyCertificateSpkiCount() > 0, "verify_certificate_spki");
    at.forbidden(context.getVerifyCertificateHashCount() > 0, "verify_certificate_hash");
    at.forbidden(context.hasCustomValidatorConfig(), "custom_validator_config");
    at.forbidden(context.hasWatchedDirectory(), "watched_directory");
    at.forbidden(context.getAllowExpiredCertificate(), "allow_expired_certificate");
    at.forbidden(
        context.getRequireSignedCertificateTimestamp().getValue(),
        "require_signed_certificate_timestamp");
    at.forbidden(context.hasMaxVerifyDepth(), "max_verify_depth");
    return context;
  }

  @SuppressWarnings("deprecation") // the untyped matchers are what istiod sends
  private static List<StringMatch> peers(CertificateValidationContext context, Field f) {
    List<StringMatch> peers =
        new ArrayList<>(
            Matchers.strings(context.getMatchSubjectAltNamesList(), f, "match_subject_alt_names"));
    for (int i = 0; i < context.getMatchTypedSubjectAltNamesCount(); i++) {
      SubjectAltNameMatcher m = context.getMatchTypedSubjectAltNames(i);
      Field at = f.at("match_typed_subject_alt_names", i);
      at.nothingUnknown(m);
      if (m.getSanType() != SubjectAltNameMatcher.SanType.URI
          && m.getSanType() != SubjectAltNameMatcher.SanType.DNS) {
        at.at("san_type").refuse("not supported: " + m.getSanType());
      }
      peers.add(Matchers.string(m.getMatcher(), at.at("matcher")));
    }
    return peers;
  }

  /** Text of a file or of the resource; null for the platform's own anchors. */
  private static @Nullable String pem(DataSource source, Field f, boolean anchors) {
    if (source.getSpecifierCase() != DataSource.SpecifierCase.FILENAME) {
      return Values.inline(source, f);
    }
    String name = source.getFilename();
    if (anchors && PLATFORM_ANCHORS.contains(name)) {
      return null;
    }
    try (RandomAccessFile in = new RandomAccessFile(name, "r")) {
      byte[] bytes = new byte[(int) Math.min(in.length(), MAX_FILE_BYTES)];
      in.readFully(bytes);
      return new String(bytes, StandardCharsets.US_ASCII);
    } catch (IOException unreadable) {
      f.refuse("cannot be read here: " + unreadable.getMessage());
      return null;
    }
  }
}
