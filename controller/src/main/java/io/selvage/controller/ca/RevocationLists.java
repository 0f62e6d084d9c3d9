package io.selvage.controller.ca;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** The authority's own revocation lists, {@code ca-crl.pem} beside its keys (Istio's name). */
final class RevocationLists {
  static final String FILE = "ca-crl.pem";
  private static final int MAX_CHARS = 1 << 20;

  private RevocationLists() {}

  static List<String> read(
      PrivateFolder folder, List<X509Certificate> own, List<X509Certificate> roots) {
    return folder.has(FILE) ? check(folder.read(FILE), own, roots) : List.of();
  }

  /**
   * The lists in {@code pem}, one text each.
   *
   * @throws CodedException SELV-4145 where one cannot be read, or none of our authorities signed it
   */
  static List<String> check(String pem, List<X509Certificate> own, List<X509Certificate> roots) {
    if (pem.length() > MAX_CHARS) {
      throw refused("is longer than " + MAX_CHARS + " characters");
    }
    List<String> lists = new ArrayList<>();
    List<X509Certificate> authorities = new ArrayList<>(own);
    authorities.addAll(roots);
    for (Pem.Block block : Pem.blocks(pem)) {
      if (!block.label().equals("X509 CRL")) {
        throw refused("holds a block '" + block.label() + "'");
      }
      X509CRL list = parsed(block);
      if (authorities.stream().noneMatch(a -> isSignedBy(list, a))) {
        throw refused("is signed by none of our authorities: " + list.getIssuerX500Principal());
      }
      lists.add(Pem.block("X509 CRL", block.bytes()));
    }
    if (lists.isEmpty()) {
      throw refused("holds no list");
    }
    return lists;
  }

  private static X509CRL parsed(Pem.Block block) {
    try {
      return (X509CRL)
          CertificateFactory.getInstance("X.509")
              .generateCRL(
                  new ByteArrayInputStream(
                      Pem.block("X509 CRL", block.bytes()).getBytes(StandardCharsets.US_ASCII)));
    } catch (GeneralSecurityException e) {
      throw refused("cannot be read (" + e.getMessage() + ")");
    }
  }

  private static boolean isSignedBy(X509CRL list, X509Certificate authority) {
    try {
      list.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException another) {
      return false;
    }
  }

  private static CodedException refused(String what) {
    return new CodedException(
        "SELV-4145",
        "the revocation list "
            + what
            + ". Fix: give PEM of lists that our root or intermediate signed ('openssl ca"
            + " -gencrl').");
  }
}
