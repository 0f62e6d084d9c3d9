package io.selvage.differential;

import com.google.protobuf.Empty;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Filters and tokens by chance. */
final class TokenFilters {
  static final List<String> OUTPUT =
      List.of("x-payload0", "x-sub0", "x-team0", "x-age0", "x-payload1", "x-sub1", "x-team2");
  private static final List<String> ISSUERS =
      List.of("https://a.example", "https://b.example", "c");
  private static final List<String> AUDIENCES = List.of("shop", "https://bank/", "http://x", "y/");
  private final SplittableRandom random;
  private final RSAKey rsa;
  private final ECKey ec;
  private final RSAKey other;

  TokenFilters(SplittableRandom random) throws Exception {
    this.random = random;
    rsa = new RSAKeyGenerator(2048).keyID("r").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e").algorithm(JWSAlgorithm.ES256).generate();
    other = new RSAKeyGenerator(2048).keyID("r").generate();
  }

  private boolean percent(int chance) {
    return random.nextInt(100) < chance;
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  JwtAuthentication filter() {
    JwtAuthentication.Builder filter =
        JwtAuthentication.newBuilder()
            .setBypassCorsPreflight(percent(50))
            .setStripFailureResponse(percent(10));
    int providers = 1 + random.nextInt(3);
    for (int i = 0; i < providers; i++) {
      filter.putProviders("p" + i, provider(i));
    }
    if (percent(30)) {
      filter.addRules(
          RequirementRule.newBuilder().setMatch(RouteMatch.newBuilder().setPrefix("/open")));
    }
    return filter
        .addRules(
            RequirementRule.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRequires(requirement(providers, 0)))
        .build();
  }

  private JwtProvider provider(int number) {
    JwtProvider.Builder provider =
        JwtProvider.newBuilder()
            .setIssuer(percent(10) ? "" : one(ISSUERS))
            .setForward(percent(50))
            .setPayloadInMetadata("payload")
            .setLocalJwks(
                DataSource.newBuilder()
                    .setInlineString(
                        new JWKSet(List.of(rsa.toPublicJWK(), ec.toPublicJWK())).toString()));
    if (percent(40)) {
      provider.addAudiences(one(AUDIENCES)).addAudiences(one(AUDIENCES));
    }
    if (percent(40)) {
      provider.addFromHeaders(
          JwtHeader.newBuilder()
              .setName(one(List.of("x-token", "authorization", "X-Other")))
              .setValuePrefix(one(List.of("", "JWT ", "Bearer ", "="))));
    }
    if (percent(25)) {
      provider.addFromParams(one(List.of("t", "access_token")));
    }
    if (percent(25)) {
      provider.addFromCookies(one(List.of("t", "session")));
    }
    if (percent(40)) {
      provider
          .setForwardPayloadHeader("x-payload" + number)
          .setPadForwardPayloadHeader(percent(50));
    }
    if (percent(50)) {
      provider
          .addClaimToHeaders(claim("x-sub" + number, "sub"))
          .addClaimToHeaders(claim("x-team" + number, "org.team"))
          .addClaimToHeaders(claim("x-age" + number, "age"));
    }
    return provider.build();
  }

  private static JwtClaimToHeader claim(String header, String claim) {
    return JwtClaimToHeader.newBuilder().setHeaderName(header).setClaimName(claim).build();
  }

  private JwtRequirement requirement(int providers, int depth) {
    JwtRequirement.Builder needed = JwtRequirement.newBuilder();
    int kind = random.nextInt(depth > 1 ? 32 : 100);
    String name = "p" + random.nextInt(providers);
    if (kind < 25) {
      return needed.setProviderName(name).build();
    }
    if (kind < 32) {
      return needed
          .setProviderAndAudiences(
              ProviderWithAudiences.newBuilder().setProviderName(name).addAudiences(one(AUDIENCES)))
          .build();
    }
    List<JwtRequirement> several = new ArrayList<>();
    for (int n = 2 + random.nextInt(2); n > 0; n--) {
      several.add(requirement(providers, depth + 1));
    }
    if (kind < 80 && percent(40)) {
      JwtRequirement.Builder none = JwtRequirement.newBuilder();
      several.add(
          percent(70)
              ? none.setAllowMissing(Empty.getDefaultInstance()).build()
              : none.setAllowMissingOrFailed(Empty.getDefaultInstance()).build());
    }
    return kind < 80
        ? needed
            .setRequiresAny(JwtRequirementOrList.newBuilder().addAllRequirements(several))
            .build()
        : needed
            .setRequiresAll(JwtRequirementAndList.newBuilder().addAllRequirements(several))
            .build();
  }

  /** A token, mostly a good one; both sides must agree on it. */
  String token() throws Exception {
    long now = System.currentTimeMillis() / 1000;
    StringBuilder claims = new StringBuilder("{\"sub\":\"ann\",\"exp\":");
    claims.append(percent(10) ? now - 1000 : now + 1000);
    if (percent(95)) {
      claims.append(",\"iss\":\"").append(one(ISSUERS)).append('"');
    }
    if (percent(5)) {
      claims.append(",\"nbf\":").append(now + 500);
    }
    if (percent(50)) {
      claims.append(
          percent(50)
              ? ",\"aud\":\"" + one(List.of("shop", "bank", "x/", "y", "SHOP")) + "\""
              : ",\"aud\":[\"z\",\"" + one(List.of("shop", "https://bank", "http://x/")) + "\"]");
    }
    if (percent(50)) {
      claims.append(
          one(
              List.of(
                  ",\"org\":{\"team\":\"red\"},\"age\":42",
                  ",\"org\":{\"team\":true},\"age\":1.5",
                  ",\"org\":[1],\"age\":-3",
                  ",\"org\":{\"team\":[\"a\"]},\"age\":\"x\"")));
    }
    String good = signed(claims.append('}').toString());
    return switch (random.nextInt(30)) {
      case 0 -> changed(good, good.lastIndexOf('.') + 5);
      case 1 -> good.substring(0, good.lastIndexOf('.'));
      case 2 -> "not-a-token";
      case 3 -> good + ".a.b";
      case 4 -> Base64URL.encode("{\"alg\":\"none\"}") + good.substring(good.indexOf('.'));
      case 5 -> Base64URL.encode("{}") + good.substring(good.indexOf('.'));
      case 6 -> Base64URL.encode("[") + good.substring(good.indexOf('.'));
      case 7 -> good.replaceFirst("\\.", ".!");
      default -> good;
    };
  }

  private static String changed(String token, int at) {
    char other = token.charAt(at) == 'a' ? 'b' : 'a';
    return token.substring(0, at) + other + token.substring(at + 1);
  }

  private String signed(String claims) throws Exception {
    int kind = random.nextInt(20);
    String header =
        switch (kind) {
          case 0 -> "{\"alg\":\"RS256\"}";
          case 1 -> "{\"alg\":\"RS256\",\"kid\":\"none\"}";
          case 2 -> "{\"alg\":\"ES256\"}";
          case 3 -> "{\"alg\":\"ES256\",\"kid\":\"r\"}";
          case 4 -> "{\"alg\":\"HS256\",\"kid\":\"r\"}";
          case 5 -> "{\"alg\":\"RS256\",\"kid\":7}";
          default ->
              kind < 13 ? "{\"alg\":\"ES256\",\"kid\":\"e\"}" : "{\"alg\":\"RS256\",\"kid\":\"r\"}";
        };
    String input = Base64URL.encode(header) + "." + Base64URL.encode(claims);
    byte[] bytes = input.getBytes(StandardCharsets.US_ASCII);
    boolean edwards = header.contains("ES256");
    RSAKey key = percent(5) ? other : rsa;
    return input
        + "."
        + (edwards
            ? new ECDSASigner(ec).sign(new JWSHeader(JWSAlgorithm.ES256), bytes)
            : new RSASSASigner(key).sign(new JWSHeader(JWSAlgorithm.RS256), bytes));
  }

  Call call(String listener) throws Exception {
    List<Header> headers = new ArrayList<>();
    if (percent(20)) {
      headers.add(new Header(one(OUTPUT), "spoofed"));
    }
    if (percent(60)) {
      headers.add(
          new Header(
              "authorization", one(List.of("Bearer ", "Bearer ", "bearer ", "JWT ")) + token()));
    }
    if (percent(30)) {
      headers.add(new Header("x-token", one(List.of("", "JWT ", "a=")) + token()));
    }
    if (percent(10)) {
      headers.add(new Header("x-other", token()));
    }
    if (percent(20)) {
      headers.add(new Header("cookie", "a=b; " + one(List.of("t", "session")) + "=" + token()));
    }
    String query = percent(20) ? "?a=1&" + one(List.of("t", "access_token")) + "=" + token() : "";
    String method = "GET";
    if (percent(5)) {
      method = "OPTIONS";
      headers.add(new Header("origin", "https://o.example"));
      headers.add(new Header("access-control-request-method", "GET"));
    }
    return Call.of(
        listener, method, "s.example", one(List.of("/", "/open", "/x")) + query, headers);
  }
}
