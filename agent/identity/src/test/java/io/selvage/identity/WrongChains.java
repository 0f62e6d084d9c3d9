package io.selvage.identity;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;

/** Chains that nobody may accept, each wrong in one way. */
final class WrongChains {
  static final TestPki PKI = new TestPki("mesh");
  private static final TestPki OTHER = new TestPki("other");
  private static final TestPki SAME_NAMES = new TestPki("mesh");

  record Wrong(String name, String code, List<X509Certificate> chain, KeyPair key) {
    @Override
    public String toString() {
      return name;
    }

    Svid svid() {
      return new Svid(new SpiffeId("cluster.local", "/wrong"), chain, key.getPrivate());
    }
  }

  private WrongChains() {}

  static List<Wrong> all() {
    List<Wrong> all = new ArrayList<>();
    leaf(all, "no URI SAN", IdentityCodes.NOT_SPIFFE, l -> l.uris = List.of());
    leaf(
        all,
        "CN only, that spells a SPIFFE id",
        IdentityCodes.NOT_SPIFFE,
        l -> {
          l.uris = List.of();
          l.subject = "CN=spiffe\\://cluster.local/ns/default/sa/reviews";
        });
    leaf(
        all,
        "DNS SAN only",
        IdentityCodes.NOT_SPIFFE,
        l -> {
          l.uris = List.of();
          l.dns = List.of("reviews.default.svc");
        });
    leaf(
        all,
        "DNS SAN that spells a SPIFFE id",
        IdentityCodes.NOT_SPIFFE,
        l -> {
          l.uris = List.of();
          l.dns = List.of("spiffe://cluster.local/ns/default/sa/reviews");
        });
    leaf(
        all,
        "two URI SANs",
        IdentityCodes.NOT_SPIFFE,
        l ->
            l.uris =
                List.of(
                    "spiffe://cluster.local/ns/a/sa/b",
                    "spiffe://cluster.local/ns/default/sa/reviews"));
    leaf(
        all,
        "a SPIFFE id and another URI",
        IdentityCodes.NOT_SPIFFE,
        l -> l.uris = List.of("spiffe://cluster.local/ns/a/sa/b", "https://cluster.local/"));
    leaf(
        all,
        "the same id twice",
        IdentityCodes.NOT_SPIFFE,
        l ->
            l.uris =
                List.of("spiffe://cluster.local/ns/a/sa/b", "spiffe://cluster.local/ns/a/sa/b"));
    uri(all, "https scheme", "https://cluster.local/ns/default/sa/reviews");
    uri(all, "upper-case scheme", "SPIFFE://cluster.local/ns/default/sa/reviews");
    uri(all, "no path", "spiffe://cluster.local");
    uri(all, "root path", "spiffe://cluster.local/");
    uri(all, "dot segments", "spiffe://cluster.local/ns/../sa/reviews");
    uri(all, "port", "spiffe://cluster.local:443/ns/default/sa/reviews");
    uri(all, "user info", "spiffe://x@cluster.local/ns/default/sa/reviews");
    uri(all, "query", "spiffe://cluster.local/ns/default/sa/reviews?x=y");
    leaf(
        all,
        "another trust domain",
        IdentityCodes.TRUST_DOMAIN,
        l -> l.uris = List.of("spiffe://evil.local/ns/default/sa/reviews"));
    leaf(
        all,
        "a trust domain that begins alike",
        IdentityCodes.TRUST_DOMAIN,
        l -> l.uris = List.of("spiffe://cluster.local.evil/ns/default/sa/reviews"));
    leaf(
        all,
        "expired",
        IdentityCodes.CLOCK,
        l -> {
          l.from = Instant.now().minusSeconds(7200);
          l.until = Instant.now().minusSeconds(600);
        });
    leaf(
        all,
        "not yet valid",
        IdentityCodes.CLOCK,
        l -> {
          l.from = Instant.now().plusSeconds(600);
          l.until = Instant.now().plusSeconds(7200);
        });
    leaf(
        all,
        "an authority's certificate as leaf",
        IdentityCodes.WRONG_USAGE,
        l -> l.authority = true);
    leaf(
        all,
        "may sign certificates",
        IdentityCodes.WRONG_USAGE,
        l -> l.usage = KeyUsage.digitalSignature | KeyUsage.keyCertSign);
    leaf(
        all,
        "may sign revocation lists",
        IdentityCodes.WRONG_USAGE,
        l -> l.usage = KeyUsage.digitalSignature | KeyUsage.cRLSign);
    leaf(
        all,
        "may not sign handshakes",
        IdentityCodes.WRONG_USAGE,
        l -> l.usage = KeyUsage.keyAgreement);
    leaf(
        all,
        "for code signing",
        IdentityCodes.WRONG_USAGE,
        l -> l.purposes = List.of(KeyPurposeId.id_kp_codeSigning));
    leaf(
        all,
        "for mail",
        IdentityCodes.WRONG_USAGE,
        l -> l.purposes = List.of(KeyPurposeId.id_kp_emailProtection));
    leaf(
        all,
        "unknown critical extension",
        IdentityCodes.UNTRUSTED,
        l -> l.unknownCritical = "1.3.6.1.4.1.99999.1");
    signedByOthers(all);
    brokenPaths(all);
    return all;
  }

  private static void signedByOthers(List<Wrong> all) {
    KeyPair key = WorkloadKey.create().pair();
    all.add(
        new Wrong(
            "another authority",
            IdentityCodes.UNTRUSTED,
            List.of(OTHER.leaf(key.getPublic(), l -> {}), OTHER.intermediate),
            key));
    all.add(
        new Wrong(
            "another authority with its root",
            IdentityCodes.UNTRUSTED,
            List.of(OTHER.leaf(key.getPublic(), l -> {}), OTHER.intermediate, OTHER.root),
            key));
    all.add(
        new Wrong(
            "another authority of the same names",
            IdentityCodes.UNTRUSTED,
            List.of(SAME_NAMES.leaf(key.getPublic(), l -> {}), SAME_NAMES.intermediate),
            key));
    all.add(
        new Wrong(
            "our root in place of the signer",
            IdentityCodes.UNTRUSTED,
            List.of(OTHER.leaf(key.getPublic(), l -> {}), PKI.root),
            key));
    all.add(
        new Wrong(
            "self-signed",
            IdentityCodes.UNTRUSTED,
            List.of(
                PKI.leaf(key.getPublic(), "CN=self", key.getPrivate(), l -> l.subject = "CN=self")),
            key));
    all.add(
        new Wrong(
            "self-signed in the root's name",
            IdentityCodes.UNTRUSTED,
            List.of(PKI.leaf(key.getPublic(), "CN=mesh root", key.getPrivate(), l -> {})),
            key));
  }

  private static void brokenPaths(List<Wrong> all) {
    KeyPair key = WorkloadKey.create().pair();
    all.add(
        new Wrong(
            "intermediate left out",
            IdentityCodes.UNTRUSTED,
            List.of(PKI.leaf(key.getPublic(), l -> {})),
            key));
    KeyPair middle = WorkloadKey.create().pair();
    X509Certificate workload = PKI.leaf(middle.getPublic(), l -> l.subject = "CN=middle");
    X509Certificate below = PKI.leaf(key.getPublic(), "CN=middle", middle.getPrivate(), l -> {});
    all.add(
        new Wrong(
            "signed by a workload",
            IdentityCodes.UNTRUSTED,
            List.of(below, workload, PKI.intermediate),
            key));
    X509Certificate deeper =
        PKI.authority(
            "CN=mesh intermediate",
            "CN=deeper",
            middle.getPublic(),
            PKI.intermediateKey.getPrivate(),
            0,
            x -> {});
    X509Certificate deepLeaf = PKI.leaf(key.getPublic(), "CN=deeper", middle.getPrivate(), l -> {});
    all.add(
        new Wrong(
            "longer than the intermediate allows",
            IdentityCodes.UNTRUSTED,
            List.of(deepLeaf, deeper, PKI.intermediate),
            key));
    X509Certificate constrained =
        PKI.authority(
            "CN=mesh root",
            "CN=constrained",
            middle.getPublic(),
            PKI.rootKey.getPrivate(),
            0,
            b ->
                TestPki.add(
                    b,
                    Extension.nameConstraints,
                    true,
                    new NameConstraints(
                        new GeneralSubtree[] {
                          new GeneralSubtree(
                              new GeneralName(
                                  GeneralName.uniformResourceIdentifier, "elsewhere.example"))
                        },
                        null)));
    X509Certificate outside =
        PKI.leaf(key.getPublic(), "CN=constrained", middle.getPrivate(), l -> {});
    all.add(
        new Wrong(
            "outside the intermediate's name constraints",
            IdentityCodes.UNTRUSTED,
            List.of(outside, constrained),
            key));
    X509Certificate old =
        TestPki.certificate(
            "CN=mesh root",
            "CN=old",
            middle.getPublic(),
            PKI.rootKey.getPrivate(),
            Instant.now().minusSeconds(7200),
            Instant.now().minusSeconds(600),
            "SHA256withECDSA",
            b -> {
              TestPki.add(
                  b,
                  Extension.basicConstraints,
                  true,
                  new org.bouncycastle.asn1.x509.BasicConstraints(0));
              TestPki.add(b, Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            });
    X509Certificate fresh = PKI.leaf(key.getPublic(), "CN=old", middle.getPrivate(), l -> {});
    all.add(new Wrong("expired intermediate", IdentityCodes.CLOCK, List.of(fresh, old), key));
    KeyPair weak = weakRsa();
    all.add(
        new Wrong(
            "a 512-bit RSA key",
            IdentityCodes.UNTRUSTED,
            List.of(PKI.leaf(weak.getPublic(), l -> {}), PKI.intermediate),
            weak));
    all.add(
        new Wrong(
            "a SHA-1 signature",
            IdentityCodes.UNTRUSTED,
            List.of(
                PKI.leaf(key.getPublic(), l -> l.signature = "SHA1withECDSA"), PKI.intermediate),
            key));
  }

  private static KeyPair weakRsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(512);
      return generator.generateKeyPair();
    } catch (java.security.NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static void uri(List<Wrong> all, String name, String uri) {
    leaf(all, name, IdentityCodes.NOT_SPIFFE, l -> l.uris = List.of(uri));
  }

  private static void leaf(
      List<Wrong> all, String name, String code, Consumer<TestPki.Leaf> change) {
    KeyPair key = WorkloadKey.create().pair();
    all.add(
        new Wrong(name, code, List.of(PKI.leaf(key.getPublic(), change), PKI.intermediate), key));
  }
}
