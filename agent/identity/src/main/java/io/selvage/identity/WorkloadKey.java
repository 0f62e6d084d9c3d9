package io.selvage.identity;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;

/** A key pair of the workload: ECDSA P-256, made in this JVM, never sent. */
public final class WorkloadKey {
  private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";

  private final KeyPair pair;

  private WorkloadKey(KeyPair pair) {
    this.pair = pair;
  }

  /** A new key; each certificate gets its own. */
  public static WorkloadKey create() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return new WorkloadKey(generator.generateKeyPair());
    } catch (GeneralSecurityException missing) {
      throw new IllegalStateException("this Java runtime has no P-256", missing);
    }
  }

  public KeyPair pair() {
    return pair;
  }

  /**
   * A certificate request (PKCS#10, RFC 2986) in PEM. It names nobody: the identity comes from what
   * the authority attests.
   */
  public String signingRequest() {
    byte[] info =
        Der.sequence(Der.integer(0), Der.sequence(), pair.getPublic().getEncoded(), Der.context(0));
    try {
      Signature signer = Signature.getInstance("SHA256withECDSA");
      signer.initSign(pair.getPrivate());
      signer.update(info);
      byte[] algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
      return Pem.encode(
          "CERTIFICATE REQUEST", Der.sequence(info, algorithm, Der.bitString(signer.sign())));
    } catch (GeneralSecurityException broken) {
      throw new IllegalStateException("this Java runtime cannot sign with P-256", broken);
    }
  }

  @Override
  public String toString() {
    return "WorkloadKey[EC P-256]";
  }
}
