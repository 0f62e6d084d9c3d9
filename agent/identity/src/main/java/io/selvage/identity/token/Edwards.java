package io.selvage.identity.token;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;

/** Ed25519 (RFC 8037) by the JDK, as the library would need another one for it. */
final class Edwards {
  private static final int KEY_BYTES = 32;

  private Edwards() {}

  static boolean isKey(OctetKeyPair pair) {
    return Curve.Ed25519.equals(pair.getCurve()) && pair.getDecodedX().length == KEY_BYTES;
  }

  static boolean verify(OctetKeyPair pair, byte[] signed, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance("Ed25519");
      verifier.initVerify(key(pair.getDecodedX()));
      verifier.update(signed);
      return verifier.verify(signature);
    } catch (GeneralSecurityException bad) {
      return false;
    }
  }

  /** Little end first; the highest bit is that of x (RFC 8032 §5.1.2). */
  private static PublicKey key(byte[] encoded) throws GeneralSecurityException {
    byte[] y = new byte[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++) {
      y[i] = encoded[KEY_BYTES - 1 - i];
    }
    boolean odd = (y[0] & 0x80) != 0;
    y[0] &= 0x7f;
    EdECPoint point = new EdECPoint(odd, new BigInteger(1, y));
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
  }
}
