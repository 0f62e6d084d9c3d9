package io.selvage.instrumentation.testing.client;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority for one test: one root, ECDSA P-256, leaves with SPIFFE ids or DNS names.
 */
public final class TestAuthority {
  private static final Duration LIFETIME = Duration.ofHours(2);

  private final AtomicLong serial = new AtomicLong(System.nanoTime());
  private final KeyPair keys = newKeys();
  private final X509Certificate root;

  public TestAuthority() {
    this.root = selfSigned();
  }

  public X509Certificate root() {
    return root;
  }

  /** A new key with a certificate for this SPIFFE id. */
  public Credentials workload(String spiffeId) {
    KeyPair pair = newKeys();
    GeneralNames names =
        new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, spiffeId));
    return new Credentials(pair.getPrivate(), List.of(leaf(pair, names)), root);
  }

  /** The same, but its time is over. */
  public Credentials expired(String spiffeId) {
    KeyPair pair = newKeys();
    GeneralNames names =
        new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, spiffeId));
    Instant end = Instant.now().minus(Duration.ofMinutes(1));
    return new Credentials(pair.getPrivate(), List.of(leaf(pair, names, end)), root);
  }

  /** A new key with a certificate for loopback, as an application's own https server has it. */
  public Credentials loopback() {
    KeyPair pair = newKeys();
    GeneralNames names =
        new GeneralNames(
            new GeneralName[] {
              new GeneralName(GeneralName.dNSName, "localhost"),
              new GeneralName(GeneralName.iPAddress, "127.0.0.1")
            });
    return new Credentials(pair.getPrivate(), List.of(leaf(pair, names)), root);
  }

  /** A key pair as workloads make them. */
  public static KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private X509Certificate selfSigned() {
    try {
      X500Principal name = new X500Principal("CN=test root");
      JcaX509v3CertificateBuilder builder = builder(name, name, keys, Instant.now().plus(LIFETIME));
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      return sign(builder);
    } catch (CertIOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private X509Certificate leaf(KeyPair pair, GeneralNames names) {
    return leaf(pair, names, Instant.now().plus(LIFETIME));
  }

  private X509Certificate leaf(KeyPair pair, GeneralNames names, Instant end) {
    try {
      JcaX509v3CertificateBuilder builder =
          builder(root.getSubjectX500Principal(), new X500Principal("O=test"), pair, end);
      builder.addExtension(Extension.subjectAlternativeName, false, names);
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      return sign(builder);
    } catch (CertIOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private JcaX509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair pair, Instant end) {
    Instant start = Instant.now().minus(Duration.ofMinutes(5));
    return new JcaX509v3CertificateBuilder(
        issuer,
        BigInteger.valueOf(serial.incrementAndGet()),
        Date.from(start),
        Date.from(end),
        subject,
        pair.getPublic());
  }

  private X509Certificate sign(JcaX509v3CertificateBuilder builder) {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (OperatorCreationException | GeneralSecurityException broken) {
      throw new IllegalStateException(broken);
    }
  }
}
