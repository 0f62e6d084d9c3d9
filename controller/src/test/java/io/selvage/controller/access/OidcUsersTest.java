package io.selvage.controller.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
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
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.selvage.controller.ca.CaSettings;
import io.selvage.controller.ca.CertificateAuthority;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.store.StoreException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a provider over TLS on loopback. */
class OidcUsersTest {
  private static final String CLIENT = "selvage";
  @TempDir Path folder;
  private HttpsServer provider;
  private RSAKey rsa;
  private ECKey ec;
  private RSAKey stranger;
  private String issuer;
  private String claimedIssuer;
  private final AtomicInteger asked = new AtomicInteger();

  @BeforeEach
  void start() throws Exception {
    rsa = new RSAKeyGenerator(2048).keyID("r1").generate();
    ec = new ECKeyGenerator(Curve.P_256).keyID("e1").generate();
    stranger = new RSAKeyGenerator(2048).keyID("r1").generate();
    OwnIdentity identity =
        new OwnIdentity(
            CertificateAuthority.open(
                CaSettings.dev(folder.resolve("ca"), "cluster.local"), Clock.systemUTC()),
            List.of(),
            Clock.systemUTC());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(new KeyManager[] {identity}, null, null);
    provider = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    provider.setHttpsConfigurator(new HttpsConfigurator(tls));
    issuer = "https://127.0.0.1:" + provider.getAddress().getPort();
    claimedIssuer = issuer;
    provider.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          boolean keys = exchange.getRequestURI().getPath().equals("/keys");
          String body =
              keys
                  ? new JWKSet(List.of(rsa, ec)).toString()
                  : "{\"issuer\":\"" + claimedIssuer + "\",\"jwks_uri\":\"" + issuer + "/keys\"}";
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    provider.start();
  }

  @AfterEach
  void stop() {
    provider.stop(0);
  }

  private OidcUsers users() throws Exception {
    Path bindings = folder.resolve("bindings.json");
    Files.writeString(
        bindings,
        "[{\"user\":\"alice\",\"role\":\"admin\"},"
            + "{\"group\":\"devs\",\"role\":\"operator\",\"namespaces\":[\"shop\"]}]");
    Files.setPosixFilePermissions(bindings, PosixFilePermissions.fromString("rw-r--r--"));
    return new OidcUsers(
        new OidcSettings(
            URI.create(issuer),
            CLIENT,
            "sub",
            "groups",
            folder.resolve("ca/root-cert.pem"),
            bindings));
  }

  private JWTClaimsSet.Builder claims(String subject) {
    return new JWTClaimsSet.Builder()
        .issuer(issuer)
        .audience(CLIENT)
        .subject(subject)
        .issueTime(Date.from(Instant.now()))
        .expirationTime(Date.from(Instant.now().plusSeconds(600)));
  }

  private static String signed(JWSHeader header, JWTClaimsSet claims, JWSSigner signer)
      throws JOSEException {
    SignedJWT jwt = new SignedJWT(header, claims);
    jwt.sign(signer);
    return jwt.serialize();
  }

  private String rs256(JWTClaimsSet claims) throws JOSEException {
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build();
    return signed(header, claims, new RSASSASigner(rsa));
  }

  @Test
  void namesAndGroupsGetTheirRoles() throws Exception {
    OidcUsers users = users();
    assertThat(users.authenticate(rs256(claims("alice").build())))
        .contains(new User("oidc:alice", List.of(Grant.everywhere(Role.ADMIN))));
    JWTClaimsSet developer = claims("bob").claim("groups", List.of("devs", "other")).build();
    JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("e1").build();
    assertThat(users.authenticate(signed(header, developer, new ECDSASigner(ec))))
        .contains(new User("oidc:bob", List.of(new Grant(Role.OPERATOR, Set.of("shop")))));
    assertThat(users.authenticate(rs256(claims("bob").claim("groups", "devs").build())))
        .isPresent();
    assertThat(users.authenticate(rs256(claims("mallory").build()))).as("no binding").isEmpty();
    assertThat(asked.get()).as("document and keys, once").isEqualTo(2);
  }

  @Test
  void attacksAreRefused() throws Exception {
    OidcUsers users = users();
    Map<String, String> attacks = new LinkedHashMap<>();
    JWTClaimsSet good = claims("alice").build();
    JWSHeader rs = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("r1").build();
    attacks.put("unsigned", new PlainJWT(good).serialize());
    JWSHeader hs = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("r1").build();
    byte[] publicKey = rsa.toRSAPublicKey().getEncoded();
    attacks.put("public key as secret", signed(hs, good, new MACSigner(publicKey)));
    attacks.put("another's key", signed(rs, good, new RSASSASigner(stranger)));
    JWSHeader own = new JWSHeader.Builder(JWSAlgorithm.RS256).jwk(stranger.toPublicJWK()).build();
    attacks.put("key in the header", signed(own, good, new RSASSASigner(stranger)));
    JWSHeader elsewhere =
        new JWSHeader.Builder(JWSAlgorithm.RS256).jwkURL(URI.create("https://127.0.0.1:1")).build();
    attacks.put("key by URL", signed(elsewhere, good, new RSASSASigner(stranger)));
    JWSHeader unknown = new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("../r1").build();
    attacks.put("unknown key", signed(unknown, good, new RSASSASigner(rsa)));
    attacks.put("other issuer", rs256(claims("alice").issuer(issuer + "/").build()));
    attacks.put("other client", rs256(claims("alice").audience("other").build()));
    attacks.put("no audience", rs256(claims("alice").audience((String) null).build()));
    attacks.put("no expiry", rs256(claims("alice").expirationTime(null).build()));
    Date past = Date.from(Instant.now().minusSeconds(120));
    attacks.put("expired", rs256(claims("alice").expirationTime(past).build()));
    Date future = Date.from(Instant.now().plusSeconds(300));
    attacks.put("not yet", rs256(claims("alice").notBeforeTime(future).build()));
    attacks.put("no subject", rs256(claims("alice").subject(null).build()));
    String whole = rs256(good);
    attacks.put("signature cut off", whole.substring(0, whole.lastIndexOf('.') + 1));
    attacks.put("changed", whole.replaceFirst("\\.e", ".f"));
    attacks.put("one part more", whole + ".x");
    attacks.put("huge", "a".repeat(20_000) + "." + whole.substring(whole.indexOf('.') + 1));
    attacks.put("nothing", "..");
    attacks.forEach((name, token) -> assertThat(users.authenticate(token)).as(name).isEmpty());
    assertThat(users.authenticate(whole)).as("and the good one still works").isPresent();
  }

  @Test
  void aProviderThatIsAnotherIsNotBelieved() throws Exception {
    claimedIssuer = "https://elsewhere.example";
    OidcUsers users = users();
    String token = rs256(claims("alice").build());
    assertThat(users.authenticate(token)).isEmpty();
    int before = asked.get();
    assertThat(users.authenticate(token)).isEmpty();
    assertThat(asked.get()).as("not asked again at once").isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[{\"role\":\"admin\"}]",
        "[{\"user\":\"a\",\"group\":\"b\",\"role\":\"admin\"}]",
        "[{\"user\":\"a\",\"role\":\"root\"}]",
        "[{\"user\":\"a\",\"role\":\"admin\",\"namespace\":\"x\"}]"
      })
  void badBindingsAreRefused(String text) throws Exception {
    Path file = folder.resolve("bad.json");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> new RoleBindings(file))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("Fix:");
    Files.writeString(file, "[]");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThatThrownBy(() -> new RoleBindings(file)).hasMessageContaining("open to others");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://idp", "https://idp?x=1", "https://u@idp", "https:///x", "idp"})
  void issuersThatAreNotHttpsAreRefused(String text) {
    assertThatThrownBy(
            () -> new OidcSettings(URI.create(text), CLIENT, "sub", "groups", null, Path.of("b")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
