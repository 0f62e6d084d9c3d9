package io.selvage.engine.security;

/**
 * Why a token is not believed. The texts for callers are Envoy's ({@code jwt_verify_lib}), the
 * codes are ours.
 */
public enum TokenFault {
  MISSING(401, "SELV-5201", "Jwt is missing"),
  FORM(
      401,
      "SELV-5202",
      "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
  TOO_LARGE(
      401,
      "SELV-5203",
      "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
  HEADER_BASE64(401, "SELV-5204", "Jwt header is an invalid Base64url encoded"),
  HEADER_JSON(401, "SELV-5205", "Jwt header is an invalid JSON"),
  PAYLOAD_BASE64(401, "SELV-5206", "Jwt payload is an invalid Base64url encoded"),
  PAYLOAD_JSON(401, "SELV-5207", "Jwt payload is an invalid JSON"),
  SIGNATURE_BASE64(401, "SELV-5208", "Jwt signature is an invalid Base64url encoded"),
  ALGORITHM_MISSING(401, "SELV-5209", "Jwt header [alg] field is required and must be a string"),
  ALGORITHM(401, "SELV-5210", "Jwt header [alg] is not supported"),
  KEY_ID(401, "SELV-5211", "Jwt header [kid] field is not a string"),
  CRITICAL(401, "SELV-5212", "Jwt header [crit] is not supported"),
  CLAIM(401, "SELV-5213", "Jwt payload has a claim of the wrong type"),
  ISSUER(401, "SELV-5214", "Jwt issuer is not configured"),
  EXPIRED(401, "SELV-5215", "Jwt is expired"),
  NOT_YET_VALID(401, "SELV-5216", "Jwt not yet valid"),
  NO_EXPIRY(401, "SELV-5217", "Jwt has no expiration"),
  LIFETIME(401, "SELV-5218", "Jwt lifetime exceeds the configured maximum"),
  SUBJECT(401, "SELV-5219", "Jwt subject is not allowed"),
  AUDIENCE(403, "SELV-5220", "Audiences in Jwt are not allowed"),
  NO_KEY(401, "SELV-5221", "Jwks doesn't have key to match kid or alg from Jwt"),
  SIGNATURE(401, "SELV-5222", "Jwt verification fails"),
  NO_KEYS(401, "SELV-5223", "Jwks remote fetch is failed");

  private final int status;
  private final String code;
  private final String text;

  TokenFault(int status, String code, String text) {
    this.status = status;
    this.code = code;
    this.text = text;
  }

  /** Status of the answer. */
  public int status() {
    return status;
  }

  /** Stable, for operators. */
  public String code() {
    return code;
  }

  /** What the caller is told. */
  public String text() {
    return text;
  }
}
