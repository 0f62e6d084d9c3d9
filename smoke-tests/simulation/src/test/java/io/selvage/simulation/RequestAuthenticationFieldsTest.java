package io.selvage.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.model.Locality;
import io.selvage.engine.model.MeshConfig;
import io.selvage.engine.model.Node;
import io.selvage.engine.stack.Engine;
import io.selvage.identity.token.Tokens;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** RequestAuthentication as users write it, decided in the callee with real signatures. */
class RequestAuthenticationFieldsTest {
  private static final String ISSUER = "https://issuer.example";
  private static final long NOW = 1_800_000_000L;
  private static final String PAGE = "spiffe://cluster.local/ns/default/sa/productpage";
  private static final KeyPair KEYS = keys();
  private final List<String> fetched = new ArrayList<>();
  private final List<Duration> timeouts = new ArrayList<>();

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return generator.generateKeyPair();
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String b64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static String jwks() {
    RSAPublicKey key = (RSAPublicKey) KEYS.getPublic();
    return "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\""
        + number(key.getModulus())
        + "\",\"e\":\""
        + number(key.getPublicExponent())
        + "\"}]}";
  }

  private static String number(BigInteger value) {
    byte[] bytes = value.toByteArray();
    return b64(bytes[0] == 0 ? java.util.Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
  }

  private static String token(String issuer, String... claims) {
    return signed(
        "{\"iss\":\""
            + issuer
            + "\",\"sub\":\"ann\",\"exp\":"
            + (NOW + 300)
            + (claims.length == 0 ? "" : "," + String.join(",", claims))
            + "}");
  }

  private static String signed(String payload) {
    try {
      String input =
          b64("{\"alg\":\"RS256\",\"kid\":\"k\"}".getBytes(StandardCharsets.UTF_8))
              + "."
              + b64(payload.getBytes(StandardCharsets.UTF_8));
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(KEYS.getPrivate());
      signature.update(input.getBytes(StandardCharsets.US_ASCII));
      return input + "." + b64(signature.sign());
    } catch (java.security.GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String rule(String issuer, String more) {
    return "{issuer: '" + issuer + "', jwks: '" + jwks() + "'" + more + "}";
  }

  private static SimulatedMesh mesh() {
    return new SimulatedMesh()
        .workload("productpage", "v1", 9080, "http")
        .workload("details", "v1", 9080, "http");
  }

  private static SimulatedMesh mesh(String... rules) {
    return mesh().with(policy("{jwtRules: [" + String.join(", ", rules) + "]}"));
  }

  private static String policy(String spec) {
    return "{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: tokens}, spec: "
        + spec
        + "}";
  }

  private static String allow(String rules) {
    return "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: allow}, spec: {action: ALLOW, rules: "
        + rules
        + "}}";
  }

  /** What became of a request: refused, or as the application got it. */
  private record Outcome(Rejection rejection, RequestHead head) {
    int status() {
      return rejection == null ? 200 : rejection.httpStatus();
    }
  }

  private Engine engine(SimulatedMesh mesh, String service) {
    Engine engine =
        Engine.builder(
                new Node(
                    "n",
                    service,
                    "default",
                    service,
                    "v1",
                    service,
                    "cluster.local",
                    "Kubernetes",
                    Locality.UNKNOWN,
                    Map.of("app", service)))
            .tokens(
                new Tokens(
                    (uri, timeout) -> {
                      fetched.add(uri);
                      timeouts.add(timeout);
                      return CompletableFuture.completedFuture(jwks());
                    },
                    System::nanoTime,
                    () -> NOW * 1000,
                    (code, text) -> {}))
            .build();
    MeshConfig config = mesh.configOf(service);
    assertThat(engine.publish(config)).isEmpty();
    return engine;
  }

  private Outcome request(SimulatedMesh mesh, String path, String... headers) {
    return request(engine(mesh, "details"), "GET", path, headers);
  }

  private static Outcome request(Engine engine, String method, String path, String... headers) {
    RequestHead head = new Line(method, "details:9080", path, headers);
    Peer peer = new Peer("10.9.9.9", 40000, "10.0.0.2", 9080, true, PAGE, null, null);
    Exchange exchange = engine.inbound(head, peer);
    Action action = exchange.begin();
    assertThat(action).isInstanceOfAny(Rejection.class, Attempt.class);
    return new Outcome(action instanceof Rejection r ? r : null, head);
  }

  private static String[] bearer(String token) {
    return new String[] {"authorization", "Bearer " + token};
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.issuer")
  @Tag("field=RequestAuthentication.jwtRules.jwks")
  void noTokenPassesAndABadOneDoesNot() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ""));

    assertThat(request(mesh, "/").status()).isEqualTo(200);
    assertThat(request(mesh, "/", bearer(token(ISSUER))).status()).isEqualTo(200);
    Outcome bad = request(mesh, "/x", bearer(token(ISSUER) + "x"));
    assertThat(bad.status()).isEqualTo(401);
    assertThat(bad.rejection().headers().get("www-authenticate"))
        .isEqualTo("Bearer realm=\"https://details:9080/x\", error=\"invalid_token\"");
    Outcome other = request(mesh, "/", bearer(token("https://other.example")));
    assertThat(other.rejection().body()).isEqualTo("Jwt issuer is not configured");
    assertThat(other.rejection().code()).isEqualTo("SELV-5214");
    assertThat(request(mesh, "/", bearer("abc")).status()).isEqualTo(401);
  }

  @Test
  @Tag("field=RequestAuthentication.selector.matchLabels")
  @Tag("field=RequestAuthentication.targetRefs")
  @Tag("field=RequestAuthentication.targetRef")
  void onlyWorkloadsThatItIsForCheck() {
    String rules = "jwtRules: [" + rule(ISSUER, "") + "]";
    String[] bad = bearer("abc");
    assertThat(
            request(
                    mesh().with(policy("{selector: {matchLabels: {app: details}}, " + rules + "}")),
                    "/",
                    bad)
                .status())
        .isEqualTo(401);
    assertThat(
            request(
                    mesh()
                        .with(
                            policy("{selector: {matchLabels: {app: productpage}}, " + rules + "}")),
                    "/",
                    bad)
                .status())
        .isEqualTo(200);
    assertThat(
            request(
                    mesh()
                        .with(
                            policy(
                                "{targetRefs: [{kind: Service, name: details}], " + rules + "}")),
                    "/",
                    bad)
                .status())
        .isEqualTo(401);
    assertThat(
            request(
                    mesh()
                        .with(
                            policy(
                                "{targetRef: {kind: Service, name: productpage}, " + rules + "}")),
                    "/",
                    bad)
                .status())
        .isEqualTo(200);
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.audiences")
  void audiences() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ", audiences: [shop, stock]"));

    assertThat(request(mesh, "/", bearer(token(ISSUER, "\"aud\":\"stock\""))).status())
        .isEqualTo(200);
    Outcome other = request(mesh, "/", bearer(token(ISSUER, "\"aud\":[\"bank\"]")));
    assertThat(other.status()).isEqualTo(403);
    assertThat(other.rejection().body()).isEqualTo("Audiences in Jwt are not allowed");
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.jwksUri")
  @Tag("field=RequestAuthentication.jwtRules.timeout")
  void keysAreFetched() {
    SimulatedMesh mesh =
        mesh("{issuer: '" + ISSUER + "', jwksUri: 'https://keys.example/k', timeout: 2s}");
    Engine engine = engine(mesh, "details");

    assertThat(request(engine, "GET", "/", bearer(token(ISSUER))).status()).isEqualTo(200);
    assertThat(request(engine, "GET", "/", bearer(token(ISSUER) + "x")).status()).isEqualTo(401);
    assertThat(fetched).containsExactly("https://keys.example/k");
    assertThat(timeouts).containsExactly(Duration.ofSeconds(2));
  }

  @Test
  void withoutKeysTheIssuersConfigurationIsAsked() {
    request(mesh("{issuer: '" + ISSUER + "/'}"), "/", bearer(token(ISSUER + "/")));
    assertThat(fetched).containsExactly(ISSUER + "/.well-known/openid-configuration");
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.fromHeaders.name")
  @Tag("field=RequestAuthentication.jwtRules.fromHeaders.prefix")
  void tokensInOtherHeaders() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ", fromHeaders: [{name: x-token, prefix: 'JWT '}]"));

    assertThat(request(mesh, "/", "x-token", "JWT bad").status()).isEqualTo(401);
    assertThat(request(mesh, "/", "x-token", "bad").status()).isEqualTo(200);
    assertThat(request(mesh, "/", bearer("bad")).status()).isEqualTo(200);
    assertThat(request(mesh, "/", "x-token", "JWT " + token(ISSUER)).head().header("x-token"))
        .isNull();
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.fromParams")
  void tokensInTheQuery() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ", fromParams: [t]"));

    assertThat(request(mesh, "/?a=1&t=bad").status()).isEqualTo(401);
    assertThat(request(mesh, "/?t=" + token(ISSUER)).status()).isEqualTo(200);
    assertThat(request(mesh, "/?access_token=bad").status()).isEqualTo(200);
    assertThat(request(mesh(rule(ISSUER, "")), "/?access_token=bad").status()).isEqualTo(401);
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.fromCookies")
  void tokensInCookies() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ", fromCookies: [t]"));

    assertThat(request(mesh, "/", "cookie", "a=1; t=bad").status()).isEqualTo(401);
    assertThat(request(mesh, "/", "cookie", "a=1; t=" + token(ISSUER)).status()).isEqualTo(200);
    assertThat(request(mesh, "/", "cookie", "tt=bad").status()).isEqualTo(200);
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.forwardOriginalToken")
  void whetherTheApplicationSeesTheToken() {
    String[] good = bearer(token(ISSUER));
    assertThat(request(mesh(rule(ISSUER, "")), "/", good).head().header("authorization")).isNull();
    assertThat(
            request(mesh(rule(ISSUER, ", forwardOriginalToken: true")), "/", good)
                .head()
                .header("authorization"))
        .isEqualTo(good[1]);
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.outputPayloadToHeader")
  void thePayloadAsAHeader() {
    SimulatedMesh mesh = mesh(rule(ISSUER, ", outputPayloadToHeader: X-Payload"));
    String token = token(ISSUER);

    assertThat(request(mesh, "/", bearer(token)).head().header("x-payload"))
        .isEqualTo(token.split("\\.")[1]);
    assertThat(request(mesh, "/", "x-payload", "spoofed").head().header("x-payload")).isNull();
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.outputClaimToHeaders.header")
  @Tag("field=RequestAuthentication.jwtRules.outputClaimToHeaders.claim")
  void claimsAsHeaders() {
    SimulatedMesh mesh =
        mesh(
            rule(
                ISSUER,
                ", outputClaimToHeaders: [{header: x-user, claim: sub}, {header: x-team, claim: org.team}, {header: x-age, claim: age}, {header: x-list, claim: list}]"));
    String token = token(ISSUER, "\"org\":{\"team\":\"red\"}", "\"age\":42", "\"list\":[\"a\"]");

    RequestHead head =
        request(mesh, "/", "authorization", "Bearer " + token, "x-user", "admin", "x-list", "b")
            .head();
    assertThat(head.header("x-user")).isEqualTo("ann");
    assertThat(head.header("x-team")).isEqualTo("red");
    assertThat(head.header("x-age")).isEqualTo("42");
    assertThat(head.header("x-list")).isEqualTo("WyJhIl0="); // ["a"], as Envoy does
    assertThat(request(mesh, "/", "x-user", "admin").head().header("x-user")).isNull();
  }

  @Test
  @Tag("field=RequestAuthentication.jwtRules.spaceDelimitedClaims")
  void wordsOfAClaim() {
    String allow = allow("[{when: [{key: 'request.auth.claims[roles]', values: [admin]}]}]");
    String[] token = bearer(token(ISSUER, "\"roles\":\"user admin\""));

    assertThat(request(mesh(rule(ISSUER, "")).with(allow), "/", token).status()).isEqualTo(403);
    assertThat(
            request(mesh(rule(ISSUER, ", spaceDelimitedClaims: [roles]")).with(allow), "/", token)
                .status())
        .isEqualTo(200);
    String scope = allow("[{when: [{key: 'request.auth.claims[scope]', values: [write]}]}]");
    String[] scoped = bearer(token(ISSUER, "\"scope\":\"read write\""));
    assertThat(request(mesh(rule(ISSUER, "")).with(scope), "/", scoped).status()).isEqualTo(200);
  }

  @Test
  void policiesOnEndUsers() {
    String bob = signed("{\"iss\":\"" + ISSUER + "\",\"sub\":\"bob\",\"exp\":" + (NOW + 9) + "}");
    SimulatedMesh mesh =
        mesh(rule(ISSUER, ""))
            .with(
                allow(
                    "[{from: [{source: {requestPrincipals: ['"
                        + ISSUER
                        + "/*'], notRequestPrincipals: ['"
                        + ISSUER
                        + "/bob']}}]}]"));

    assertThat(request(mesh, "/").status()).isEqualTo(403);
    assertThat(request(mesh, "/", bearer(token(ISSUER))).status()).isEqualTo(200);
    assertThat(request(mesh, "/", bearer(bob)).status()).isEqualTo(403);
  }

  @Test
  void policiesOnClaims() {
    SimulatedMesh mesh =
        mesh(rule(ISSUER, ""))
            .with(
                allow(
                    "[{when: [{key: 'request.auth.claims[org][team]', values: [red]}, {key: request.auth.audiences, values: [shop]}, {key: request.auth.presenter, values: ['app*']}, {key: 'request.auth.claims[groups]', notValues: [banned]}]}]"));
    String org = "\"org\":{\"team\":\"red\"}";

    assertThat(
            request(mesh, "/", bearer(token(ISSUER, org, "\"aud\":\"shop\"", "\"azp\":\"app1\"")))
                .status())
        .isEqualTo(200);
    assertThat(
            request(
                    mesh,
                    "/",
                    bearer(
                        token(
                            ISSUER,
                            org,
                            "\"aud\":[\"shop\"]",
                            "\"azp\":\"app1\"",
                            "\"groups\":[\"banned\"]")))
                .status())
        .isEqualTo(403);
    assertThat(
            request(mesh, "/", bearer(token(ISSUER, "\"aud\":\"shop\"", "\"azp\":\"app1\"")))
                .status())
        .isEqualTo(403);
    assertThat(request(mesh, "/").status()).isEqualTo(403);
  }

  @Test
  void severalIssuers() {
    String second = "https://second.example";
    SimulatedMesh mesh = mesh(rule(ISSUER, ""), rule(second, ", fromHeaders: [{name: x-second}]"));

    assertThat(request(mesh, "/").status()).isEqualTo(200);
    assertThat(request(mesh, "/", bearer(token(ISSUER))).status()).isEqualTo(200);
    assertThat(request(mesh, "/", "x-second", token(second)).status()).isEqualTo(200);
    assertThat(request(mesh, "/", bearer(token(second))).status()).isEqualTo(401);
    assertThat(request(mesh, "/", "x-second", "bad").status()).isEqualTo(401);
  }

  @Test
  void preflightsNeedNoToken() {
    Engine engine = engine(mesh(rule(ISSUER, "")), "details");
    assertThat(
            request(
                    engine,
                    "OPTIONS",
                    "/",
                    "authorization",
                    "Bearer bad",
                    "origin",
                    "https://a.example",
                    "access-control-request-method",
                    "GET")
                .status())
        .isEqualTo(200);
    assertThat(request(engine, "OPTIONS", "/", bearer("bad")).status()).isEqualTo(401);
  }

  @Test
  void anEngineWithoutAVerifierBelievesNothing() {
    Engine bare = mesh(rule(ISSUER, "")).engineOf("details");
    assertThat(request(bare, "GET", "/", bearer(token(ISSUER))).status()).isEqualTo(401);
    assertThat(request(bare, "GET", "/").status()).isEqualTo(200);
  }

  @Test
  void everyFieldOfTheFilterIsRead() {
    JwtProvider provider =
        mesh(rule(ISSUER, ", audiences: [a], fromParams: [p], fromCookies: [c]"))
            .configOf("details")
            .inbound()
            .chains()
            .get(0)
            .http()
            .checks()
            .tokens()
            .providers()
            .get("origins-0");
    assertThat(provider.places())
        .containsExactly(new JwtProvider.ParamPlace("p"), new JwtProvider.CookiePlace("c"));
    assertThat(provider.spaceDelimitedClaims()).containsExactly("scope", "permission");
  }
}
