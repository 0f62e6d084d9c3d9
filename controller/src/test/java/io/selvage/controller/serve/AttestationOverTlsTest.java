package io.selvage.controller.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.selvage.controller.ca.AttestationAudit;
import io.selvage.controller.ca.AttestationSettings;
import io.selvage.controller.ca.MachineCertificates;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.store.EmbeddedStore;
import io.selvage.controller.store.Store;
import io.selvage.controller.translate.TypeUrl;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proof of possession and revocation, over the real control port. */
class AttestationOverTlsTest {
  @TempDir Path folder;
  private final Store store = EmbeddedStore.inMemory();
  private final List<AttestationAudit.Row> rows = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> closing = new ArrayList<>();
  private KeyPair vendorKeys;
  private X509Certificate vendor;
  private Path bindings;
  private ControlPlane plane;

  @BeforeEach
  void start() throws Exception {
    vendorKeys = TestAgent.keys();
    vendor = certificate(vendorKeys, vendorKeys.getPrivate(), true, null, Duration.ofDays(1));
    bindings = Files.writeString(folder.resolve("bindings.json"), "[]");
    MachineCertificates machines =
        new MachineCertificates(List.of(vendor), bindings, "cluster.local", Clock.systemUTC());
    plane =
        ControlPlane.start(
            ControlPlaneSettings.dev(0, folder.resolve("data"), "cluster.local")
                .withTimes(
                    Duration.ofMillis(50),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(5)),
            store,
            new AttestationSettings(null, machines, rows::add));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : closing) {
      each.close();
    }
    plane.close();
    store.close();
  }

  private static X509Certificate certificate(
      KeyPair keys, PrivateKey signer, boolean authority, GeneralName name, Duration life)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            new X500Name("CN=vendor"),
            BigInteger.valueOf(System.nanoTime()),
            Date.from(Instant.now().minusSeconds(120)),
            Date.from(Instant.now().plus(life)),
            new X500Name(authority ? "CN=vendor" : "CN=machine"),
            keys.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
    if (name != null) {
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
  }

  private X509Certificate machine(KeyPair keys, GeneralName name) throws Exception {
    return certificate(keys, vendorKeys.getPrivate(), false, name, Duration.ofHours(1));
  }

  private ManagedChannel channel(PrivateKey key, X509Certificate leaf) throws Exception {
    ManagedChannel channel =
        TestAgent.channel(plane.port(), plane.authority().root(), key, List.of(leaf, vendor));
    closing.add(channel::shutdownNow);
    return channel;
  }

  private static GeneralName dns(String name) {
    return new GeneralName(GeneralName.dNSName, name);
  }

  private void bind(String field, String value, String account) throws Exception {
    Files.writeString(
        bindings,
        "[{\"%s\":\"%s\",\"namespace\":\"vms\",\"serviceAccount\":\"%s\"}]"
            .formatted(field, value, account));
  }

  @Test
  void aMachineGetsTheIdentityThatItsCertificateIsBoundTo() throws Exception {
    KeyPair keys = TestAgent.keys();
    X509Certificate leaf = machine(keys, dns("vm1.example"));
    bind("dns", "vm1.example", "ledger");
    KeyPair fresh = TestAgent.keys();
    var chain = TestAgent.certificate(channel(keys.getPrivate(), leaf), fresh, null, 0);
    assertThat(SpiffeId.of(chain.get(0)).orElseThrow())
        .hasToString("spiffe://cluster.local/ns/vms/sa/ledger");
    String sha256 =
        HexFormat.ofDelimiter(":")
            .withUpperCase()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded()));
    bind("sha256", sha256, "till");
    chain = TestAgent.certificate(channel(keys.getPrivate(), leaf), fresh, null, 0);
    assertThat(SpiffeId.of(chain.get(0)).orElseThrow().serviceAccount()).isEqualTo("till");
    assertThat(rows).extracting(AttestationAudit.Row::code).containsExactly("", "");
    assertThat(rows.get(0).how()).startsWith("x509pop");
  }

  private void refused(ManagedChannel channel, Code status, String code) throws Exception {
    KeyPair fresh = TestAgent.keys();
    assertThatThrownBy(() -> TestAgent.certificate(channel, fresh, null, 0))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(status);
              assertThat(String.valueOf(e.getStatus().getDescription())).contains(code);
            });
  }

  @Test
  void whoIsNotBoundOrNotTheMachineIsRefused() throws Exception {
    KeyPair keys = TestAgent.keys();
    X509Certificate leaf = machine(keys, dns("vm1.example"));
    refused(channel(keys.getPrivate(), leaf), Code.UNAUTHENTICATED, "[SELV-4158]");
    bind("dns", "vm2.example", "ledger");
    refused(channel(keys.getPrivate(), leaf), Code.UNAUTHENTICATED, "[SELV-4158]");

    bind("dns", "vm1.example", "ledger");
    KeyPair other = TestAgent.keys();
    X509Certificate self =
        certificate(other, other.getPrivate(), false, dns("vm1.example"), Duration.ofHours(1));
    refused(channel(other.getPrivate(), self), Code.UNAVAILABLE, "");
    X509Certificate expired =
        certificate(
            keys, vendorKeys.getPrivate(), false, dns("vm1.example"), Duration.ofSeconds(-60));
    refused(channel(keys.getPrivate(), expired), Code.UNAVAILABLE, "");
    X509Certificate authority =
        certificate(keys, vendorKeys.getPrivate(), true, dns("vm1.example"), Duration.ofHours(1));
    refused(channel(keys.getPrivate(), authority), Code.UNAVAILABLE, "");
  }

  @Test
  void aVendorCannotSpeakForTheMesh() throws Exception {
    KeyPair keys = TestAgent.keys();
    bind("dns", "vm1.example", "ledger");
    for (String forged :
        List.of(
            "spiffe://cluster.local/ns/default/sa/admin",
            "spiffe://cluster.local/ns/selvage-system/sa/controller",
            "spiffe://elsewhere/x")) {
      X509Certificate leaf =
          machine(keys, new GeneralName(GeneralName.uniformResourceIdentifier, forged));
      refused(channel(keys.getPrivate(), leaf), Code.UNAVAILABLE, "");
    }
    // and its machines get certificates only, no configuration
    X509Certificate good = machine(keys, dns("vm1.example"));
    TestAgent agent =
        new TestAgent(
            plane.port(), plane.authority().root(), keys.getPrivate(), List.of(good, vendor));
    closing.add(agent::close);
    TestAgent.Delta stream = agent.new Delta(true);
    stream.subscribe(TestAgent.node("ledger", "vms", "ledger", 0, 0), TypeUrl.CDS);
    assertThat(stream.ended.get(20, TimeUnit.SECONDS).getCode()).isEqualTo(Code.UNAUTHENTICATED);
  }

  @Test
  void aRevokedWorkloadLosesItsStreamAndItsRenewal() throws Exception {
    TestAgent reviews = TestAgent.join(plane, "default", "reviews");
    TestAgent other = TestAgent.join(plane, "default", "other");
    closing.add(reviews::close);
    closing.add(other::close);
    TestAgent.Delta stream = reviews.new Delta(true);
    stream.subscribe(
        TestAgent.node("reviews", "default", "reviews", 9080, 19080), TypeUrl.TRUST_BUNDLE);
    TestAgent.Delta neighbour = other.new Delta(true);
    neighbour.subscribe(TestAgent.node("other", "default", "other", 0, 0), TypeUrl.TRUST_BUNDLE);
    neighbour.next(TypeUrl.TRUST_BUNDLE);
    await().until(() -> plane.agents().size() == 2);

    String serial = reviews.chain.get(0).getSerialNumber().toString(16);
    plane.identities().revocations().revoke(serial, "", "ann");
    assertThat(stream.ended.get(5, TimeUnit.SECONDS).getDescription()).startsWith("[SELV-4141]");
    assertThat(neighbour.next(TypeUrl.TRUST_BUNDLE).getResources(0).toString()).contains(serial);
    assertThat(neighbour.ended).isNotDone();
    refused(reviews.again().channel(), Code.UNAVAILABLE, "");

    plane.identities().revocations().lift(serial);
    plane
        .identities()
        .revocations()
        .revoke("spiffe://cluster.local/ns/default/sa/reviews", "", "ann");
    refused(reviews.channel(), Code.UNAUTHENTICATED, "[SELV-4141]");
  }
}
