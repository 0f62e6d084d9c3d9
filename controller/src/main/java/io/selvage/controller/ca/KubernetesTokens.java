package io.selvage.controller.ca;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes Kubernetes' projected service-account tokens: checked offline against the cluster's keys,
 * or by its TokenReview, or by both; always bound to our audience, never without an end. Blocks for
 * a TokenReview or new keys; thread-safe.
 */
public final class KubernetesTokens {
  private static final int MAX_CHARS = 16 * 1024;
  private static final Duration SKEW = Duration.ofSeconds(30);
  private static final String USER = "system:serviceaccount:";
  // signatures by a key pair only: with a shared secret the public key would be the secret
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final Settings settings;
  private final @Nullable ClusterKeys keys;
  private final @Nullable TokenReview review;
  private final Clock clock;

  /**
   * Whose tokens are taken.
   *
   * @param trustDomain of the identities
   * @param issuer {@code iss} of the cluster; looked at where keys are given
   * @param audience that a token must be made for
   */
  public record Settings(String trustDomain, String issuer, String audience) {}

  /**
   * At least one of {@code keys} and {@code review} is there; with both, both must agree.
   *
   * @throws IllegalArgumentException where neither is
   */
  public KubernetesTokens(
      Settings settings, @Nullable ClusterKeys keys, @Nullable TokenReview review, Clock clock) {
    if (keys == null && review == null) {
      throw new IllegalArgumentException("want keys or a TokenReview");
    }
    this.settings = settings;
    this.keys = keys;
    this.review = review;
    this.clock = clock;
  }

  /**
   * The identity of a token's service account.
   *
   * @throws CodedException SELV-4150 malformed, SELV-4151 signature, SELV-4152 issuer or audience,
   *     SELV-4153 time, SELV-4154 no service account, SELV-4155 TokenReview
   */
  public SpiffeId identity(String token) {
    if (token.length() > MAX_CHARS) {
      throw refused("SELV-4150", "is longer than " + MAX_CHARS + " characters");
    }
    SignedJWT jwt;
    JWTClaimsSet claims;
    try {
      jwt = SignedJWT.parse(token);
      claims = jwt.getJWTClaimsSet();
    } catch (ParseException | IllegalArgumentException e) {
      throw refused("SELV-4150", "is no signed JSON Web Token");
    }
    SpiffeId offline = null;
    ClusterKeys known = keys;
    if (known != null) {
      checkSignature(jwt, known);
      checkIssuer(claims);
      offline = account(claims);
    }
    checkTimes(claims);
    TokenReview asked = review;
    if (asked == null) {
      return java.util.Objects.requireNonNull(offline);
    }
    String user = asked.user(token, settings.audience());
    SpiffeId online = account(user);
    if (offline != null && !offline.equals(online)) {
      throw refused("SELV-4155", "says " + offline + " and its cluster says " + online);
    }
    return online;
  }

  private static void checkSignature(SignedJWT jwt, ClusterKeys keys) {
    JWSAlgorithm algorithm = jwt.getHeader().getAlgorithm();
    if (!ALGORITHMS.contains(algorithm)) {
      throw refused("SELV-4151", "is signed with '" + algorithm + "', which is not taken");
    }
    Set<String> critical = jwt.getHeader().getCriticalParams();
    if (critical != null && !critical.isEmpty()) {
      throw refused("SELV-4151", "demands extensions " + critical + " that are not known");
    }
    String id = jwt.getHeader().getKeyID();
    JWK key = keys.find(id == null ? "" : id);
    if (key == null) {
      throw refused("SELV-4151", "is signed with a key that its cluster does not name");
    }
    if (!(key instanceof AsymmetricJWK pair)
        || !key.getKeyType().equals(KeyType.forAlgorithm(algorithm))
        || key.getAlgorithm() != null && !key.getAlgorithm().equals(algorithm)) {
      throw refused("SELV-4151", "is signed with '" + algorithm + "', its key is for another");
    }
    try {
      JWSVerifier verifier =
          new DefaultJWSVerifierFactory().createJWSVerifier(jwt.getHeader(), pair.toPublicKey());
      if (!jwt.verify(verifier)) {
        throw refused("SELV-4151", "has a signature that is not its cluster's");
      }
    } catch (JOSEException | IllegalStateException e) {
      throw refused("SELV-4151", "has a signature that cannot be checked");
    }
  }

  private void checkIssuer(JWTClaimsSet claims) {
    if (!settings.issuer().equals(claims.getIssuer())) {
      throw refused(
          "SELV-4152",
          "comes from issuer '" + claims.getIssuer() + "'; wanted '" + settings.issuer() + "'");
    }
    List<String> audience = claims.getAudience();
    if (!audience.contains(settings.audience())) {
      throw refused(
          "SELV-4152", "is made for " + audience + "; wanted '" + settings.audience() + "'");
    }
  }

  private void checkTimes(JWTClaimsSet claims) {
    Instant now = clock.instant();
    Date end = claims.getExpirationTime();
    if (end == null) {
      throw refused("SELV-4153", "has no end; only projected tokens are taken");
    }
    if (!now.isBefore(end.toInstant().plus(SKEW))) {
      throw refused("SELV-4153", "expired at " + end.toInstant() + "; the clock here says " + now);
    }
    for (Date begin : new Date[] {claims.getNotBeforeTime(), claims.getIssueTime()}) {
      if (begin != null && now.isBefore(begin.toInstant().minus(SKEW))) {
        throw refused(
            "SELV-4153", "begins at " + begin.toInstant() + "; the clock here says " + now);
      }
    }
  }

  /** The account of {@code sub}, which the cluster's own claim must say too. */
  private SpiffeId account(JWTClaimsSet claims) {
    String subject = claims.getSubject();
    SpiffeId account = account(subject == null ? "" : subject);
    if (claims.getClaim("kubernetes.io") instanceof Map<?, ?> cluster
        && cluster.get("serviceaccount") instanceof Map<?, ?> named
        && account.namespace().equals(cluster.get("namespace"))
        && account.serviceAccount().equals(named.get("name"))) {
      return account;
    }
    throw refused("SELV-4154", "does not say the same account in 'sub' and 'kubernetes.io'");
  }

  private SpiffeId account(String user) {
    String[] parts = user.split(":", -1);
    if (!user.startsWith(USER) || parts.length != 4) {
      throw refused("SELV-4154", "is not of a service account");
    }
    try {
      return new SpiffeId(settings.trustDomain(), parts[2], parts[3]);
    } catch (IllegalArgumentException notANames) {
      throw refused("SELV-4154", "names an account that is none");
    }
  }

  static CodedException refused(String code, String what) {
    return new CodedException(
        code,
        "the service-account token "
            + what
            + ". Fix: project one with the audience and issuer that 'selvage serve' was given.");
  }
}
