package io.selvage.controller.ca;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Builds the three shapes of certificate that the authority signs (RFC 5280, X.509-SVID). */
final class CertificateTemplate {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;

  private CertificateTemplate() {}

  /** Who signs. */
  record Signer(X500Name name, PublicKey publicKey, PrivateKey key) {}

  static KeyPair newKeyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("P-256 is part of every Java runtime", e);
    }
  }

  static X509Certificate authority(
      Signer signer,
      X500Name subject,
      PublicKey key,
      Instant from,
      Instant to,
      int pathLength,
      String trustDomain) {
    X509v3CertificateBuilder builder = builder(signer, subject, key, from, to);
    add(builder, Extension.basicConstraints, true, new BasicConstraints(pathLength));
    add(
        builder,
        Extension.keyUsage,
        true,
        new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
    // X.509-SVID 4.1: a signing certificate may carry the trust domain as its identity, no path
    add(
        builder,
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(
            new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://" + trustDomain)));
    return sign(builder, signer, key);
  }

  static X509Certificate leaf(
      Signer signer, PublicKey key, Instant from, Instant to, List<GeneralName> names) {
    X509v3CertificateBuilder builder =
        builder(signer, new X500Name(new org.bouncycastle.asn1.x500.RDN[0]), key, from, to);
    add(builder, Extension.basicConstraints, true, new BasicConstraints(false));
    int usage =
        KeyUsage.digitalSignature | (key instanceof RSAPublicKey ? KeyUsage.keyEncipherment : 0);
    add(builder, Extension.keyUsage, true, new KeyUsage(usage));
    add(
        builder,
        Extension.extendedKeyUsage,
        false,
        new ExtendedKeyUsage(
            new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    // RFC 5280 4.2.1.6: critical, because the subject is empty
    add(
        builder,
        Extension.subjectAlternativeName,
        true,
        new GeneralNames(names.toArray(new GeneralName[0])));
    return sign(builder, signer, key);
  }

  private static X509v3CertificateBuilder builder(
      Signer signer, X500Name subject, PublicKey key, Instant from, Instant to) {
    BigInteger serial = new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1);
    return new JcaX509v3CertificateBuilder(
        signer.name(), serial, Date.from(from), Date.from(to), subject, key);
  }

  private static void add(
      X509v3CertificateBuilder builder,
      ASN1ObjectIdentifier oid,
      boolean critical,
      ASN1Encodable value) {
    try {
      builder.addExtension(oid, critical, value);
    } catch (IOException e) {
      throw new IllegalStateException("extension " + oid + " cannot be encoded", e);
    }
  }

  private static X509Certificate sign(
      X509v3CertificateBuilder builder, Signer signer, PublicKey key) {
    try {
      JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
      add(builder, Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(key));
      add(
          builder,
          Extension.authorityKeyIdentifier,
          false,
          ids.createAuthorityKeyIdentifier(signer.publicKey()));
      String algorithm =
          signer.publicKey() instanceof RSAPublicKey ? "SHA256withRSA" : "SHA256withECDSA";
      ContentSigner contentSigner = new JcaContentSignerBuilder(algorithm).build(signer.key());
      return new JcaX509CertificateConverter().getCertificate(builder.build(contentSigner));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("certificate cannot be signed", e);
    }
  }
}
