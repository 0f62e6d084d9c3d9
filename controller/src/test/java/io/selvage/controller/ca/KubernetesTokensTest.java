package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesTokensTest {
  private static final String ISSUER = "https://kubernetes.default.svc";
  private static final SpiffeId ME = new SpiffeId("cluster.local", "shop", "web");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final RSAKey RSA = rsa("k1");
  private static final RSAKey OTHER = rsa("k1");
  private static final ECKey EC = ec("k2");
  @TempDir Path folder;
  private Instant now = Instant.parse("2026-11-20T10:00:00Z");
  private final Clock clock =
      new Clock() {
        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }

        @Override
        public Instant instant() {
          return now;
        }
      };
  private Path jwks;
  private KubernetesTokens tokens;

  private static RSAKey rsa(String id) {
    try {
      return new RSAKeyGenerator(2048).keyID(id).generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ECKey ec(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void open() throws Exception {
    jwks = folder.resolve("jwks.json");
    Files.writeString(jwks, new JWKSet(List.of(RSA, EC)).toString(true));
    tokens = new KubernetesTokens(settings(), ClusterKeys.file(jwks, clock), null, clock);
  }

  private static KubernetesTokens.Settings settings() {
    return new KubernetesTokens.Settings("cluster.local", ISSUER, "istio-ca");
  }

  private JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("istio-ca")
        .subject("system:serviceaccount:shop:web")
        .issueTime(Date.from(now.minusSeconds(60)))
        .notBeforeTime(Date.from(now.minusSeconds(60)))
        .expirationTime(Date.from(now.plusSeconds(600)))
        .claim(
            "kubernetes.io",
            Map.of("namespace", "shop", "serviceaccount", Map.of("name", "web", "uid", "1")));
  }

  private static String sign(JWSHeader header, JWTClaimsSet claims, JWSSigner signer) {
    try {
      SignedJWT jwt = new SignedJWT(header, claims);
      jwt.sign(signer);
      return jwt.serialize();
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JWSSigner signer(RSAKey key) {
    try {
      return new RSASSASigner(key);
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JWSHeader.Builder rs256() {
    return new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").type(JOSEObjectType.JWT);
  }

  private String good(Consumer<JWTClaimsSet.Builder> change) {
    JWTClaimsSet.Builder claims = claims();
    change.accept(claims);
    return sign(rs256().build(), claims.build(), signer(RSA));
  }

  private static String raw(String header, String claims, String signature) {
    return Base64URL.encode(header) + "." + Base64URL.encode(claims) + "." + signature;
  }

  @Test
  void aProjectedTokenGivesTheIdentityOfItsAccount() throws Exception {
    assertThat(tokens.identity(good(c -> {}))).isEqualTo(ME);
    String elliptic =
        sign(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k2").build(),
            claims().build(),
            new ECDSASigner(EC));
    assertThat(tokens.identity(elliptic)).isEqualTo(ME);
    assertThat(tokens.identity(good(c -> c.audience(List.of("other", "istio-ca"))))).isEqualTo(ME);
  }

  private Map<String, Map.Entry<String, Function<Integer, String>>> attacks() throws Exception {
    Map<String, Map.Entry<String, Function<Integer, String>>> all = new LinkedHashMap<>();
    String token = good(c -> {});
    String[] parts = token.split("\\.");
    String body = claims().build().toString();
    for (String none : List.of("none", "None", "nOnE", "NONE")) {
      put(all, "alg " + none, "", raw("{\"alg\":\"" + none + "\",\"kid\":\"k1\"}", body, ""));
    }
    byte[] publicPem =
        Pem.block("PUBLIC KEY", RSA.toPublicKey().getEncoded()).getBytes(StandardCharsets.US_ASCII);
    put(
        all,
        "HS256 with the RSA key as secret",
        "SELV-4151",
        sign(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(),
            claims().build(),
            new MACSigner(publicPem)));
    put(
        all,
        "another key of the same id",
        "SELV-4151",
        sign(rs256().build(), claims().build(), signer(OTHER)));
    for (String kid : List.of("../../jwks", "' OR 1=1", "https://evil.example/k", "k3", "K1")) {
      put(
          all,
          "kid " + kid,
          "SELV-4151",
          sign(rs256().keyID(kid).build(), claims().build(), signer(RSA)));
    }
    put(
        all,
        "its own key in the header",
        "SELV-4151",
        sign(
            rs256().keyID("own").jwk(OTHER.toPublicJWK()).build(),
            claims().build(),
            signer(OTHER)));
    put(
        all,
        "keys elsewhere",
        "SELV-4151",
        sign(
            rs256().keyID("own").jwkURL(URI.create("https://evil.example/jwks")).build(),
            claims().build(),
            signer(OTHER)));
    put(
        all,
        "a certificate elsewhere",
        "SELV-4151",
        sign(
            rs256().keyID("own").x509CertURL(URI.create("https://evil.example/c")).build(),
            claims().build(),
            signer(OTHER)));
    put(
        all,
        "critical extension",
        "SELV-4151",
        sign(
            rs256().criticalParams(Set.of("exp")).customParam("exp", 1).build(),
            claims().build(),
            signer(RSA)));
    put(
        all,
        "PS256 header over an RS256 signature",
        "SELV-4151",
        Base64URL.encode("{\"alg\":\"PS256\",\"kid\":\"k1\"}") + "." + parts[1] + "." + parts[2]);
    put(
        all,
        "ES256 with an RSA key's id",
        "SELV-4151",
        sign(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k1").build(),
            claims().build(),
            new ECDSASigner(EC)));
    put(
        all,
        "zero ECDSA signature",
        "SELV-4151",
        raw("{\"alg\":\"ES256\",\"kid\":\"k2\"}", body, Base64URL.encode(new byte[64]).toString()));
    put(
        all,
        "swapped payload",
        "SELV-4151",
        parts[0]
            + "."
            + good(c -> c.subject("system:serviceaccount:shop:admin")).split("\\.")[1]
            + "."
            + parts[2]);
    put(all, "no signature", "SELV-4150", parts[0] + "." + parts[1] + ".");
    put(all, "two tokens", "SELV-4150", token + "." + token);
    put(all, "padding", "", parts[0] + "=." + parts[1] + "==." + parts[2] + "!");
    put(all, "four parts", "SELV-4150", token + ".x");
    put(all, "nothing", "SELV-4150", "");
    put(all, "no dots", "SELV-4150", "abc");
    put(all, "too long", "SELV-4150", "x".repeat(1 << 20));
    put(
        all,
        "encrypted",
        "SELV-4150",
        Base64URL.encode("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}") + "..a.b.c");
    put(all, "no end", "SELV-4153", good(c -> c.expirationTime(null)));
    put(all, "expired", "SELV-4153", good(c -> c.expirationTime(Date.from(now.minusSeconds(31)))));
    put(all, "not yet", "SELV-4153", good(c -> c.notBeforeTime(Date.from(now.plusSeconds(31)))));
    put(all, "issued later", "SELV-4153", good(c -> c.issueTime(Date.from(now.plusSeconds(90)))));
    put(all, "other issuer", "SELV-4152", good(c -> c.issuer("https://evil.example")));
    put(all, "no issuer", "SELV-4152", good(c -> c.issuer(null)));
    put(
        all,
        "issuer's case",
        "SELV-4152",
        good(c -> c.issuer(ISSUER.toUpperCase(java.util.Locale.ROOT))));
    put(all, "other audience", "SELV-4152", good(c -> c.audience("vault")));
    put(all, "audience's case", "SELV-4152", good(c -> c.audience("Istio-CA")));
    put(all, "no audience", "SELV-4152", good(c -> c.audience((String) null)));
    put(all, "a person", "SELV-4154", good(c -> c.subject("alice")));
    put(all, "a node", "SELV-4154", good(c -> c.subject("system:node:worker-1")));
    put(all, "no subject", "SELV-4154", good(c -> c.subject(null)));
    put(all, "a fifth part", "SELV-4154", good(c -> c.subject("system:serviceaccount:shop:web:x")));
    put(all, "a path", "SELV-4154", good(c -> c.subject("system:serviceaccount:shop:../admin")));
    put(all, "no cluster's claim", "SELV-4154", good(c -> c.claim("kubernetes.io", null)));
    put(
        all,
        "another account in the cluster's claim",
        "SELV-4154",
        good(
            c ->
                c.claim(
                    "kubernetes.io",
                    Map.of("namespace", "shop", "serviceaccount", Map.of("name", "admin")))));
    return all;
  }

  private static void put(
      Map<String, Map.Entry<String, Function<Integer, String>>> all,
      String name,
      String code,
      String token) {
    all.put(name, Map.entry(code, ignored -> token));
  }

  @TestFactory
  List<DynamicTest> attacksAreRefusedWithACode() throws Exception {
    Map<String, Map.Entry<String, Function<Integer, String>>> all = attacks();
    assertThat(all).hasSizeGreaterThanOrEqualTo(40);
    return all.entrySet().stream()
        .map(
            attack ->
                DynamicTest.dynamicTest(
                    attack.getKey(),
                    () -> {
                      String token = attack.getValue().getValue().apply(0);
                      assertThatThrownBy(() -> tokens.identity(token))
                          .isInstanceOf(CodedException.class)
                          .hasMessageStartingWith("[SELV-415")
                          .hasMessageContaining(attack.getValue().getKey())
                          .hasMessageContaining("Fix:")
                          .hasMessageNotContaining("\n");
                    }))
        .toList();
  }

  @Test
  void keysThatTheClusterReplacesAreFoundAndAreAskedForNotTooOften() throws Exception {
    assertThat(tokens.identity(good(c -> {}))).isEqualTo(ME);
    RSAKey next = rsa("k9");
    String fresh = sign(rs256().keyID("k9").build(), claims().build(), signer(next));
    Files.writeString(jwks, new JWKSet(List.of(RSA, next)).toString(true));
    assertThatThrownBy(() -> tokens.identity(fresh)).hasMessageStartingWith("[SELV-4151]");
    now = now.plusSeconds(31);
    assertThat(tokens.identity(fresh)).isEqualTo(ME);
    Files.delete(jwks);
    now = now.plus(Duration.ofHours(23));
    String later = sign(rs256().keyID("k9").build(), claims().build(), signer(next));
    assertThat(tokens.identity(later)).isEqualTo(ME);
    now = now.plus(Duration.ofHours(2));
    String tooLate = sign(rs256().keyID("k9").build(), claims().build(), signer(next));
    assertThatThrownBy(() -> tokens.identity(tooLate)).hasMessageStartingWith("[SELV-4151]");
  }

  /** A TokenReview server over TLS that says what it is told, and what it was asked. */
  private final class Reviewer implements AutoCloseable {
    private final HttpsServer server;
    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final CertificateAuthority authority =
        CertificateAuthority.open(
            CaSettings.dev(folder.resolve("api"), "api.example"), Clock.systemUTC());
    private final AtomicReference<String> status = new AtomicReference<>("{}");
    private final AtomicReference<JsonNode> asked = new AtomicReference<>();
    private final AtomicReference<String> bearer = new AtomicReference<>("");

    Reviewer() throws Exception {
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(
          new KeyManager[] {new OwnIdentity(authority, List.of(), Clock.systemUTC())}, null, null);
      server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
      server.setExecutor(pool);
      server.createContext(
          "/apis/authentication.k8s.io/v1/tokenreviews",
          exchange -> {
            asked.set(JSON.readTree(exchange.getRequestBody()));
            bearer.set(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] answer =
                ("{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\",\"status\":"
                        + status.get()
                        + "}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(201, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
          });
      server.start();
    }

    TokenReview review() {
      return new TokenReview(
          () ->
              new BundleFetch.Source(
                  "https://localhost:" + server.getAddress().getPort() + "/",
                  Pem.of(authority.bundle().roots()),
                  "our-own"),
          new BundleFetch());
    }

    @Override
    public void close() {
      server.stop(0);
      pool.shutdownNow();
    }
  }

  private static final String GOOD =
      "{\"authenticated\":true,\"audiences\":[\"istio-ca\"],"
          + "\"user\":{\"username\":\"system:serviceaccount:shop:web\"}}";

  @Test
  void theClusterItselfIsAskedWhereItCanBe() throws Exception {
    try (Reviewer cluster = new Reviewer()) {
      KubernetesTokens online = new KubernetesTokens(settings(), null, cluster.review(), clock);
      KubernetesTokens both =
          new KubernetesTokens(settings(), ClusterKeys.file(jwks, clock), cluster.review(), clock);
      cluster.status.set(GOOD);
      String token = good(c -> {});
      assertThat(online.identity(token)).isEqualTo(ME);
      assertThat(both.identity(token)).isEqualTo(ME);
      assertThat(cluster.asked.get().at("/spec/token").asText()).isEqualTo(token);
      assertThat(cluster.asked.get().at("/spec/audiences/0").asText()).isEqualTo("istio-ca");
      assertThat(cluster.bearer).hasValue("Bearer our-own");

      cluster.status.set(GOOD.replace(":web", ":admin"));
      assertThat(online.identity(token).serviceAccount()).isEqualTo("admin");
      assertThatThrownBy(() -> both.identity(token))
          .as("what was verified and what is used must be one")
          .hasMessageStartingWith("[SELV-4155]");
      cluster.status.set(GOOD);
      assertThatThrownBy(() -> online.identity(good(c -> c.expirationTime(null))))
          .hasMessageStartingWith("[SELV-4153]");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|4155",
        "{\"authenticated\":false,\"error\":\"expired\"}|4155",
        "{\"authenticated\":\"true\"}|4155",
        "{\"authenticated\":true,\"user\":{\"username\":\"system:serviceaccount:shop:web\"}}|4155",
        "{\"authenticated\":true,\"audiences\":[],\"user\":{\"username\":\"system:serviceaccount:shop:web\"}}|4155",
        "{\"authenticated\":true,\"audiences\":[\"api\"],\"user\":{\"username\":\"system:serviceaccount:shop:web\"}}|4155",
        "{\"authenticated\":true,\"audiences\":[\"istio-ca\"],\"user\":{\"username\":\"admin\"}}|4154",
        "{\"authenticated\":true,\"audiences\":[\"istio-ca\"]}|4154",
        "broken|4155"
      })
  void whatTheClusterDoesNotVouchForIsRefused(String status, String code) throws Exception {
    try (Reviewer cluster = new Reviewer()) {
      cluster.status.set(status);
      KubernetesTokens online = new KubernetesTokens(settings(), null, cluster.review(), clock);
      assertThatThrownBy(() -> online.identity(good(c -> {})))
          .hasMessageStartingWith("[SELV-" + code + "]");
    }
  }

  @Test
  void aClusterThatCannotBeAskedLetsNobodyIn() {
    TokenReview gone =
        new TokenReview(
            () -> new BundleFetch.Source("https://localhost:1", "", ""), new BundleFetch());
    assertThatThrownBy(
            () -> new KubernetesTokens(settings(), null, gone, clock).identity(good(c -> {})))
        .hasMessageStartingWith("[SELV-4155]");
  }
}
