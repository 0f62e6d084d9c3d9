package io.selvage.identity.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import io.selvage.engine.security.TokenFault;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of an issuer (RFC 7517) and the tokens that they were found to have signed. A key
 * verifies the algorithms of its own type only, and only the one that it names. Any thread.
 */
final class KeySet {
  private static final int MAX_KEYS = 256;
  private static final int MAX_REMEMBERED = 1024;
  private static final int LEAST_RSA_BITS = 2048;

  private record Key(JWK jwk, @Nullable JWSVerifier verifier, List<String> algorithms) {}

  private final List<Key> keys;

  // two generations: the older one is dropped when the newer one is full
  private volatile Map<ByteBuffer, SignedToken> newer = new ConcurrentHashMap<>();
  private volatile Map<ByteBuffer, SignedToken> older = Map.of();

  private KeySet(List<Key> keys) {
    this.keys = keys;
  }

  /**
   * Reads a JWK set.
   *
   * @throws ParseException when it is none, or none of its keys can verify anything
   */
  static KeySet of(String jwks) throws ParseException {
    List<Key> keys = new ArrayList<>();
    try {
      // names that are there twice could be read as another key elsewhere
      var unused = StrictJson.object(jwks);
      for (JWK jwk : JWKSet.parse(jwks).getKeys()) {
        Key key = usable(jwk);
        if (key != null && keys.size() < MAX_KEYS) {
          keys.add(key);
        }
      }
    } catch (StrictJson.Malformed | RuntimeException | StackOverflowError wrong) {
      throw new ParseException("not a JWK set: " + wrong.getMessage(), 0);
    }
    if (keys.isEmpty()) {
      throw new ParseException("no key in it can verify a signature", 0);
    }
    return new KeySet(List.copyOf(keys));
  }

  private static @Nullable Key usable(JWK jwk) {
    if (jwk.getKeyUse() != null && !jwk.getKeyUse().equals(KeyUse.SIGNATURE)) {
      return null;
    }
    if (jwk.getKeyOperations() != null && !jwk.getKeyOperations().contains(KeyOperation.VERIFY)) {
      return null;
    }
    try {
      if (jwk instanceof RSAKey rsa) {
        return rsa.size() < LEAST_RSA_BITS
            ? null
            : new Key(
                jwk,
                new RSASSAVerifier(rsa.toRSAPublicKey()),
                List.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"));
      }
      if (jwk instanceof ECKey ec) {
        ECDSAVerifier verifier = new ECDSAVerifier(ec.toECPublicKey());
        return new Key(
            jwk,
            verifier,
            verifier.supportedJWSAlgorithms().stream().map(JWSAlgorithm::getName).toList());
      }
      if (jwk instanceof OctetSequenceKey secret) {
        MACVerifier verifier = new MACVerifier(secret.toByteArray());
        return new Key(
            jwk,
            verifier,
            verifier.supportedJWSAlgorithms().stream().map(JWSAlgorithm::getName).toList());
      }
      boolean edwards = jwk instanceof OctetKeyPair pair && Edwards.isKey(pair);
      return edwards ? new Key(jwk, null, List.of("EdDSA")) : null;
    } catch (JOSEException | RuntimeException unusable) {
      return null; // one bad key does not spoil the others
    }
  }

  /** A token that these keys were found to have signed; null = not yet. */
  @Nullable SignedToken known(String token) {
    ByteBuffer digest = digest(token);
    SignedToken known = newer.get(digest);
    return known != null ? known : older.get(digest);
  }

  /** Whether a key could have signed it: its id and its algorithm fit. */
  boolean hasKeyFor(SignedToken token) {
    for (Key key : keys) {
      if (fits(key, token)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Verifies a signature and remembers the token if it is good.
   *
   * @return null = good
   */
  @Nullable TokenFault verify(String text, SignedToken token) {
    boolean fitting = false;
    for (Key key : keys) {
      if (fits(key, token)) {
        fitting = true;
        if (signed(key, token)) {
          remember(text, token);
          return null;
        }
      }
    }
    return fitting ? TokenFault.SIGNATURE : TokenFault.NO_KEY;
  }

  private static boolean fits(Key key, SignedToken token) {
    JWK jwk = key.jwk();
    boolean id =
        token.keyId() == null
            || token.keyId().isEmpty()
            || jwk.getKeyID() == null
            || jwk.getKeyID().equals(token.keyId());
    return id
        && key.algorithms().contains(token.algorithm())
        && (jwk.getAlgorithm() == null || jwk.getAlgorithm().getName().equals(token.algorithm()));
  }

  private static boolean signed(Key key, SignedToken token) {
    try {
      JWSVerifier verifier = key.verifier();
      if (verifier == null) {
        return key.jwk() instanceof OctetKeyPair pair
            && Edwards.verify(pair, token.signed(), token.signature());
      }
      JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.parse(token.algorithm())).build();
      return verifier.verify(header, token.signed(), Base64URL.encode(token.signature()));
    } catch (JOSEException | RuntimeException bad) {
      return false;
    }
  }

  private void remember(String text, SignedToken token) {
    Map<ByteBuffer, SignedToken> into = newer;
    if (into.size() >= MAX_REMEMBERED) {
      older = into;
      into = new ConcurrentHashMap<>();
      newer = into;
    }
    into.put(digest(text), token);
  }

  private static ByteBuffer digest(String token) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return ByteBuffer.wrap(sha.digest(token.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
