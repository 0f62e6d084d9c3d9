package io.selvage.identity.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.security.TokenFault;
import io.selvage.engine.security.TokenVerifier;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokens that somebody made to be believed: each is refused, with a stable code and a reason. */
class TokenAttacksTest {
  private static final Issuer ISSUER = new Issuer();
  private static final Issuer OTHER = new Issuer();
  private static final String RS = "{\"alg\":\"RS256\",\"kid\":\"r\"}";

  static JwtProvider provider(JwtProvider.Keys keys) {
    return new JwtProvider(
        "p",
        Issuer.NAME,
        List.of("shop"),
        null,
        null,
        Duration.ofSeconds(60),
        keys,
        false,
        List.of(new JwtProvider.HeaderPlace("authorization", "Bearer ")),
        "",
        false,
        "payload",
        "",
        List.of(),
        List.of());
  }

  private static TokenVerifier.Verdict judged(String token) {
    Tokens tokens =
        new Tokens(
            (uri, timeout) -> CompletableFuture.failedFuture(new AssertionError("no fetch here")),
            System::nanoTime,
            () -> Issuer.NOW * 1000,
            (code, text) -> {});
    return tokens.verify(provider(new JwtProvider.InlineKeys(ISSUER.jwks())), List.of(), token);
  }

  @Test
  void goodTokensAreBelieved() {
    assertThat(judged(ISSUER.good(Issuer.claims()))).isInstanceOf(TokenVerifier.Verified.class);
    assertThat(judged(ISSUER.signed("{\"alg\":\"ES256\"}", Issuer.claims(), "ES256")))
        .isInstanceOf(TokenVerifier.Verified.class);
    assertThat(judged(ISSUER.rs256("{\"alg\":\"RS256\"}", Issuer.claims())))
        .isInstanceOf(TokenVerifier.Verified.class);
    // where keys are said to be is not looked at, as some issuers say it in every token
    assertThat(
            judged(
                ISSUER.rs256(
                    "{\"alg\":\"RS256\",\"kid\":\"r\",\"jku\":\"http://169.254.169.254/\"}",
                    Issuer.claims())))
        .isInstanceOf(TokenVerifier.Verified.class);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("attacks")
  void refused(String name, String token, TokenFault fault) {
    TokenVerifier.Verdict verdict = judged(token);

    assertThat(verdict).isInstanceOf(TokenVerifier.Refused.class);
    TokenVerifier.Refused refused = (TokenVerifier.Refused) verdict;
    assertThat(refused.fault()).isEqualTo(fault);
    assertThat(refused.fault().code()).matches("SELV-52\\d\\d");
    assertThat(refused.detail()).isNotBlank().doesNotContain("\n");
    assertThat(token.length() > 40 && refused.detail().contains(token)).isFalse();
  }

  private static String none(String algorithm) {
    return Issuer.part("{\"alg\":\"" + algorithm + "\"}")
        + "."
        + Issuer.part(Issuer.claims())
        + ".";
  }

  private static String hmac(byte[] secret, String header) throws Exception {
    String input = Issuer.part(header) + "." + Issuer.part(Issuer.claims());
    return input
        + "."
        + new MACSigner(secret)
            .sign(new JWSHeader(JWSAlgorithm.HS256), input.getBytes(StandardCharsets.US_ASCII));
  }

  private static Arguments of(String name, String token, TokenFault fault) {
    return Arguments.of(name, token, fault);
  }

  static List<Arguments> attacks() throws Exception {
    List<Arguments> all = new ArrayList<>();
    algorithms(all);
    keys(all);
    claims(all);
    forms(all);
    assertThat(all).hasSizeGreaterThanOrEqualTo(40);
    return all;
  }

  private static void algorithms(List<Arguments> all) throws Exception {
    for (String none : List.of("none", "None", "nOnE", "NONE", "")) {
      all.add(of("alg " + none, none(none), TokenFault.ALGORITHM));
    }
    byte[] der = ISSUER.rsa.toRSAPublicKey().getEncoded();
    byte[] pem =
        ("-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END PUBLIC KEY-----\n")
            .getBytes(StandardCharsets.US_ASCII);
    all.add(of("HS256 with the public key", hmac(der, "{\"alg\":\"HS256\"}"), TokenFault.NO_KEY));
    all.add(
        of(
            "HS256 with the public key in PEM",
            hmac(pem, "{\"alg\":\"HS256\",\"kid\":\"r\"}"),
            TokenFault.NO_KEY));
    all.add(
        of(
            "HS256 with the modulus",
            hmac(ISSUER.rsa.getModulus().decode(), "{\"alg\":\"HS256\",\"kid\":\"r\"}"),
            TokenFault.NO_KEY));
    String claims = Issuer.claims();
    all.add(
        of(
            "PS256 by a key for RS256",
            ISSUER.signed("{\"alg\":\"PS256\",\"kid\":\"r\"}", claims, "PS256"),
            TokenFault.NO_KEY));
    all.add(
        of(
            "signed as PS256, says RS256",
            ISSUER.signed(RS, claims, "PS256"),
            TokenFault.SIGNATURE));
    all.add(
        of(
            "ES256 with the kid of an RSA key",
            ISSUER.signed("{\"alg\":\"ES256\",\"kid\":\"r\"}", claims, "ES256"),
            TokenFault.NO_KEY));
    all.add(
        of(
            "ES384 by a key for ES256",
            ISSUER.signed("{\"alg\":\"ES384\",\"kid\":\"e\"}", claims, "ES256"),
            TokenFault.NO_KEY));
    String es = Issuer.part("{\"alg\":\"ES256\"}") + "." + Issuer.part(claims) + ".";
    Base64.Encoder url = Base64.getUrlEncoder().withoutPadding();
    all.add(
        of("zero signature of ES256", es + url.encodeToString(new byte[64]), TokenFault.SIGNATURE));
    byte[] order = new byte[64];
    byte[] n = com.nimbusds.jose.jwk.Curve.P_256.toECParameterSpec().getOrder().toByteArray();
    System.arraycopy(n, 1, order, 0, 32);
    System.arraycopy(n, 1, order, 32, 32);
    all.add(
        of("signature of the curve's order", es + url.encodeToString(order), TokenFault.SIGNATURE));
    all.add(
        of(
            "alg of another type",
            ISSUER.rs256("{\"alg\":256}", claims),
            TokenFault.ALGORITHM_MISSING));
    all.add(of("no alg", ISSUER.rs256("{\"kid\":\"r\"}", claims), TokenFault.ALGORITHM_MISSING));
    all.add(
        of("alg with a space", ISSUER.rs256("{\"alg\":\"RS256 \"}", claims), TokenFault.ALGORITHM));
  }

  private static void keys(List<Arguments> all) {
    String claims = Issuer.claims();
    for (String kid :
        List.of(
            "../../../dev/null",
            "' UNION SELECT 'key",
            "http://evil.example/key",
            "| id",
            "R",
            "r\\u0000")) {
      all.add(
          of(
              "kid " + kid,
              ISSUER.rs256("{\"alg\":\"RS256\",\"kid\":\"" + kid + "\"}", claims),
              TokenFault.NO_KEY));
    }
    all.add(
        of(
            "kid of another type",
            ISSUER.rs256("{\"alg\":\"RS256\",\"kid\":1}", claims),
            TokenFault.KEY_ID));
    String jwk = OTHER.rsa.toPublicJWK().toJSONString();
    all.add(
        of(
            "its own key in jwk",
            OTHER.rs256("{\"alg\":\"RS256\",\"kid\":\"r\",\"jwk\":" + jwk + "}", claims),
            TokenFault.SIGNATURE));
    all.add(
        of(
            "its own key in jwk, no kid",
            OTHER.rs256("{\"alg\":\"RS256\",\"jwk\":" + jwk + "}", claims),
            TokenFault.SIGNATURE));
    for (String where : List.of("jku", "x5u")) {
      all.add(
          of(
              "its own key at " + where,
              OTHER.rs256(
                  "{\"alg\":\"RS256\",\"kid\":\"r\",\"" + where + "\":\"http://127.0.0.1/keys\"}",
                  claims),
              TokenFault.SIGNATURE));
    }
    all.add(
        of(
            "its own certificate in x5c",
            OTHER.rs256("{\"alg\":\"RS256\",\"kid\":\"r\",\"x5c\":[\"MIIB\"]}", claims),
            TokenFault.SIGNATURE));
    all.add(
        of(
            "crit",
            ISSUER.rs256("{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"exp\"],\"exp\":1}", claims),
            TokenFault.CRITICAL));
    all.add(
        of(
            "crit b64",
            ISSUER.rs256("{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", claims),
            TokenFault.CRITICAL));
    all.add(
        of(
            "empty crit",
            ISSUER.rs256("{\"alg\":\"RS256\",\"crit\":[]}", claims),
            TokenFault.CRITICAL));
    all.add(
        of(
            "enc in a JWS",
            ISSUER.rs256("{\"alg\":\"RS256\",\"enc\":\"A256GCM\"}", claims),
            TokenFault.CRITICAL));
  }

  private static void claims(List<Arguments> all) {
    String start = "{\"iss\":\"" + Issuer.NAME + "\",\"aud\":\"shop\"";
    String soon = ",\"exp\":" + (Issuer.NOW + 300);
    all.add(of("no exp", ISSUER.good(start + "}"), TokenFault.NO_EXPIRY));
    all.add(of("exp null", ISSUER.good(start + ",\"exp\":null}"), TokenFault.CLAIM));
    all.add(of("exp as text", ISSUER.good(start + ",\"exp\":\"9999999999\"}"), TokenFault.CLAIM));
    all.add(of("exp below 0", ISSUER.good(start + ",\"exp\":-1}"), TokenFault.CLAIM));
    all.add(of("exp beyond all", ISSUER.good(start + ",\"exp\":1e300}"), TokenFault.CLAIM));
    all.add(
        of(
            "expired",
            ISSUER.good(start + ",\"exp\":" + (Issuer.NOW - 61) + "}"),
            TokenFault.EXPIRED));
    all.add(
        of(
            "nbf in the future",
            ISSUER.good(Issuer.claims("\"nbf\":" + (Issuer.NOW + 61))),
            TokenFault.NOT_YET_VALID));
    all.add(of("nbf as text", ISSUER.good(Issuer.claims("\"nbf\":\"0\"")), TokenFault.CLAIM));
    String iss = "{\"iss\":\"" + Issuer.NAME + "\"";
    all.add(of("no aud", ISSUER.good(iss + soon + "}"), TokenFault.AUDIENCE));
    all.add(
        of(
            "aud in capitals",
            ISSUER.good(iss + ",\"aud\":\"SHOP\"" + soon + "}"),
            TokenFault.AUDIENCE));
    all.add(
        of(
            "aud list of others",
            ISSUER.good(iss + ",\"aud\":[\"shopx\",\"sho\"]" + soon + "}"),
            TokenFault.AUDIENCE));
    all.add(
        of(
            "aud list in a list",
            ISSUER.good(iss + ",\"aud\":[[\"shop\"]]" + soon + "}"),
            TokenFault.CLAIM));
    all.add(
        of(
            "aud an object",
            ISSUER.good(iss + ",\"aud\":{\"shop\":1}" + soon + "}"),
            TokenFault.CLAIM));
    all.add(
        of(
            "iss in capitals",
            ISSUER.good("{\"iss\":\"HTTPS://issuer.example\",\"aud\":\"shop\"" + soon + "}"),
            TokenFault.ISSUER));
    all.add(
        of(
            "iss with a slash",
            ISSUER.good("{\"iss\":\"https://issuer.example/\",\"aud\":\"shop\"" + soon + "}"),
            TokenFault.ISSUER));
    all.add(
        of(
            "iss a list",
            ISSUER.good("{\"iss\":[\"" + Issuer.NAME + "\"]" + soon + "}"),
            TokenFault.CLAIM));
    all.add(of("no iss", ISSUER.good("{\"aud\":\"shop\"" + soon + "}"), TokenFault.ISSUER));
    all.add(
        of(
            "a claim twice",
            ISSUER.good(Issuer.claims("\"sub\":\"admin\"")),
            TokenFault.PAYLOAD_JSON));
    all.add(
        of(
            "a claim twice by an escape",
            ISSUER.good(Issuer.claims("\"\\u0073ub\":\"admin\"")),
            TokenFault.PAYLOAD_JSON));
    all.add(
        of(
            "alg twice",
            ISSUER.rs256("{\"alg\":\"RS256\",\"alg\":\"none\"}", Issuer.claims()),
            TokenFault.HEADER_JSON));
  }

  private static void forms(List<Arguments> all) {
    String good = ISSUER.good(Issuer.claims());
    String[] parts = good.split("\\.", -1);
    all.add(of("five parts", good + ".a.b", TokenFault.FORM));
    all.add(of("two parts", parts[0] + "." + parts[1], TokenFault.FORM));
    all.add(of("nothing", "", TokenFault.FORM));
    all.add(of("dots", "..", TokenFault.FORM));
    all.add(of("two tokens", good + "," + good, TokenFault.FORM));
    all.add(of("1 MiB", "a".repeat(1 << 20), TokenFault.TOO_LARGE));
    all.add(of("no signature", parts[0] + "." + parts[1] + ".", TokenFault.SIGNATURE));
    all.add(of("cut signature", good.substring(0, good.length() - 2), TokenFault.SIGNATURE));
    all.add(
        of("padded header", parts[0] + "=." + parts[1] + "." + parts[2], TokenFault.HEADER_BASE64));
    all.add(
        of(
            "padded payload",
            parts[0] + "." + parts[1] + "==." + parts[2],
            TokenFault.PAYLOAD_BASE64));
    all.add(of("padded signature", good + "==", TokenFault.SIGNATURE_BASE64));
    all.add(of("other letters", parts[0] + "." + parts[1] + ".+/+/", TokenFault.SIGNATURE_BASE64));
    all.add(of("a token in a token", ISSUER.good(good), TokenFault.PAYLOAD_JSON));
    all.add(of("payload a list", ISSUER.good("[]"), TokenFault.PAYLOAD_JSON));
    all.add(
        of("text after the payload", ISSUER.good(Issuer.claims() + "{}"), TokenFault.PAYLOAD_JSON));
    all.add(
        of(
            "nested deeply",
            ISSUER.good(Issuer.claims("\"x\":" + "[".repeat(2000) + "]".repeat(2000))),
            TokenFault.PAYLOAD_JSON));
    all.add(
        of(
            "header of half a letter",
            ISSUER.bytes(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, Issuer.claims(), "RS256"),
            TokenFault.HEADER_JSON));
    all.add(
        of(
            "payload of another token",
            parts[0] + "." + Issuer.part(Issuer.claims("\"admin\":true")) + "." + parts[2],
            TokenFault.SIGNATURE));
  }
}
