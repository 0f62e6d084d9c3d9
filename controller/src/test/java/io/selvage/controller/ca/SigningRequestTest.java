package io.selvage.controller.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class SigningRequestTest {
  private static final SpiffeId ME = new SpiffeId("cluster.local", "default", "reviews");
  private static final KeyPair AUTHORITY = CertificateTemplate.newKeyPair();
  private final KeyPair keys = CertificateTemplate.newKeyPair();

  @Test
  void takesOnlyTheKey() throws Exception {
    String pem = pem(request(keys, "SHA256withECDSA", "O=x", List.of()));
    assertThat(SigningRequest.publicKey(pem, ME, AUTHORITY.getPublic()))
        .isEqualTo(keys.getPublic());
  }

  @Test
  void acceptsOwnNameAndCustomaryUses() throws Exception {
    String pem =
        pem(
            request(
                keys,
                "SHA256withECDSA",
                "",
                List.of(
                    wish(Extension.subjectAlternativeName, names(uri(ME.toString()))),
                    wish(Extension.keyUsage, new KeyUsage(KeyUsage.digitalSignature)),
                    wish(Extension.basicConstraints, new BasicConstraints(false)),
                    wish(
                        Extension.extendedKeyUsage,
                        new ExtendedKeyUsage(
                            new KeyPurposeId[] {
                              KeyPurposeId.id_kp_clientAuth, KeyPurposeId.id_kp_serverAuth
                            })))));
    assertThat(SigningRequest.publicKey(pem, ME, AUTHORITY.getPublic()))
        .isEqualTo(keys.getPublic());
  }

  @Test
  void acceptsRsa2048AndP384() throws Exception {
    for (KeyPair pair : List.of(rsa(2048, 65537), ec("secp384r1"))) {
      String algorithm =
          pair.getPublic().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA384withECDSA";
      String pem = pem(request(pair, algorithm, "", List.of()));
      assertThat(SigningRequest.publicKey(pem, ME, AUTHORITY.getPublic()))
          .isEqualTo(pair.getPublic());
    }
  }

  @TestFactory
  List<DynamicTest> refusesEvilRequests() {
    Map<String, Callable<String>> evil = new LinkedHashMap<>();
    addNames(evil);
    addUses(evil);
    addKeys(evil);
    addBytes(evil);
    assertThat(evil.size()).isGreaterThanOrEqualTo(40);
    List<DynamicTest> tests = new ArrayList<>();
    evil.forEach(
        (name, make) ->
            tests.add(
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      String pem = make.call();
                      assertThatThrownBy(
                              () -> SigningRequest.publicKey(pem, ME, AUTHORITY.getPublic()))
                          .isInstanceOf(CodedException.class)
                          .hasMessageStartingWith("[SELV-4120]");
                    })));
    return tests;
  }

  private void addNames(Map<String, Callable<String>> evil) {
    Map<String, GeneralNames> wishes = new LinkedHashMap<>();
    wishes.put("other service account", names(uri("spiffe://cluster.local/ns/default/sa/admin")));
    wishes.put("other namespace", names(uri("spiffe://cluster.local/ns/prod/sa/reviews")));
    wishes.put("other trust domain", names(uri("spiffe://evil/ns/default/sa/reviews")));
    wishes.put(
        "the controller", names(uri("spiffe://cluster.local/ns/selvage-system/sa/controller")));
    wishes.put(
        "own and another", names(uri(ME.toString()), uri("spiffe://cluster.local/ns/a/sa/b")));
    wishes.put("own with slash", names(uri(ME + "/")));
    wishes.put("own with query", names(uri(ME + "?a=b")));
    wishes.put("own in upper case", names(uri(ME.toString().toUpperCase(java.util.Locale.ROOT))));
    wishes.put("dns name", names(new GeneralName(GeneralName.dNSName, "istiod.istio-system.svc")));
    wishes.put("wildcard dns", names(new GeneralName(GeneralName.dNSName, "*")));
    wishes.put("ip address", names(new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
    wishes.put("mail", names(new GeneralName(GeneralName.rfc822Name, "a@b")));
    wishes.put("directory", names(new GeneralName(new X500Name("CN=admin"))));
    wishes.put("own and dns", names(uri(ME.toString()), new GeneralName(GeneralName.dNSName, "x")));
    wishes.forEach(
        (name, names) ->
            evil.put(
                "SAN " + name,
                () ->
                    pem(
                        request(
                            keys,
                            "SHA256withECDSA",
                            "",
                            List.of(wish(Extension.subjectAlternativeName, names))))));
    evil.put(
        "CN of another identity",
        () ->
            pem(
                request(
                    keys, "SHA256withECDSA", "CN=spiffe://cluster.local/ns/a/sa/b", List.of())));
  }

  private void addUses(Map<String, Callable<String>> evil) {
    Map<String, Wish> wishes = new LinkedHashMap<>();
    wishes.put("CA true", wish(Extension.basicConstraints, new BasicConstraints(true)));
    wishes.put("CA with path", wish(Extension.basicConstraints, new BasicConstraints(3)));
    wishes.put("certSign", wish(Extension.keyUsage, new KeyUsage(KeyUsage.keyCertSign)));
    wishes.put("crlSign", wish(Extension.keyUsage, new KeyUsage(KeyUsage.cRLSign)));
    wishes.put(
        "code signing",
        wish(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_codeSigning)));
    wishes.put(
        "any use",
        wish(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.anyExtendedKeyUsage)));
    wishes.put(
        "ocsp signing",
        wish(Extension.extendedKeyUsage, new ExtendedKeyUsage(KeyPurposeId.id_kp_OCSPSigning)));
    wishes.put(
        "name constraints", wish(Extension.nameConstraints, new DEROctetString(new byte[1])));
    wishes.put("policies", wish(Extension.certificatePolicies, new DEROctetString(new byte[1])));
    wishes.put(
        "unknown extension",
        wish(new ASN1ObjectIdentifier("1.2.3.4.5"), new DEROctetString(new byte[1])));
    wishes.put(
        "SAN that is no SAN",
        wish(Extension.subjectAlternativeName, new DEROctetString(new byte[9])));
    wishes.forEach(
        (name, wish) ->
            evil.put(
                "extension " + name,
                () -> pem(request(keys, "SHA256withECDSA", "", List.of(wish)))));
    evil.put("two extension requests", () -> pem(twoExtensionRequests()));
  }

  private void addKeys(Map<String, Callable<String>> evil) {
    evil.put(
        "key of another",
        () -> pem(signedBy(keys.getPublic(), CertificateTemplate.newKeyPair().getPrivate())));
    evil.put(
        "key of the authority", () -> pem(request(AUTHORITY, "SHA256withECDSA", "", List.of())));
    evil.put(
        "key of the authority, not owned",
        () -> pem(signedBy(AUTHORITY.getPublic(), keys.getPrivate())));
    evil.put("RSA 1024", () -> pem(request(rsa(1024, 65537), "SHA256withRSA", "", List.of())));
    evil.put("RSA exponent 3", () -> pem(request(rsa(2048, 3), "SHA256withRSA", "", List.of())));
    evil.put("P-521", () -> pem(request(ec("secp521r1"), "SHA256withECDSA", "", List.of())));
    evil.put("SHA-1", () -> pem(request(keys, "SHA1withECDSA", "", List.of())));
    evil.put("MD5", () -> pem(request(rsa(2048, 65537), "MD5withRSA", "", List.of())));
    evil.put("Ed25519", () -> pem(request(edwards(), "Ed25519", "", List.of())));
    evil.put("DSA", () -> pem(request(dsa(), "SHA256withDSA", "", List.of())));
  }

  private void addBytes(Map<String, Callable<String>> evil) {
    evil.put("empty", () -> "");
    evil.put("no PEM", () -> "hello");
    evil.put("empty block", () -> Pem.block("CERTIFICATE REQUEST", new byte[0]));
    evil.put("garbage block", () -> Pem.block("CERTIFICATE REQUEST", new byte[100]));
    evil.put("wrong label", () -> good().replace("CERTIFICATE REQUEST", "CERTIFICATE"));
    evil.put("two requests", () -> good() + good());
    evil.put("text before", () -> "x" + good());
    evil.put("text after", () -> good() + "x");
    evil.put("huge", () -> good() + " ".repeat(20_000));
    evil.put(
        "bytes after the request",
        () ->
            changed(
                der -> {
                  byte[] longer = java.util.Arrays.copyOf(der, der.length + 3);
                  return longer;
                }));
    evil.put("cut", () -> changed(der -> java.util.Arrays.copyOf(der, der.length - 5)));
    evil.put(
        "signature bit flipped",
        () ->
            changed(
                der -> {
                  der[der.length - 1] ^= 1;
                  return der;
                }));
    evil.put(
        "key bit flipped",
        () ->
            changed(
                der -> {
                  der[60] ^= 1;
                  return der;
                }));
    evil.put("no certificate but a key", () -> Pem.of(keys.getPrivate()));
  }

  private String good() throws Exception {
    return pem(request(keys, "SHA256withECDSA", "", List.of()));
  }

  private String changed(java.util.function.UnaryOperator<byte[]> change) throws Exception {
    byte[] der = Pem.blocks(good()).get(0).bytes();
    return Pem.block("CERTIFICATE REQUEST", change.apply(der));
  }

  private record Wish(ASN1ObjectIdentifier oid, ASN1Encodable value) {}

  private static Wish wish(ASN1ObjectIdentifier oid, ASN1Encodable value) {
    return new Wish(oid, value);
  }

  private static GeneralNames names(GeneralName... names) {
    return new GeneralNames(names);
  }

  private static GeneralName uri(String uri) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, uri);
  }

  private static PKCS10CertificationRequest request(
      KeyPair pair, String algorithm, String subject, List<Wish> wishes) throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new JcaPKCS10CertificationRequestBuilder(new X500Name(subject), pair.getPublic());
    if (!wishes.isEmpty()) {
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions(wishes));
    }
    return builder.build(new JcaContentSignerBuilder(algorithm).build(pair.getPrivate()));
  }

  private static ASN1Encodable extensions(List<Wish> wishes) throws Exception {
    ExtensionsGenerator generator = new ExtensionsGenerator();
    for (Wish wish : wishes) {
      generator.addExtension(wish.oid(), false, wish.value());
    }
    return generator.generate();
  }

  private PKCS10CertificationRequest twoExtensionRequests() throws Exception {
    PKCS10CertificationRequestBuilder builder =
        new JcaPKCS10CertificationRequestBuilder(new X500Name(""), keys.getPublic());
    builder.addAttribute(
        PKCSObjectIdentifiers.pkcs_9_at_extensionRequest,
        extensions(List.of(wish(Extension.subjectAlternativeName, names(uri(ME.toString()))))));
    builder.addAttribute(
        PKCSObjectIdentifiers.pkcs_9_at_extensionRequest,
        extensions(List.of(wish(Extension.basicConstraints, new BasicConstraints(true)))));
    return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
  }

  private static PKCS10CertificationRequest signedBy(PublicKey shown, PrivateKey used)
      throws Exception {
    return new JcaPKCS10CertificationRequestBuilder(new X500Name(""), shown)
        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(used));
  }

  private static KeyPair rsa(int bits, int exponent) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(new RSAKeyGenParameterSpec(bits, BigInteger.valueOf(exponent)));
    return generator.generateKeyPair();
  }

  private static KeyPair ec(String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  private static KeyPair edwards() throws Exception {
    return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  private static KeyPair dsa() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("DSA");
    generator.initialize(2048);
    return generator.generateKeyPair();
  }

  private static String pem(PKCS10CertificationRequest request) throws Exception {
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder().encodeToString(request.getEncoded())
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }
}
