package io.selvage.controller.ca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A trust bundle as others exchange it: a JWK set in the SPIFFE bundle format (SPIFFE Trust Domain
 * and Bundle §4; keys of use {@code x509-svid} with one certificate in {@code x5c}).
 */
public final class SpiffeBundle {
  /** Longer texts are refused. */
  static final int MAX_CHARS = 1 << 20;

  private static final int REFRESH_SECONDS = 60;
  private static final ObjectMapper JSON = new ObjectMapper();

  private SpiffeBundle() {}

  /** The document of these roots. */
  public static ObjectNode json(List<X509Certificate> roots, long sequence) {
    ObjectNode document = JSON.createObjectNode();
    document.put("spiffe_sequence", sequence);
    document.put("spiffe_refresh_hint", REFRESH_SECONDS);
    var keys = document.putArray("keys");
    for (X509Certificate root : roots) {
      ObjectNode key = keys.addObject();
      key.put("use", "x509-svid");
      describe(key, root.getPublicKey());
      try {
        key.putArray("x5c").add(Base64.getEncoder().encodeToString(root.getEncoded()));
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("a root cannot be encoded", e);
      }
    }
    return document;
  }

  private static void describe(ObjectNode key, PublicKey of) {
    if (of instanceof ECPublicKey ec) {
      int bytes = (ec.getParams().getCurve().getField().getFieldSize() + 7) / 8;
      key.put("kty", "EC").put("crv", bytes == 32 ? "P-256" : bytes == 48 ? "P-384" : "P-521");
      key.put("x", number(ec.getW().getAffineX(), bytes));
      key.put("y", number(ec.getW().getAffineY(), bytes));
    } else if (of instanceof RSAPublicKey rsa) {
      key.put("kty", "RSA")
          .put("n", number(rsa.getModulus(), (rsa.getModulus().bitLength() + 7) / 8));
      key.put("e", number(rsa.getPublicExponent(), (rsa.getPublicExponent().bitLength() + 7) / 8));
    } else {
      throw new IllegalArgumentException("no key of a root: " + of.getAlgorithm());
    }
  }

  private static String number(BigInteger value, int bytes) {
    byte[] raw = value.toByteArray();
    byte[] out = new byte[bytes];
    int from = Math.max(0, raw.length - bytes);
    System.arraycopy(raw, from, out, bytes - (raw.length - from), raw.length - from);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(out);
  }

  /**
   * The roots in a document; keys of other uses are left alone, as the format wants.
   *
   * @throws CodedException SELV-4170 with the field where it is no bundle
   */
  public static List<X509Certificate> roots(String text) {
    if (text.length() > MAX_CHARS) {
      throw refused("", "is longer than " + MAX_CHARS + " characters");
    }
    JsonNode document;
    try {
      document = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw refused("", "is not JSON");
    }
    JsonNode keys = document.path("keys");
    if (!keys.isArray()) {
      throw refused("keys", "is missing");
    }
    List<X509Certificate> roots = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      JsonNode key = keys.get(i);
      if (key.path("use").asText().equals("x509-svid")) {
        roots.add(root("keys[" + i + "]", key));
      }
    }
    if (roots.isEmpty()) {
      throw refused("keys", "holds no key of use x509-svid");
    }
    return roots;
  }

  private static X509Certificate root(String at, JsonNode key) {
    JsonNode chain = key.path("x5c");
    if (!chain.isArray() || chain.size() != 1) {
      throw refused(at + ".x5c", "must hold exactly one certificate");
    }
    X509Certificate root;
    try {
      root =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(Base64.getDecoder().decode(chain.get(0).asText())));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw refused(at + ".x5c", "is no certificate");
    }
    if (root.getBasicConstraints() < 0) {
      throw refused(at + ".x5c", "is not the certificate of an authority");
    }
    ObjectNode said = JSON.createObjectNode();
    try {
      describe(said, root.getPublicKey());
    } catch (IllegalArgumentException e) {
      throw refused(at, "has a key of another kind than EC and RSA");
    }
    said.properties()
        .forEach(
            field -> {
              if (!field.getValue().equals(key.path(field.getKey()))) {
                throw refused(at + "." + field.getKey(), "is not that of the certificate in x5c");
              }
            });
    return root;
  }

  private static CodedException refused(String field, String what) {
    return new CodedException(
        "SELV-4170",
        "(SPIFFE bundle "
            + field
            + ") "
            + what
            + ". Fix: take the document from the other mesh ('selvage bundle' there).");
  }
}
