package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FederationTest {
  private static final Instant NOW = Instant.now();
  @TempDir Path folder;
  private CertificateAuthority partner;
  private HttpsServer server;
  private java.util.concurrent.ExecutorService pool;
  private final AtomicReference<String> body = new AtomicReference<>("");
  private final AtomicInteger status = new AtomicInteger(200);
  private final AtomicReference<String> seenToken = new AtomicReference<>("");

  @BeforeEach
  void open() throws Exception {
    partner =
        CertificateAuthority.open(
            CaSettings.dev(folder.resolve("partner"), "partner.example"), Clock.systemUTC());
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(new KeyManager[] {new OwnIdentity(partner, List.of(), Clock.systemUTC())}, null, null);
    server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    pool = java.util.concurrent.Executors.newCachedThreadPool();
    server.setExecutor(pool);
    server.createContext(
        "/",
        exchange -> {
          seenToken.set(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          exchange.getResponseHeaders().set("Location", "https://localhost:1/other");
          byte[] bytes = body.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status.get(), bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    body.set(SpiffeBundle.json(partner.bundle().roots(), 1).toString());
  }

  @AfterEach
  void close() {
    server.stop(0);
    pool.shutdownNow();
  }

  private Federation federation(Instant now) {
    return Federation.open(
        PrivateFolder.open(folder.resolve("mesh")),
        "cluster.local",
        new BundleFetch(),
        Clock.fixed(now, ZoneOffset.UTC));
  }

  private BundleFetch.Source source() {
    return new BundleFetch.Source(
        "https://localhost:" + server.getAddress().getPort() + "/bundle",
        Pem.of(partner.bundle().roots()),
        "secret-token");
  }

  @Test
  void aStaticBundleIsKeptAndRemoved() {
    Federation federation = federation(NOW);
    federation.put("partner.example", body.get());
    assertThat(federation(NOW).roots().get("partner.example")).isEqualTo(partner.bundle().roots());
    federation.remove("partner.example");
    assertThat(federation(NOW).roots()).isEmpty();
    assertThatThrownBy(() -> federation.remove("partner.example"))
        .hasMessageStartingWith("[SELV-4171]");
  }

  @Test
  void aFetchedBundleFollowsItsSourceAndOutlivesItsFailure() {
    federation(NOW).put("partner.example", source());
    assertThat(seenToken).hasValue("Bearer secret-token");
    CertificateAuthority second =
        CertificateAuthority.open(
            CaSettings.dev(folder.resolve("second"), "partner.example"), Clock.systemUTC());
    List<X509Certificate> both = List.of(partner.root(), second.root());
    body.set(SpiffeBundle.json(both, 2).toString());

    Federation soon = federation(NOW.plusSeconds(30));
    soon.refresh();
    assertThat(soon.roots().get("partner.example")).containsExactly(partner.root());
    Federation later = federation(NOW.plusSeconds(61));
    AtomicInteger told = new AtomicInteger();
    later.onChange(told::incrementAndGet);
    later.refresh();
    assertThat(later.roots().get("partner.example")).isEqualTo(both);
    assertThat(told).hasValue(1);

    for (int code : new int[] {302, 500}) {
      status.set(code);
      Federation broken = federation(NOW.plus(Duration.ofDays(code)));
      broken.refresh();
      assertThat(broken.roots().get("partner.example")).isEqualTo(both);
      assertThat(broken.all().get(0).error()).startsWith("[SELV-4173]").contains("" + code);
    }
    status.set(200);
    body.set("{}");
    Federation garbage = federation(NOW.plus(Duration.ofDays(900)));
    garbage.refresh();
    assertThat(garbage.all().get(0).error()).startsWith("[SELV-4170]");
    assertThat(garbage.roots().get("partner.example")).isEqualTo(both);
    assertThat(Federation.json(garbage.all().get(0), false).toString())
        .doesNotContain("secret-token");
  }

  @Test
  void whoCannotBeFetchedIsNotLetInAtAll() {
    Federation federation = federation(NOW);
    String url = source().url();
    for (BundleFetch.Source bad :
        List.of(
            new BundleFetch.Source(url, "", ""),
            new BundleFetch.Source(url.replace("https", "http"), source().caPem(), ""),
            new BundleFetch.Source("file:///etc/passwd", "", ""),
            new BundleFetch.Source("https://localhost:1/", source().caPem(), ""))) {
      assertThatThrownBy(() -> federation.put("partner.example", bad))
          .hasMessageStartingWith("[SELV-4173]");
    }
    body.set("x".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> federation.put("partner.example", source()))
        .hasMessageStartingWith("[SELV-4173]")
        .hasMessageContaining("longer");
    assertThat(federation.all()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cluster.local", "", "Partner.example", "a/b", "spiffe://x", ".x"})
  void noDomainAndOurOwnAreRefused(String domain) {
    assertThatThrownBy(() -> federation(NOW).put(domain, body.get()))
        .hasMessageStartingWith("[SELV-4171]");
  }

  @Test
  void whatIsNoBundleIsRefusedWithItsField() throws Exception {
    String good = body.get();
    X509Certificate leaf =
        partner
            .issue(
                CertificateTemplate.newKeyPair().getPublic(),
                new SpiffeId("partner.example", "a", "b"),
                Duration.ofHours(1))
            .get(0);
    String notCa = SpiffeBundle.json(List.of(leaf), 1).toString();
    String x = good.replaceAll(".*\"x\":\"([^\"]*)\".*", "$1");
    for (String[] bad :
        new String[][] {
          {"", "keys"},
          {"[]", "keys"},
          {"{\"keys\":[]}", "keys"},
          {"{\"keys\":{}}", "keys"},
          {"not json", "is not JSON"},
          {good.replace("x509-svid", "jwt-svid"), "keys"},
          {good.replaceAll("\"x5c\":\\[\"", "\"x5c\":[\"AAAA"), "keys[0].x5c"},
          {good.replaceAll("\"x5c\":\\[.*?\\]", "\"x5c\":[]"), "keys[0].x5c"},
          {good.replace(x, "AAAA"), "keys[0].x"},
          {good.replace("\"EC\"", "\"RSA\""), "keys[0].kty"},
          {notCa, "authority"},
        }) {
      assertThatThrownBy(() -> SpiffeBundle.roots(bad[0]))
          .as(bad[0])
          .hasMessageStartingWith("[SELV-4170]")
          .hasMessageContaining(bad[1]);
    }
    assertThat(SpiffeBundle.roots(good.replace("{\"use\"", "{\"use\":\"jwt-svid\"},{\"use\"")))
        .isEqualTo(partner.bundle().roots());
  }
}
