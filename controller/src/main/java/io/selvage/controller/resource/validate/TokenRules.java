package io.selvage.controller.resource.validate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.selvage.controller.resource.view.RequestAuthentication;
import io.selvage.controller.resource.view.RequestAuthentication.JwtRule;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What a RequestAuthentication must mean; Istio's rules, and no key from a metadata service. */
final class TokenRules {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Findings findings;

  TokenRules(Findings findings) {
    this.findings = findings;
  }

  void check(RequestAuthentication policy) {
    var spec = policy.source().spec();
    long attachments =
        List.of("selector", "targetRef", "targetRefs").stream().filter(spec::hasNonNull).count();
    if (attachments > 1) {
      findings.invalid("spec", "only one of targetRefs or selector can be set");
    }
    findings.labels("spec.selector.matchLabels", policy.selector());
    for (int i = 0; i < policy.jwtRules().size(); i++) {
      rule("spec.jwtRules[" + i + "]", policy.jwtRules().get(i));
    }
  }

  private void rule(String field, JwtRule rule) {
    if (rule.issuer().isEmpty()) {
      findings.required(field + ".issuer", "issuer must be set");
    }
    notEmpty(field + ".audiences", rule.audiences());
    notEmpty(field + ".fromParams", rule.fromParams());
    notEmpty(field + ".fromCookies", rule.fromCookies());
    notEmpty(field + ".spaceDelimitedClaims", rule.spaceDelimitedClaims());
    if (!rule.jwks().isEmpty() && !rule.jwksUri().isEmpty()) {
      findings.forbidden(field + ".jwks", "only one of jwks and jwksUri can be set");
    }
    if (!rule.jwksUri().isEmpty()) {
      uri(field + ".jwksUri", rule.jwksUri());
    } else if (!rule.jwks().isEmpty()) {
      jwks(field + ".jwks", rule.jwks());
    } else if (!rule.issuer().isEmpty() && !rule.issuer().matches("https?://.+")) {
      findings.required(
          field + ".jwksUri",
          "the issuer is no URL whose OpenID configuration could be read; set jwks or jwksUri");
    }
    headers(field, rule);
    Duration timeout = rule.timeout();
    if (timeout != null && (timeout.isNegative() || timeout.isZero())) {
      findings.invalid(field + ".timeout", "must be greater than 0; found " + timeout);
    }
  }

  private void headers(String field, JwtRule rule) {
    for (int i = 0; i < rule.fromHeaders().size(); i++) {
      findings.headerName(field + ".fromHeaders[" + i + "].name", rule.fromHeaders().get(i).name());
    }
    if (!rule.outputPayloadToHeader().isEmpty()) {
      findings.headerName(field + ".outputPayloadToHeader", rule.outputPayloadToHeader());
    }
    for (int i = 0; i < rule.outputClaimToHeaders().size(); i++) {
      String at = field + ".outputClaimToHeaders[" + i + "]";
      String header = rule.outputClaimToHeaders().get(i).header();
      findings.headerName(at + ".header", header);
      if (header.toLowerCase(Locale.ROOT).matches("host|authorization|content-length|:.*")) {
        findings.invalid(at + ".header", "\"" + header + "\" has a meaning of its own");
      }
      if (rule.outputClaimToHeaders().get(i).claim().isEmpty()) {
        findings.required(at + ".claim", "claim must be set");
      }
    }
  }

  private void notEmpty(String field, List<String> values) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).isBlank()) {
        findings.invalid(field + "[" + i + "]", "must not be empty");
      }
    }
  }

  /** Addresses that hand out secrets of the machine are never asked for keys. */
  private void uri(String field, String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException wrong) {
      findings.invalid(field, "\"" + text + "\" is not a URI: " + wrong.getReason());
      return;
    }
    boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!web || uri.getHost() == null) {
      findings.invalid(field, "\"" + text + "\" must be an http or https URI with a host");
      return;
    }
    if (uri.getUserInfo() != null || uri.getFragment() != null) {
      findings.invalid(field, "\"" + text + "\" must have no user and no fragment");
    }
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    boolean metadata =
        host.startsWith("169.254.")
            || host.matches("\\[(fe[89ab][0-9a-f]:|fd00:ec2::254|::ffff:(169\\.254\\.|a9fe:)).*")
            || host.equals("100.100.100.200")
            || host.equals("metadata.google.internal")
            || host.matches("\\d+|0x[0-9a-f.x]+");
    if (metadata) {
      findings.forbidden(
          field,
          "\"" + host + "\" is the link's or a metadata service's and is never asked for keys");
    }
  }

  private void jwks(String field, String text) {
    try {
      JsonNode keys = JSON.readTree(text).path("keys");
      if (!keys.isArray() || keys.isEmpty()) {
        findings.invalid(field, "must be a JWK set: an object with a list \"keys\" that has a key");
      }
      for (JsonNode key : keys) {
        if (key.has("d") || key.has("p") || key.has("q")) {
          findings.forbidden(
              field, "holds a private key; a JWK set for checking needs public ones");
        }
      }
    } catch (JsonProcessingException wrong) {
      findings.invalid(field, "is not JSON: " + wrong.getOriginalMessage());
    }
  }
}
