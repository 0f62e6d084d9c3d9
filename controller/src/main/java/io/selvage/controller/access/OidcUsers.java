package io.selvage.controller.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.text.ParseException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * People by the ID tokens of an OpenID Connect provider (OpenID Connect Core §3.1.3.7): signed by
 * one of its published keys with an asymmetric algorithm, for this client, not expired.
 *
 * <p>Names are {@code oidc:} and the claim, so that no provider can make a static user. Who has no
 * role binding is nobody.
 */
public final class OidcUsers implements Authenticator {
  private static final Logger LOG = LoggerFactory.getLogger(OidcUsers.class);
  private static final String PREFIX = "oidc:";
  private static final int MAX_TOKEN_CHARACTERS = 16 << 10;
  private static final int SKEW_SECONDS = 60;
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512);

  private final OidcSettings settings;
  private final RoleBindings bindings;
  private final DefaultJWTProcessor<SecurityContext> processor;

  /**
   * Reads the bindings; the provider is asked at the first token.
   *
   * @throws io.selvage.controller.store.StoreException if bindings or authority cannot be used
   */
  public OidcUsers(OidcSettings settings) {
    this.settings = settings;
    this.bindings = new RoleBindings(settings.bindings());
    this.processor = new DefaultJWTProcessor<>();
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(ALGORITHMS, new ProviderKeys(settings)));
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            settings.clientId(),
            new JWTClaimsSet.Builder().issuer(settings.issuer().toString()).build(),
            Set.of("exp", "iat", settings.usernameClaim()));
    claims.setMaxClockSkew(SKEW_SECONDS);
    processor.setJWTClaimsSetVerifier(claims);
  }

  @Override
  public Optional<User> authenticate(String token) {
    if (token.length() > MAX_TOKEN_CHARACTERS || token.chars().filter(c -> c == '.').count() != 2) {
      return Optional.empty();
    }
    try {
      return user(processor.process(token, null));
    } catch (ParseException | BadJOSEException | JOSEException e) {
      // the token itself must not get into the log, and the message may quote it
      LOG.debug("[SELV-7023] an ID token is refused: {}", e.getClass().getSimpleName());
      return Optional.empty();
    }
  }

  private Optional<User> user(JWTClaimsSet claims) throws ParseException {
    String name = claims.getStringClaim(settings.usernameClaim());
    boolean unproved =
        settings.usernameClaim().equals("email")
            && Boolean.FALSE.equals(claims.getClaim("email_verified"));
    if (name == null || name.isEmpty() || unproved) {
      return Optional.empty();
    }
    List<Grant> grants = bindings.of(name, groups(claims));
    return grants.isEmpty() ? Optional.empty() : Optional.of(new User(PREFIX + name, grants));
  }

  private Set<String> groups(JWTClaimsSet claims) {
    Set<String> groups = new HashSet<>();
    Object claim = claims.getClaim(settings.groupsClaim());
    if (claim instanceof String one) {
      groups.add(one);
    } else if (claim instanceof List<?> several) {
      several.stream().filter(String.class::isInstance).forEach(g -> groups.add((String) g));
    }
    return groups;
  }
}
