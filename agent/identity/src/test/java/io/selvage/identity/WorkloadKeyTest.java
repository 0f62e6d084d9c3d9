package io.selvage.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.List;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.junit.jupiter.api.Test;

class WorkloadKeyTest {
  @Test
  void requestIsReadAndVerifiedByAnotherImplementation() throws Exception {
    WorkloadKey key = WorkloadKey.create();
    try (PEMParser parser = new PEMParser(new StringReader(key.signingRequest()))) {
      PKCS10CertificationRequest request = (PKCS10CertificationRequest) parser.readObject();
      assertThat(request.getSubjectPublicKeyInfo().getEncoded())
          .isEqualTo(key.pair().getPublic().getEncoded());
      assertThat(
              request.isSignatureValid(
                  new JcaContentVerifierProviderBuilder().build(key.pair().getPublic())))
          .isTrue();
      assertThat(
              request.isSignatureValid(
                  new JcaContentVerifierProviderBuilder()
                      .build(WorkloadKey.create().pair().getPublic())))
          .isFalse();
      assertThat(request.getSubject().getRDNs()).isEmpty();
      assertThat(request.getRequestedExtensions()).isNull();
    }
  }

  @Test
  void eachKeyIsAnother() {
    assertThat(WorkloadKey.create().pair().getPublic())
        .isNotEqualTo(WorkloadKey.create().pair().getPublic());
  }

  @Test
  void pemComesBackAsItWas() throws Exception {
    TestPki pki = new TestPki("mesh");
    Svid svid = pki.svid("spiffe://cluster.local/ns/default/sa/a");
    assertThat(Pem.certificates("noise\n" + Pem.encode(svid.chain()) + "more"))
        .isEqualTo(svid.chain());
    assertThat(Pem.privateKey(Pem.encode(svid.key()))).isEqualTo(svid.key());
  }

  @Test
  void damagedPemIsRefusedWithItsCodeAndWithoutItsText() {
    for (String text :
        List.of(
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----")) {
      assertThatThrownBy(() -> Pem.certificates(text))
          .isInstanceOf(IdentityException.class)
          .hasMessageStartingWith("[SELV-4009]");
    }
    String secret = "-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----";
    assertThatThrownBy(() -> Pem.privateKey(secret))
        .isInstanceOf(IdentityException.class)
        .hasMessageStartingWith("[SELV-4009]")
        .hasMessageNotContaining("U0VDUkVU");
  }

  @Test
  void identityTellsItsSerialAndNeverItsKey() throws Exception {
    Svid svid = new TestPki("mesh").svid("spiffe://cluster.local/ns/default/sa/a");
    assertThat(svid.toString())
        .contains(svid.serial())
        .doesNotContain("PRIVATE")
        .doesNotContain(java.util.HexFormat.of().formatHex(svid.key().getEncoded()));
    WorkloadKey another = WorkloadKey.create();
    assertThatThrownBy(() -> Svid.of(svid.chain(), another)).hasMessageContaining("another key");
  }
}
