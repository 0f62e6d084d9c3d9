package io.selvage.identity.token;

import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.security.TokenFault;
import io.selvage.engine.security.TokenVerifier;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges tokens of end users by the keys of their issuers. Any thread; never blocks.
 *
 * <p>Stricter than Envoy in one thing: a token that never expires is refused (as was overlooked in
 * SPIRE before 1.11.3).
 */
public final class Tokens implements TokenVerifier {
  private static final int MAX_SOURCES = 256;
  private final KeyFetch fetch;
  private final LongSupplier nanos;
  private final LongSupplier epochMillis;
  private final BiConsumer<String, String> report;
  private final Map<String, Optional<KeySet>> inline = new ConcurrentHashMap<>();
  private final Map<JwtProvider.RemoteKeys, RemoteKeys> remote = new ConcurrentHashMap<>();

  /**
   * @param nanos a clock that never jumps, for the age of keys
   * @param epochMillis the clock on the wall, for the age of tokens
   * @param report told a stable code and what an operator must know
   */
  public Tokens(
      KeyFetch fetch,
      LongSupplier nanos,
      LongSupplier epochMillis,
      BiConsumer<String, String> report) {
    this.fetch = fetch;
    this.nanos = nanos;
    this.epochMillis = epochMillis;
    this.report = report;
  }

  @Override
  public Verdict verify(JwtProvider provider, List<String> audiences, String token) {
    try {
      return judged(provider, audiences, token);
    } catch (SignedToken.Unreadable unreadable) {
      return new Refused(unreadable.fault(), String.valueOf(unreadable.getMessage()));
    } catch (RuntimeException | StackOverflowError bug) {
      return new Refused(TokenFault.SIGNATURE, "could not be judged: " + bug);
    }
  }

  private Verdict judged(JwtProvider provider, List<String> audiences, String text)
      throws SignedToken.Unreadable {
    RemoteKeys source =
        provider.keys() instanceof JwtProvider.RemoteKeys keys ? remote(keys) : null;
    KeySet keys = source == null ? inline(provider) : source.keys();
    SignedToken known = keys == null ? null : keys.known(text);
    SignedToken token = known == null ? SignedToken.read(text) : known;
    Refused wrong = claims(provider, audiences, token);
    if (wrong != null) {
      return wrong;
    }
    if (known == null) {
      if (source != null && (keys == null || !keys.hasKeyFor(token))) {
        CompletionStage<?> fetched = keys == null ? source.refresh() : source.refreshForUnknown();
        if (fetched != null && !fetched.toCompletableFuture().isDone()) {
          return new KeysPending(fetched);
        }
        keys = source.keys();
      }
      if (keys == null) {
        return new Refused(TokenFault.NO_KEYS, "its issuer's keys are not known");
      }
      TokenFault fault = keys.verify(text, token);
      if (fault != null) {
        return new Refused(fault, signature(fault, token));
      }
    }
    return new Verified(token.header(), token.payload(), token.payloadText());
  }

  private static String signature(TokenFault fault, SignedToken token) {
    return fault == TokenFault.NO_KEY
        ? "no key of the issuer fits its kid and alg " + token.algorithm()
        : "its signature is wrong, alg " + token.algorithm();
  }

  private RemoteKeys remote(JwtProvider.RemoteKeys keys) {
    RemoteKeys known = remote.get(keys);
    if (known == null) {
      forgetSome(remote);
      known = remote.computeIfAbsent(keys, k -> new RemoteKeys(k, fetch, nanos, report));
    }
    return known;
  }

  private @Nullable KeySet inline(JwtProvider provider) {
    if (!(provider.keys() instanceof JwtProvider.InlineKeys keys)) {
      return null;
    }
    Optional<KeySet> known = inline.get(keys.jwks());
    if (known == null) {
      forgetSome(inline);
      known = inline.computeIfAbsent(keys.jwks(), this::read);
    }
    return known.orElse(null);
  }

  private Optional<KeySet> read(String jwks) {
    try {
      return Optional.of(KeySet.of(jwks));
    } catch (ParseException wrong) {
      report.accept(
          "SELV-5231",
          "(RequestAuthentication jwks) cannot be used; "
              + wrong.getMessage()
              + "; tokens of this issuer are refused. Fix: write a JWK set with a public key");
      return Optional.empty();
    }
  }

  /** Configurations come and go: what is forgotten is made anew. */
  private static void forgetSome(Map<?, ?> map) {
    if (map.size() >= MAX_SOURCES) {
      map.clear();
    }
  }

  private @Nullable Refused claims(
      JwtProvider provider, List<String> audiences, SignedToken token) {
    if (!provider.issuer().isEmpty() && !provider.issuer().equals(token.issuer())) {
      return new Refused(TokenFault.ISSUER, "its issuer is not " + provider.issuer());
    }
    Refused outOfTime = time(provider, token);
    if (outOfTime != null) {
      return outOfTime;
    }
    List<String> wanted = audiences.isEmpty() ? provider.audiences() : audiences;
    if (!wanted.isEmpty() && !Audiences.meet(wanted, token.audiences())) {
      return new Refused(TokenFault.AUDIENCE, "its audience is not one of " + wanted);
    }
    boolean subject =
        provider.subjects() == null || StringTest.of(provider.subjects()).test(token.subject());
    return subject ? null : new Refused(TokenFault.SUBJECT, "its subject is not among the allowed");
  }

  private @Nullable Refused time(JwtProvider provider, SignedToken token) {
    long now = epochMillis.getAsLong() / 1000;
    long skew = provider.clockSkew().toSeconds();
    Long expires = token.expires();
    Long notBefore = token.notBefore();
    if (expires == null) {
      return new Refused(TokenFault.NO_EXPIRY, "it would be valid for ever");
    }
    if (notBefore != null && now + skew < notBefore) {
      return new Refused(
          TokenFault.NOT_YET_VALID, "it is valid in " + (notBefore - now) + " s; compare clocks");
    }
    if (now > expires + skew) {
      return new Refused(TokenFault.EXPIRED, "it expired " + (now - expires) + " s ago");
    }
    Duration most = provider.maxLifetime();
    if (most != null && expires - now > most.toSeconds()) {
      return new Refused(
          TokenFault.LIFETIME, "it is valid for " + (expires - now) + " s; at most " + most);
    }
    return null;
  }
}
