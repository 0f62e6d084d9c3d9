package io.selvage.controller.ca;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x500.style.IETFUtils;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * Takes the public key out of a PKCS#10 request after the requester proved to hold its private key.
 *
 * <p>Nothing else of a request is used. A request that asks for more than the attested identity is
 * refused rather than trimmed, so that a mistake or an attack shows.
 */
final class SigningRequest {
  private static final int MAX_CHARS = 16 * 1024;
  private static final int MIN_RSA_BITS = 2048;
  private static final int MAX_RSA_BITS = 4096;
  private static final BigInteger RSA_EXPONENT = BigInteger.valueOf(65537);
  private static final int FORBIDDEN_USAGE = KeyUsage.keyCertSign | KeyUsage.cRLSign;
  private static final Set<String> SIGNATURES =
      Set.of(
          "1.2.840.10045.4.3.2", // ecdsa-with-SHA256
          "1.2.840.10045.4.3.3", // ecdsa-with-SHA384
          "1.2.840.10045.4.3.4", // ecdsa-with-SHA512
          "1.2.840.113549.1.1.11", // sha256WithRSA
          "1.2.840.113549.1.1.12",
          "1.2.840.113549.1.1.13");
  private static final Set<KeyPurposeId> PURPOSES =
      Set.of(KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth);

  private SigningRequest() {}

  /**
   * The proven public key.
   *
   * @throws CodedException SELV-4120 with the reason
   */
  static PublicKey publicKey(String pem, SpiffeId attested, PublicKey authorityKey) {
    JcaPKCS10CertificationRequest request = parse(pem);
    try {
      PublicKey key = request.getPublicKey();
      checkKey(key, authorityKey);
      if (!SIGNATURES.contains(request.getSignatureAlgorithm().getAlgorithm().getId())) {
        throw refused("its signature algorithm is too weak or unknown");
      }
      if (!request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key))) {
        throw refused("its signature does not prove possession of the private key");
      }
      checkWishes(request, attested);
      return key;
    } catch (GeneralSecurityException
        | OperatorCreationException
        | PKCSException
        | IllegalArgumentException
        | IllegalStateException
        | ClassCastException e) {
      throw refused("it cannot be read (" + e.getClass().getSimpleName() + ")");
    }
  }

  private static CodedException refused(String why) {
    return new CodedException(
        "SELV-4120",
        "the certificate signing request is refused; "
            + why
            + ". Fix: send one PEM PKCS#10 request signed by its own P-256, P-384 or RSA 2048-4096"
            + " key.");
  }

  private static JcaPKCS10CertificationRequest parse(String pem) {
    if (pem.length() > MAX_CHARS) {
      throw refused("it is longer than " + MAX_CHARS + " characters");
    }
    try {
      List<Pem.Block> blocks = Pem.blocks(pem);
      if (blocks.size() != 1 || !Pem.outside(pem).isEmpty()) {
        throw refused("it is not exactly one PEM block");
      }
      String label = blocks.get(0).label();
      if (!label.equals("CERTIFICATE REQUEST") && !label.equals("NEW CERTIFICATE REQUEST")) {
        throw refused("its PEM label is '" + label + "'");
      }
      byte[] der = blocks.get(0).bytes();
      // refuses bytes after the request, which the request's own parser would ignore
      ASN1Primitive.fromByteArray(der);
      return new JcaPKCS10CertificationRequest(der);
    } catch (IOException | IllegalArgumentException | ClassCastException e) {
      throw refused("it is not DER of a PKCS#10 request");
    }
  }

  private static void checkKey(PublicKey key, PublicKey authorityKey) {
    if (key.equals(authorityKey)) {
      throw refused("its key is the authority's own");
    }
    if (key instanceof RSAPublicKey rsa) {
      int bits = rsa.getModulus().bitLength();
      if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
        throw refused("its RSA key has " + bits + " bits");
      }
      if (!rsa.getPublicExponent().equals(RSA_EXPONENT)) {
        throw refused("its RSA exponent is not 65537");
      }
    } else if (key instanceof ECPublicKey ec) {
      String curve = ec.getParams().toString();
      if (!curve.contains("secp256r1") && !curve.contains("secp384r1")) {
        throw refused("its curve is neither P-256 nor P-384");
      }
    } else {
      throw refused("its key algorithm is " + key.getAlgorithm());
    }
  }

  private static void checkWishes(JcaPKCS10CertificationRequest request, SpiffeId attested) {
    for (RDN rdn : request.getSubject().getRDNs(BCStyle.CN)) {
      String name = IETFUtils.valueToString(rdn.getFirst().getValue());
      if (name.startsWith("spiffe:") && !name.equals(attested.toString())) {
        throw refused("its common name claims another identity");
      }
    }
    Attribute[] wanted = request.getAttributes(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest);
    if (wanted.length > 1) {
      throw refused("it holds several extension requests");
    }
    if (wanted.length == 1) {
      if (wanted[0].getAttrValues().size() != 1) {
        throw refused("its extension request has several values");
      }
      checkExtensions(Extensions.getInstance(wanted[0].getAttributeValues()[0]), attested);
    }
  }

  private static void checkExtensions(Extensions extensions, SpiffeId attested) {
    for (var oid : extensions.getExtensionOIDs()) {
      Extension extension = extensions.getExtension(oid);
      if (oid.equals(Extension.subjectAlternativeName)) {
        checkNames(GeneralNames.getInstance(extension.getParsedValue()), attested);
      } else if (oid.equals(Extension.basicConstraints)) {
        if (BasicConstraints.getInstance(extension.getParsedValue()).isCA()) {
          throw refused("it asks to be an authority");
        }
      } else if (oid.equals(Extension.keyUsage)) {
        byte[] bits =
            org.bouncycastle.asn1.ASN1BitString.getInstance(extension.getParsedValue()).getBytes();
        int usage = bits.length == 0 ? 0 : bits[0] & 0xFF;
        if ((usage & FORBIDDEN_USAGE) != 0) {
          throw refused("it asks to sign certificates");
        }
      } else if (oid.equals(Extension.extendedKeyUsage)) {
        for (KeyPurposeId purpose :
            ExtendedKeyUsage.getInstance(extension.getParsedValue()).getUsages()) {
          if (!PURPOSES.contains(purpose)) {
            throw refused("it asks for the use " + purpose.getId());
          }
        }
      } else if (!oid.equals(Extension.subjectKeyIdentifier)) {
        throw refused("it asks for the extension " + oid.getId());
      }
    }
  }

  private static void checkNames(GeneralNames names, SpiffeId attested) {
    for (GeneralName name : names.getNames()) {
      boolean own =
          name.getTagNo() == GeneralName.uniformResourceIdentifier
              && name.getName().toString().equals(attested.toString());
      if (!own) {
        throw refused("it asks for the name " + name + " instead of " + attested);
      }
    }
  }
}
