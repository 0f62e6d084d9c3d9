package io.selvage.engine.security;

import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.model.JwtAuthn;
import io.selvage.engine.model.JwtProvider;
import io.selvage.engine.model.JwtRequirement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges the tokens of one request against what it needs. Changes nothing, so that it can be
 * repeated when keys have been fetched. Source of the rules: Envoy's verifier and authenticator
 * ({@code extensions/filters/http/jwt_authn}).
 */
final class TokenTrial {
  /** What came of it. */
  sealed interface Result permits Passed, Failed, Pending {}

  enum Passed implements Result {
    PASSED
  }

  /** The request is refused. */
  record Failed(TokenFault fault, String detail) implements Result {}

  /** Keys must be fetched first. */
  record Pending(TokenVerifier.KeysPending on, JwtProvider provider) implements Result {}

  /** A good token. */
  record Good(FoundToken token, TokenVerifier.Verified content) {}

  private final RequestHead head;
  private final JwtAuthn config;
  private final TokenVerifier verifier;
  private final boolean patient;
  private final Set<String> gone = new HashSet<>();
  private final List<Good> good = new ArrayList<>(1);

  /**
   * @param patient false = keys that are not there yet will not come in time
   */
  TokenTrial(RequestHead head, JwtAuthn config, TokenVerifier verifier, boolean patient) {
    this.head = head;
    this.config = config;
    this.verifier = verifier;
    this.patient = patient;
  }

  /** Tokens that were found good, in order. */
  List<Good> good() {
    return good;
  }

  Result judge(JwtRequirement needed) {
    if (needed instanceof JwtRequirement.Provider one) {
      JwtProvider provider = config.providers().get(one.name());
      return provider == null
          ? new Failed(TokenFault.ISSUER, "provider " + one.name() + " is not configured")
          : tokens(FoundToken.in(head, provider, gone), one.audiences(), false, true);
    }
    if (needed instanceof JwtRequirement.Any any) {
      return any(any.of());
    }
    if (needed instanceof JwtRequirement.All all) {
      for (JwtRequirement each : all.of()) {
        Result result = judge(each);
        if (result != Passed.PASSED) {
          return result;
        }
      }
      return Passed.PASSED;
    }
    List<FoundToken> found = new ArrayList<>();
    for (JwtProvider provider : config.providers().values()) {
      found.addAll(FoundToken.in(head, provider, gone));
    }
    boolean lenient = needed instanceof JwtRequirement.AllowMissingOrFailed;
    Result result =
        found.isEmpty() ? Passed.PASSED : tokens(merged(found), List.of(), true, !lenient);
    return lenient && result instanceof Failed ? Passed.PASSED : result;
  }

  /** Several providers may look at one place: its token counts once, for whom it was meant. */
  private static List<FoundToken> merged(List<FoundToken> found) {
    List<FoundToken> once = new ArrayList<>();
    for (FoundToken each : found) {
      boolean known =
          once.stream()
              .anyMatch(o -> o.place().equals(each.place()) && o.token().equals(each.token()));
      if (!known) {
        once.add(each);
      }
    }
    return once;
  }

  /** One good one is enough; else the reason that says most, and last whether none is needed. */
  private Result any(List<JwtRequirement> any) {
    Failed worst = null;
    boolean missing = false;
    boolean failed = false;
    for (JwtRequirement each : any) {
      missing |= each instanceof JwtRequirement.AllowMissing;
      failed |= each instanceof JwtRequirement.AllowMissingOrFailed;
      if (isBypass(each)) {
        continue;
      }
      int before = good.size();
      Result result = judge(each);
      if (!(result instanceof Failed why)) {
        return result;
      }
      good.subList(before, good.size()).clear();
      boolean telling =
          why.fault() != TokenFault.MISSING && why.fault() != TokenFault.ISSUER
              || worst == null
              || worst.fault() == TokenFault.MISSING;
      worst = telling ? why : worst;
    }
    if (worst == null) {
      return missing || failed
          ? judge(
              failed
                  ? new JwtRequirement.AllowMissingOrFailed()
                  : new JwtRequirement.AllowMissing())
          : Passed.PASSED;
    }
    return failed || (missing && worst.fault() == TokenFault.MISSING) ? Passed.PASSED : worst;
  }

  private static boolean isBypass(JwtRequirement each) {
    return each instanceof JwtRequirement.AllowMissing
        || each instanceof JwtRequirement.AllowMissingOrFailed;
  }

  /**
   * All tokens must be good: else an application might take the bad one for the good one.
   *
   * @param anyIssuer each token is judged by the provider that its issuer names
   */
  private Result tokens(
      List<FoundToken> found, List<String> audiences, boolean anyIssuer, boolean all) {
    if (found.isEmpty()) {
      return new Failed(TokenFault.MISSING, "no token");
    }
    int before = good.size();
    Failed failed = null;
    for (int i = found.size() - 1; i >= 0; i--) {
      FoundToken each = found.get(i);
      Result result = anyIssuer ? byIssuer(each) : judged(each, each.provider(), audiences);
      if (result instanceof Pending) {
        return result;
      }
      if (result instanceof Failed why) {
        failed = why;
        if (all) {
          good.subList(before, good.size()).clear();
          return failed;
        }
      }
    }
    return failed == null ? Passed.PASSED : failed;
  }

  private Result byIssuer(FoundToken token) {
    Result result = new Failed(TokenFault.ISSUER, "no provider");
    for (JwtProvider provider : config.providers().values()) {
      if (!provider.places().contains(token.place())) {
        continue;
      }
      result = judged(token, provider, List.of());
      if (!(result instanceof Failed why && why.fault() == TokenFault.ISSUER)) {
        return result;
      }
    }
    return result;
  }

  private Result judged(FoundToken token, JwtProvider provider, List<String> audiences) {
    TokenVerifier.Verdict verdict = verifier.verify(provider, audiences, token.token());
    if (verdict instanceof TokenVerifier.Verified content) {
      Good found = new Good(new FoundToken(token.token(), provider, token.place()), content);
      if (!good.contains(found)) {
        good.add(found);
      }
      if (!provider.forward()) {
        gone.add(FoundToken.taken(token.place()));
      }
      return Passed.PASSED;
    }
    if (verdict instanceof TokenVerifier.Refused refused) {
      return new Failed(refused.fault(), provider.name() + ": " + refused.detail());
    }
    TokenVerifier.KeysPending pending = (TokenVerifier.KeysPending) verdict;
    return patient
        ? new Pending(pending, provider)
        : new Failed(TokenFault.NO_KEYS, provider.name() + ": no keys in time");
  }

  @Nullable String user() {
    for (Good each : good) {
      Object issuer = each.content().payload().get("iss");
      Object subject = each.content().payload().get("sub");
      if (issuer instanceof String i && subject instanceof String s) {
        return i + "/" + s;
      }
    }
    return null;
  }
}
