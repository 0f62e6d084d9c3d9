package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateAuthorityTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
  private static final SpiffeId ME = new SpiffeId("cluster.local", "default", "reviews");
  @TempDir Path folder;
  private final KeyPair keys = CertificateTemplate.newKeyPair();

  private CertificateAuthority open() {
    return CertificateAuthority.open(CaSettings.dev(folder.resolve("ca"), "cluster.local"), CLOCK);
  }

  @Test
  void leafIsAnSvid() throws Exception {
    List<X509Certificate> chain = open().issue(keys.getPublic(), ME, Duration.ofMinutes(5));
    assertThat(chain).hasSize(3);
    X509Certificate leaf = chain.get(0);
    assertThat(SpiffeId.of(leaf)).contains(ME);
    assertThat(leaf.getSubjectX500Principal().getName()).isEmpty();
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17", "2.5.29.15", "2.5.29.19");
    assertThat(leaf.getExtendedKeyUsage())
        .containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getSerialNumber().bitLength()).isGreaterThanOrEqualTo(64);
    assertThat(leaf.getNotBefore().toInstant()).isEqualTo(NOW.minusSeconds(120));
    assertThat(leaf.getNotAfter().toInstant()).isEqualTo(NOW.plusSeconds(300));
    leaf.verify(chain.get(1).getPublicKey());
    chain.get(1).verify(chain.get(2).getPublicKey());
  }

  @Test
  void lifetimesAreBounded() {
    CertificateAuthority authority = open();
    assertThat(lifetime(authority, Duration.ZERO)).isEqualTo(Duration.ofHours(1));
    assertThat(lifetime(authority, Duration.ofSeconds(1))).isEqualTo(Duration.ofSeconds(30));
    assertThat(lifetime(authority, Duration.ofDays(999))).isEqualTo(Duration.ofHours(24));
  }

  private Duration lifetime(CertificateAuthority authority, Duration asked) {
    X509Certificate leaf = authority.issue(keys.getPublic(), ME, asked).get(0);
    return Duration.between(NOW, leaf.getNotAfter().toInstant());
  }

  @Test
  void serialsDoNotRepeat() {
    CertificateAuthority authority = open();
    Set<Object> serials = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      serials.add(authority.issue(keys.getPublic(), ME, Duration.ZERO).get(0).getSerialNumber());
    }
    assertThat(serials).hasSize(50);
  }

  @Test
  void aRestartKeepsTheRoot() {
    assertThat(open().root()).isEqualTo(open().root());
  }

  @Test
  void widerModesAreRefused() throws Exception {
    open();
    Path key = folder.resolve("ca/ca-key.pem");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(this::open)
        .hasMessageStartingWith("[SELV-4110]")
        .hasMessageContaining("chmod 0600");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Files.setPosixFilePermissions(
        folder.resolve("ca"), PosixFilePermissions.fromString("rwxr-x---"));
    assertThatThrownBy(this::open)
        .hasMessageStartingWith("[SELV-4110]")
        .hasMessageContaining("chmod 0700");
  }

  private KeyVault vault(String name) {
    AuthorityPlace place = AuthorityPlace.in(folder.resolve(name));
    return new KeyVault(PrivateFolder.open(place.folder()), place.passphrase());
  }

  @Test
  void keysOnDiskAreEncryptedAndOpensslReadsThem() throws Exception {
    open();
    for (String name : List.of("ca-key.pem", "root-key.pem")) {
      Path file = folder.resolve("ca").resolve(name);
      assertThat(Files.readString(file)).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");
      assertThat(openssl("pkey", "-in", file.toString(), "-noout", "-text"))
          .contains("NIST CURVE: P-256");
    }
    assertThat(Files.getPosixFilePermissions(folder.resolve("ca-passphrase")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  /** Runs openssl with the authority's passphrase; its output. */
  private String openssl(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("-passin", "file:" + folder.resolve("ca-passphrase")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void aKeyInTheClearIsRefusedWithTheCommandThatEncryptsIt() throws Exception {
    open();
    PrivateFolder files = PrivateFolder.open(folder.resolve("ca"));
    files.write("ca-key.pem", Pem.of(vault("ca").read("ca-key.pem")));
    assertThatThrownBy(this::open)
        .hasMessageStartingWith("[SELV-4114]")
        .hasMessageContaining("openssl pkcs8 -topk8");
    String key = folder.resolve("ca/ca-key.pem").toString();
    Process openssl =
        new ProcessBuilder(
                ("openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in "
                        + key
                        + " -out "
                        + key
                        + ".new -passout file:"
                        + folder.resolve("ca-passphrase"))
                    .split(" "))
            .start();
    assertThat(openssl.waitFor()).isZero();
    files.write("ca-key.pem", Files.readString(Path.of(key + ".new")));
    assertThat(open().issue(keys.getPublic(), ME, Duration.ZERO)).hasSize(3);
  }

  @Test
  void withoutTheRightPassphraseNothingStarts() throws Exception {
    open();
    Path passphrase = folder.resolve("ca-passphrase");
    String right = Files.readString(passphrase);
    for (String wrong : List.of("another\n", "\n", "", "x".repeat(5000))) {
      Files.writeString(passphrase, wrong);
      assertThatThrownBy(this::open)
          .hasMessageStartingWith("[SELV-4115]")
          .hasMessageNotContaining(right.strip());
    }
    Files.delete(passphrase);
    assertThatThrownBy(this::open)
        .hasMessageStartingWith("[SELV-4115]")
        .hasMessageContaining("--ca-passphrase-file");
    Files.writeString(passphrase, right);
    Files.setPosixFilePermissions(passphrase, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(this::open).hasMessageStartingWith("[SELV-4110]");
    Files.setPosixFilePermissions(passphrase, PosixFilePermissions.fromString("r--------"));
    assertThatCode(this::open).doesNotThrowAnyException();
  }

  @Test
  void foreignKeyAndMissingFileAreRefused() throws Exception {
    open();
    vault("ca").write("ca-key.pem", keys.getPrivate());
    assertThatThrownBy(this::open).hasMessageStartingWith("[SELV-4112]");
    Files.delete(folder.resolve("ca/ca-key.pem"));
    assertThatThrownBy(this::open).hasMessageContaining("ca-key.pem is missing");
  }

  @Test
  void rootRotationWantsItsOrder() {
    CertificateAuthority authority = open();
    PrivateFolder files = PrivateFolder.open(folder.resolve("ca"));
    final String oldRoot = files.read("root-cert.pem");
    CertificateAuthority.open(CaSettings.dev(folder.resolve("next"), "cluster.local"), CLOCK);
    PrivateFolder next = PrivateFolder.open(folder.resolve("next"));
    String both = oldRoot + next.read("root-cert.pem");
    List<TrustBundle> seen = new ArrayList<>();
    authority.onBundle(seen::add);

    files.write("ca-cert.pem", next.read("ca-cert.pem"));
    vault("ca").write("ca-key.pem", vault("next").read("ca-key.pem"));
    files.write("root-cert.pem", both);
    assertThatThrownBy(authority::reload).hasMessageStartingWith("[SELV-4113]");

    final TrustBundle before = authority.bundle();
    CertificateAuthority other = rotated(files, both);
    assertThat(other.bundle().roots()).hasSize(2);
    assertThat(before.roots()).hasSize(1);
    assertThat(seen).isEmpty();
  }

  /** The right order, on a fresh authority over the same folder. */
  private CertificateAuthority rotated(PrivateFolder files, String both) {
    PrivateFolder next = PrivateFolder.open(folder.resolve("next"));
    PrivateFolder right = PrivateFolder.open(folder.resolve("right"));
    CertificateAuthority authority =
        CertificateAuthority.open(CaSettings.dev(folder.resolve("right"), "cluster.local"), CLOCK);
    List<TrustBundle> seen = new ArrayList<>();
    authority.onBundle(seen::add);
    right.write("root-cert.pem", right.read("root-cert.pem") + next.read("root-cert.pem"));
    authority.reload();
    assertThat(seen).hasSize(1);
    right.write("ca-cert.pem", next.read("ca-cert.pem"));
    vault("right").write("ca-key.pem", vault("next").read("ca-key.pem"));
    assertThatCode(authority::reload).doesNotThrowAnyException();
    assertThat(authority.root()).isEqualTo(Pem.certificates(next.read("root-cert.pem")).get(0));
    assertThat(both).isNotEmpty();
    return authority;
  }

  @Test
  void trustTakesOwnLeavesAndRefusesOthers() throws Exception {
    CertificateAuthority authority = open();
    MeshTrust trust = new MeshTrust(authority::bundle, CLOCK);
    X509Certificate[] good = chain(authority.issue(keys.getPublic(), ME, Duration.ZERO));
    trust.checkClientTrusted(good, "EC");
    trust.checkServerTrusted(good, "EC");

    List<X509Certificate[]> bad = new ArrayList<>();
    CertificateAuthority stranger =
        CertificateAuthority.open(CaSettings.dev(folder.resolve("x"), "cluster.local"), CLOCK);
    bad.add(chain(stranger.issue(keys.getPublic(), ME, Duration.ZERO)));
    CertificateAuthority otherDomain =
        CertificateAuthority.open(CaSettings.dev(folder.resolve("y"), "other"), CLOCK);
    bad.add(
        chain(otherDomain.issue(keys.getPublic(), new SpiffeId("other", "a", "b"), Duration.ZERO)));
    bad.add(new X509Certificate[] {good[1], good[2]});
    bad.add(new X509Certificate[] {good[2]});
    bad.add(new X509Certificate[] {good[0]});
    bad.add(new X509Certificate[0]);
    bad.add(leaf(List.of(uri(ME.toString()), uri("spiffe://cluster.local/ns/a/sa/b"))));
    bad.add(leaf(List.of(new GeneralName(GeneralName.dNSName, "reviews"))));
    bad.add(leaf(List.of(uri("spiffe://cluster.local"))));
    for (X509Certificate[] chain : bad) {
      assertThatThrownBy(() -> trust.checkClientTrusted(chain, "EC"))
          .isInstanceOf(CertificateException.class);
    }
    MeshTrust later =
        new MeshTrust(
            authority::bundle, Clock.fixed(NOW.plus(Duration.ofHours(2)), ZoneOffset.UTC));
    assertThatThrownBy(() -> later.checkClientTrusted(good, "EC"))
        .isInstanceOf(CertificateException.class);
  }

  /** A leaf with the given names under the real intermediate. */
  private X509Certificate[] leaf(List<GeneralName> names) {
    PrivateFolder files = PrivateFolder.open(folder.resolve("ca"));
    X509Certificate issuer = Pem.certificates(files.read("ca-cert.pem")).get(0);
    X509Certificate leaf =
        CertificateTemplate.leaf(
            new CertificateTemplate.Signer(
                new X500Name("O=cluster.local,CN=Selvage intermediate"),
                issuer.getPublicKey(),
                vault("ca").read("ca-key.pem")),
            keys.getPublic(),
            NOW.minusSeconds(60),
            NOW.plusSeconds(60),
            names);
    return new X509Certificate[] {leaf, issuer};
  }

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }

  private static X509Certificate[] chain(List<X509Certificate> chain) {
    return chain.toArray(new X509Certificate[0]);
  }

  @Test
  void ownLeafNamesTheControllerAndRotates() throws Exception {
    CertificateAuthority authority = open();
    OwnIdentity own = new OwnIdentity(authority, List.of("mesh.example", "10.1.2.3"), CLOCK);
    X509Certificate first = own.leaf();
    assertThat(first.getSubjectAlternativeNames().toString())
        .contains("selvage-controller", "istiod.istio-system.svc", "localhost", "127.0.0.1")
        .contains("mesh.example", "10.1.2.3")
        .contains("spiffe://cluster.local/ns/selvage-system/sa/controller");
    own.rotateWhenDue();
    assertThat(own.leaf()).isSameAs(first);
    own.rotate();
    assertThat(own.leaf().getPublicKey()).isNotEqualTo(first.getPublicKey());
  }
}
