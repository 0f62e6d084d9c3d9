package io.selvage.controller.ca;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads and writes the PEM forms of RFC 7468 that the authority keeps on disk and on the wire. */
public final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile(
          "-----BEGIN ([A-Z0-9 ]{1,64})-----\\s*([A-Za-z0-9+/=\\s]*?)-----END \\1-----");

  private Pem() {}

  /** One block: its label and its bytes. */
  record Block(String label, byte[] bytes) {}

  /** The certificate as one block that ends in a line feed. */
  public static String of(X509Certificate certificate) {
    try {
      return block("CERTIFICATE", certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new IllegalArgumentException("certificate cannot be encoded", e);
    }
  }

  /** The certificates, one block after the other. */
  public static String of(Collection<X509Certificate> certificates) {
    StringBuilder all = new StringBuilder();
    certificates.forEach(c -> all.append(of(c)));
    return all.toString();
  }

  /** The private key in PKCS#8. */
  public static String of(PrivateKey key) {
    return block("PRIVATE KEY", key.getEncoded());
  }

  static String block(String label, byte[] bytes) {
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  /**
   * All certificates in {@code text}, in order.
   *
   * @throws IllegalArgumentException where a block is no certificate
   */
  public static List<X509Certificate> certificates(String text) {
    List<X509Certificate> found = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Block block : blocks(text)) {
        if (block.label().equals("CERTIFICATE")) {
          found.add(
              (X509Certificate)
                  factory.generateCertificate(new ByteArrayInputStream(block.bytes())));
        }
      }
      return found;
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException("not a certificate: " + e.getMessage(), e);
    }
  }

  /**
   * The one PKCS#8 key (EC or RSA) in {@code text}.
   *
   * @throws IllegalArgumentException where there is none
   */
  public static PrivateKey privateKey(String text) {
    for (Block block : blocks(text)) {
      if (block.label().equals("PRIVATE KEY")) {
        for (String algorithm : List.of("EC", "RSA")) {
          try {
            return KeyFactory.getInstance(algorithm)
                .generatePrivate(new PKCS8EncodedKeySpec(block.bytes()));
          } catch (GeneralSecurityException otherAlgorithm) {
            continue;
          }
        }
      }
    }
    throw new IllegalArgumentException("no PKCS#8 private key (EC or RSA) found");
  }

  static List<Block> blocks(String text) {
    List<Block> found = new ArrayList<>();
    Matcher matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      found.add(new Block(matcher.group(1), Base64.getMimeDecoder().decode(matcher.group(2))));
    }
    return found;
  }

  /** What {@code text} holds outside its blocks, trimmed; empty for clean input. */
  static String outside(String text) {
    return BLOCK.matcher(text).replaceAll("").trim();
  }
}
