package io.selvage.identity;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Textual encodings of certificates and keys (RFC 7468). */
public final class Pem {
  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  private Pem() {}

  /** One block with a label, lines of 64 characters. */
  public static String encode(String label, byte[] der) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }

  /** Certificates one after the other. */
  public static String encode(Collection<X509Certificate> certificates) {
    StringBuilder out = new StringBuilder();
    for (X509Certificate certificate : certificates) {
      try {
        out.append(encode("CERTIFICATE", certificate.getEncoded()));
      } catch (CertificateEncodingException broken) {
        throw new IllegalStateException("a parsed certificate has no encoding", broken);
      }
    }
    return out.toString();
  }

  /** A private key as PKCS#8; for the workload's own folder only. */
  public static String encode(PrivateKey key) {
    return encode("PRIVATE KEY", key.getEncoded());
  }

  /**
   * All certificates of a text, in order; anything else in it is skipped.
   *
   * @throws IdentityException when there is none or one cannot be read
   */
  public static List<X509Certificate> certificates(String text) throws IdentityException {
    List<X509Certificate> found = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      while (block.find()) {
        if (block.group(1).equals("CERTIFICATE")) {
          byte[] der =
              Base64.getMimeDecoder().decode(block.group(2).getBytes(StandardCharsets.US_ASCII));
          found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der)));
        }
      }
    } catch (CertificateException | IllegalArgumentException damaged) {
      throw new IdentityException(
          IdentityCodes.UNREADABLE,
          "a certificate cannot be read: " + damaged.getMessage(),
          damaged);
    }
    if (found.isEmpty()) {
      throw new IdentityException(
          IdentityCodes.UNREADABLE,
          "no certificate found; " + text.length() + " characters without a CERTIFICATE block");
    }
    return found;
  }

  /**
   * The first PKCS#8 private key of a text.
   *
   * @throws IdentityException when there is none or it cannot be read; the text is not quoted
   */
  public static PrivateKey privateKey(String text) throws IdentityException {
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals("PRIVATE KEY")) {
        return privateKey(
            Base64.getMimeDecoder().decode(block.group(2).getBytes(StandardCharsets.US_ASCII)));
      }
    }
    throw new IdentityException(IdentityCodes.UNREADABLE, "no PKCS#8 private key found");
  }

  private static PrivateKey privateKey(byte[] pkcs8) throws IdentityException {
    for (String algorithm : List.of("EC", "RSA", "Ed25519")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException another) {
        // tried with the next algorithm; the error below names them all
      }
    }
    throw new IdentityException(
        IdentityCodes.UNREADABLE, "the private key is neither EC, RSA nor Ed25519");
  }
}
