package io.selvage.identity;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority for tests: root and intermediate, and leaves that are right or wrong in
 * exactly one way.
 */
public final class TestPki {
  private static final AtomicLong SERIAL = new AtomicLong(1000);

  public final KeyPair rootKey = WorkloadKey.create().pair();
  public final X509Certificate root;
  public final KeyPair intermediateKey = WorkloadKey.create().pair();
  public final X509Certificate intermediate;
  private final String name;

  public TestPki(String name) {
    this.name = name;
    root =
        authority(
            "CN=" + name + " root",
            "CN=" + name + " root",
            rootKey.getPublic(),
            rootKey.getPrivate(),
            1,
            x -> {});
    intermediate =
        authority(
            "CN=" + name + " root",
            "CN=" + name + " intermediate",
            intermediateKey.getPublic(),
            rootKey.getPrivate(),
            0,
            x -> {});
  }

  /** What a leaf looks like; each field may be made wrong. */
  public static final class Leaf {
    public List<String> uris =
        new ArrayList<>(List.of("spiffe://cluster.local/ns/default/sa/reviews"));
    public List<String> dns = new ArrayList<>();
    public Instant from = Instant.now().minusSeconds(60);
    public Instant until = Instant.now().plusSeconds(3600);
    public List<KeyPurposeId> purposes =
        new ArrayList<>(List.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth));
    public int usage = KeyUsage.digitalSignature;
    public boolean authority;
    public String subject = "CN=workload";
    public String signature = "SHA256withECDSA";
    public String unknownCritical = "";
  }

  /** A good leaf with changes, signed by the intermediate. */
  public X509Certificate leaf(PublicKey key, Consumer<Leaf> change) {
    return leaf(
        key,
        intermediate.getSubjectX500Principal().getName(),
        intermediateKey.getPrivate(),
        change);
  }

  public X509Certificate leaf(
      PublicKey key, String issuer, PrivateKey signer, Consumer<Leaf> change) {
    Leaf leaf = new Leaf();
    change.accept(leaf);
    return certificate(
        issuer,
        leaf.subject,
        key,
        signer,
        leaf.from,
        leaf.until,
        leaf.signature,
        builder -> {
          List<GeneralName> names = new ArrayList<>();
          leaf.uris.forEach(
              uri -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
          leaf.dns.forEach(dns -> names.add(new GeneralName(GeneralName.dNSName, dns)));
          if (!names.isEmpty()) {
            add(
                builder,
                Extension.subjectAlternativeName,
                true,
                new GeneralNames(names.toArray(new GeneralName[0])));
          }
          if (!leaf.purposes.isEmpty()) {
            add(
                builder,
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(leaf.purposes.toArray(new KeyPurposeId[0])));
          }
          if (leaf.usage != 0) {
            add(builder, Extension.keyUsage, true, new KeyUsage(leaf.usage));
          }
          add(builder, Extension.basicConstraints, true, new BasicConstraints(leaf.authority));
          if (!leaf.unknownCritical.isEmpty()) {
            add(
                builder,
                new ASN1ObjectIdentifier(leaf.unknownCritical),
                true,
                new BasicConstraints(false));
          }
        });
  }

  /** Any authority certificate. */
  public X509Certificate authority(
      String issuer,
      String subject,
      PublicKey key,
      PrivateKey signer,
      int pathLength,
      Consumer<JcaX509v3CertificateBuilder> more) {
    Instant now = Instant.now();
    return certificate(
        issuer,
        subject,
        key,
        signer,
        now.minusSeconds(3600),
        now.plusSeconds(86_400),
        "SHA256withECDSA",
        builder -> {
          add(builder, Extension.basicConstraints, true, new BasicConstraints(pathLength));
          add(
              builder,
              Extension.keyUsage,
              true,
              new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
          more.accept(builder);
        });
  }

  public static void add(
      JcaX509v3CertificateBuilder builder,
      ASN1ObjectIdentifier oid,
      boolean critical,
      ASN1Encodable value) {
    try {
      builder.addExtension(oid, critical, value);
    } catch (java.io.IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  public static X509Certificate certificate(
      String issuer,
      String subject,
      PublicKey key,
      PrivateKey signer,
      Instant from,
      Instant until,
      String signature,
      Consumer<JcaX509v3CertificateBuilder> extensions) {
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new X500Name(issuer),
              BigInteger.valueOf(SERIAL.incrementAndGet()),
              Date.from(from),
              Date.from(until),
              new X500Name(subject),
              key);
      extensions.accept(builder);
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder(signature).build(signer)));
    } catch (Exception broken) {
      throw new IllegalStateException(broken);
    }
  }

  /** A good identity. */
  public Svid svid(String uri) {
    return svid(leaf -> leaf.uris = List.of(uri));
  }

  /** An identity whose leaf is changed. Not checked on the way: wrong ones can be shown too. */
  public Svid svid(Consumer<Leaf> change) {
    WorkloadKey key = WorkloadKey.create();
    X509Certificate leaf = leaf(key.pair().getPublic(), change);
    return new Svid(
        new SpiffeId("cluster.local", "/ns/default/sa/test"),
        List.of(leaf, intermediate),
        key.pair().getPrivate());
  }

  public TrustBundle bundle() {
    return TrustBundle.of("cluster.local", List.of(root));
  }

  /** A workload with a good identity that trusts this authority. */
  public WorkloadIdentity identity(String serviceAccount) {
    WorkloadIdentity identity = new WorkloadIdentity();
    try {
      Svid made = svid(SpiffeId.of("cluster.local", "default", serviceAccount).toString());
      identity.install(Svid.of(made.chain(), made.key()), bundle());
    } catch (IdentityException impossible) {
      throw new IllegalStateException(impossible);
    }
    return identity;
  }

  /** A list of an issuer in PEM, with {@code certificate} revoked unless null. */
  public String revoked(X509Certificate issuer, PrivateKey key, X509Certificate certificate)
      throws GeneralSecurityException {
    try {
      X509v2CRLBuilder list = new JcaX509v2CRLBuilder(issuer.getSubjectX500Principal(), new Date());
      list.setNextUpdate(Date.from(Instant.now().plusSeconds(3600)));
      if (certificate != null) {
        list.addCRLEntry(certificate.getSerialNumber(), new Date(), CRLReason.keyCompromise);
      }
      byte[] der =
          list.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)).getEncoded();
      return "-----BEGIN X509 CRL-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
          + "\n-----END X509 CRL-----\n";
    } catch (OperatorCreationException | java.io.IOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
