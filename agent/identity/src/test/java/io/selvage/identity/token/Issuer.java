package io.selvage.identity.token;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Who signs tokens in tests: an RSA key {@code r} for RS256 and a P-256 key {@code e}. */
public final class Issuer {
  public static final String NAME = "https://issuer.example";
  public static final long NOW = 1_800_000_000L;
  final RSAKey rsa;
  final ECKey ec;

  public Issuer() {
    try {
      rsa =
          new RSAKeyGenerator(2048)
              .keyID("r")
              .algorithm(JWSAlgorithm.RS256)
              .keyUse(KeyUse.SIGNATURE)
              .generate();
      ec = new ECKeyGenerator(Curve.P_256).keyID("e").algorithm(JWSAlgorithm.ES256).generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public String jwks() {
    return new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK())).toString();
  }

  static String part(String text) {
    return Base64URL.encode(text.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** Claims that are right in every way. */
  public static String claims(String... more) {
    return claims(NOW, more);
  }

  public static String claims(long now, String... more) {
    String all =
        "{\"iss\":\"" + NAME + "\",\"sub\":\"ann\",\"aud\":\"shop\",\"exp\":" + (now + 300);
    for (String each : more) {
      all += "," + each;
    }
    return all + "}";
  }

  /** A token with this header and payload, signed with the RSA key as RS256. */
  public String rs256(String header, String payload) {
    return signed(header, payload, "RS256");
  }

  /** With a signature of nobody: quick to make. */
  String rs256Header(String header) {
    return part(header) + "." + part(claims()) + "." + part("nobody");
  }

  public String good(String payload) {
    return rs256("{\"alg\":\"RS256\",\"kid\":\"r\"}", payload);
  }

  /** Signed by the algorithm, whatever the header says. */
  public String signed(String header, String payload, String algorithm) {
    return bytes(header.getBytes(StandardCharsets.UTF_8), payload, algorithm);
  }

  String bytes(byte[] header, String payload, String algorithm) {
    String input = Base64URL.encode(header) + "." + part(payload);
    return input + "." + signature(input, algorithm);
  }

  String signature(String input, String algorithm) {
    try {
      JWSSigner signer =
          algorithm.startsWith("ES") ? new ECDSASigner(ec) : new RSASSASigner(rsa.toPrivateKey());
      return signer
          .sign(
              new JWSHeader(JWSAlgorithm.parse(algorithm)),
              input.getBytes(StandardCharsets.US_ASCII))
          .toString();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }
}
