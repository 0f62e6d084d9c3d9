package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootRotationTest {
  private static final SpiffeId ME = new SpiffeId("cluster.local", "default", "reviews");
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
  private final KeyPair keys = CertificateTemplate.newKeyPair();
  private final List<String> behind = new ArrayList<>();

  private MeshAuthority open() {
    MeshAuthority opened =
        MeshAuthority.open(
            CaSettings.dev(folder.resolve("ca"), "cluster.local"),
            PrivateFolder.open(folder.resolve("mesh")),
            clock);
    opened.confirmedBy(() -> behind);
    return opened;
  }

  private X509Certificate[] leaf(MeshAuthority mesh) {
    return mesh.authority()
        .issue(keys.getPublic(), ME, Duration.ofHours(1))
        .toArray(new X509Certificate[0]);
  }

  @Test
  void threeStepsEachTrustedByEverybodyOnTheWay() throws Exception {
    MeshAuthority mesh = open();
    MeshTrust trust = new MeshTrust(mesh::trust, clock);
    List<TrustBundle> told = new ArrayList<>();
    mesh.onTrust(() -> told.add(mesh.trust()));
    List<Integer> signers = new ArrayList<>();
    mesh.authority().onSigner(() -> signers.add(1));
    X509Certificate[] before = leaf(mesh);

    mesh.rotation().add();
    assertThat(mesh.rotation().state()).isEqualTo(RootRotation.State.ADDED);
    assertThat(told).hasSize(1);
    assertThat(mesh.trust().roots()).hasSize(2).startsWith(before[2]);
    assertThat(leaf(mesh)[2]).isEqualTo(before[2]);

    mesh.rotation().sign(false);
    X509Certificate[] after = leaf(mesh);
    assertThat(after[2]).isEqualTo(mesh.trust().roots().get(1)).isNotEqualTo(before[2]);
    assertThat(signers).hasSize(1);
    trust.checkClientTrusted(before, "EC");
    trust.checkClientTrusted(after, "EC");

    now = now.plus(Duration.ofHours(1));
    mesh.rotation().drop(false);
    assertThat(mesh.trust().roots()).containsExactly(after[2]);
    assertThatThrownBy(() -> trust.checkClientTrusted(before, "EC"))
        .hasMessageContaining("SELV-4130");
    trust.checkClientTrusted(leaf(mesh), "EC");
    assertThat(mesh.rotation().state()).isEqualTo(RootRotation.State.ONE_ROOT);
    assertThat(open().trust()).isEqualTo(mesh.trust());
    try (var files = Files.list(folder.resolve("ca"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem", "root-key.pem");
    }
  }

  private void refused(String code, Runnable step) {
    assertThatThrownBy(step::run)
        .hasMessageStartingWith("[" + code + "]")
        .hasMessageContaining("Fix:");
  }

  @Test
  void everyOtherOrderIsRefusedAndChangesNothing() {
    MeshAuthority mesh = open();
    leaf(mesh);
    TrustBundle one = mesh.trust();
    refused("SELV-4160", () -> mesh.rotation().sign(false));
    refused("SELV-4160", () -> mesh.rotation().sign(true));
    refused("SELV-4160", () -> mesh.rotation().drop(true));
    assertThat(mesh.trust()).isEqualTo(one);

    mesh.rotation().add();
    TrustBundle two = mesh.trust();
    refused("SELV-4160", () -> mesh.rotation().add());
    refused("SELV-4160", () -> mesh.rotation().drop(true));
    behind.add("spiffe://cluster.local/ns/default/sa/slow");
    refused("SELV-4161", () -> mesh.rotation().sign(false));
    assertThat(mesh.trust()).isEqualTo(two);
    assertThat(leaf(mesh)[2]).isEqualTo(one.roots().get(0));

    behind.clear();
    mesh.rotation().sign(false);
    refused("SELV-4160", () -> mesh.rotation().add());
    refused("SELV-4160", () -> mesh.rotation().sign(true));
    now = now.plus(Duration.ofMinutes(59));
    refused("SELV-4162", () -> mesh.rotation().drop(false));
    assertThat(mesh.trust()).isEqualTo(two);
    mesh.rotation().drop(true);
    assertThat(mesh.trust().roots()).hasSize(1);
  }

  @Test
  void aRestartGoesOnWhereItWas() {
    leaf(open());
    open().rotation().add();
    assertThat(open().rotation().state()).isEqualTo(RootRotation.State.ADDED);
    now = now.plus(Duration.ofMinutes(1));
    open().rotation().sign(false);
    MeshAuthority after = open();
    assertThat(after.rotation().state()).isEqualTo(RootRotation.State.SIGNING);
    // who signed before the restart is not known any more, so the longest lifetime counts
    now = now.plus(Duration.ofHours(23));
    refused("SELV-4162", () -> after.rotation().drop(false));
    now = now.plus(Duration.ofHours(2));
    after.rotation().drop(false);
  }

  @Test
  void aStopBetweenTheFilesOfSigningIsFinishedAtTheNextStart() throws Exception {
    MeshAuthority mesh = open();
    mesh.rotation().add();
    Path ca = folder.resolve("ca");
    PrivateFolder files = PrivateFolder.open(ca);
    files.write("ca-key.pem", files.readSecret("next-ca-key.pem"));
    X509Certificate next = Pem.certificates(files.read("next-root-cert.pem")).get(0);
    MeshAuthority again = open();
    assertThat(again.authority().root()).isEqualTo(next);
    assertThat(again.rotation().state()).isEqualTo(RootRotation.State.SIGNING);
  }
}
