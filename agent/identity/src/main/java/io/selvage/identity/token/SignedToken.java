package io.selvage.identity.token;

import io.selvage.engine.security.TokenFault;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A token in JWS compact form (RFC 7515 §7.1) that was read, not believed. Nothing in its header
 * says where keys come from: {@code jku}, {@code jwk}, {@code x5u} and {@code x5c} are never looked
 * at.
 *
 * @param keyId null = none
 * @param payloadText the payload as it stands in the token
 * @param expires seconds since 1970; null = never
 */
record SignedToken(
    Map<String, Object> header,
    Map<String, Object> payload,
    String algorithm,
    @Nullable String keyId,
    String issuer,
    String subject,
    List<String> audiences,
    @Nullable Long expires,
    @Nullable Long notBefore,
    String payloadText,
    byte[] signed,
    byte[] signature) {
  /** Larger ones are refused unread. */
  static final int MAX_LENGTH = 16 * 1024;

  private static final Set<String> ALGORITHMS =
      Set.of(
          "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256",
          "HS384", "HS512", "EdDSA");

  /** It is not understood. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;
    private final TokenFault fault;

    Unreadable(TokenFault fault, String message) {
      super(message, null, false, false);
      this.fault = fault;
    }

    TokenFault fault() {
      return fault;
    }
  }

  /** Reads a token; its signature is not looked at. */
  static SignedToken read(String token) throws Unreadable {
    if (token.length() > MAX_LENGTH) {
      throw new Unreadable(
          TokenFault.TOO_LARGE, token.length() + " characters; " + MAX_LENGTH + " are allowed");
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first < 1 || second <= first + 1 || token.indexOf('.', second + 1) >= 0) {
      throw new Unreadable(TokenFault.FORM, "not three parts");
    }
    Map<String, Object> header =
        object(token.substring(0, first), TokenFault.HEADER_BASE64, TokenFault.HEADER_JSON);
    String algorithm = algorithm(header);
    String keyId = keyId(header);
    String payloadText = token.substring(first + 1, second);
    Map<String, Object> payload =
        object(payloadText, TokenFault.PAYLOAD_BASE64, TokenFault.PAYLOAD_JSON);
    byte[] signature = decoded(token.substring(second + 1), TokenFault.SIGNATURE_BASE64);
    byte[] signed = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
    try {
      Long ignored = moment(payload, "iat");
      return new SignedToken(
          header,
          payload,
          algorithm,
          keyId,
          text(payload, "iss"),
          text(payload, "sub"),
          audiences(payload),
          moment(payload, "exp"),
          moment(payload, "nbf"),
          payloadText,
          signed,
          signature);
    } catch (StrictJson.Malformed wrong) {
      throw new Unreadable(TokenFault.CLAIM, String.valueOf(wrong.getMessage()));
    }
  }

  private static String algorithm(Map<String, Object> header) throws Unreadable {
    if (!(header.get("alg") instanceof String algorithm)) {
      throw new Unreadable(TokenFault.ALGORITHM_MISSING, "no alg");
    }
    if (!ALGORITHMS.contains(algorithm)) {
      throw new Unreadable(TokenFault.ALGORITHM, "alg is not one of " + ALGORITHMS);
    }
    if (header.containsKey("crit")) {
      throw new Unreadable(TokenFault.CRITICAL, "crit demands what nobody here knows");
    }
    if (header.containsKey("enc") || header.containsKey("zip")) {
      throw new Unreadable(TokenFault.CRITICAL, "enc and zip are of encrypted tokens");
    }
    return algorithm;
  }

  private static @Nullable String keyId(Map<String, Object> header) throws Unreadable {
    Object keyId = header.get("kid");
    if (keyId != null && !(keyId instanceof String)) {
      throw new Unreadable(TokenFault.KEY_ID, "kid is not a text");
    }
    return (String) keyId;
  }

  private static Map<String, Object> object(String part, TokenFault notBase64, TokenFault notJson)
      throws Unreadable {
    byte[] bytes = decoded(part, notBase64);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return StrictJson.object(text);
    } catch (CharacterCodingException notUtf8) {
      throw new Unreadable(notJson, "not UTF-8");
    } catch (StrictJson.Malformed wrong) {
      throw new Unreadable(notJson, String.valueOf(wrong.getMessage()));
    }
  }

  /** Without padding, and with no bit that is not used: one content has one form. */
  private static byte[] decoded(String part, TokenFault fault) throws Unreadable {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(part);
      if (Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(part)) {
        return bytes;
      }
    } catch (IllegalArgumentException not) {
      // told below
    }
    throw new Unreadable(fault, "not Base64url without padding");
  }

  private static String text(Map<String, Object> payload, String name) throws StrictJson.Malformed {
    String text = StrictJson.text(payload, name);
    return text == null ? "" : text;
  }

  private static @Nullable Long moment(Map<String, Object> payload, String name)
      throws StrictJson.Malformed {
    Object value = payload.get(name);
    if (value == null) {
      return null;
    }
    if (value instanceof Long seconds && seconds >= 0) {
      return seconds;
    }
    if (value instanceof Double seconds && seconds >= 0 && seconds < 1e15) {
      return seconds.longValue();
    }
    throw new StrictJson.Malformed("[" + name + "] is not a number of seconds");
  }

  private static List<String> audiences(Map<String, Object> payload) throws StrictJson.Malformed {
    Object value = payload.get("aud");
    if (value == null) {
      return List.of();
    }
    if (value instanceof String one) {
      return List.of(one);
    }
    List<String> all = new ArrayList<>();
    for (Object each : value instanceof List<?> list ? list : List.of(value)) {
      if (!(each instanceof String text)) {
        throw new StrictJson.Malformed("[aud] is not a text or a list of texts");
      }
      all.add(text);
    }
    return List.copyOf(all);
  }
}
