package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Randomness;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.HeaderMatch;
import io.selvage.engine.model.RetryPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link RetryPolicy} ready for use, or what a request's own headers make of one. Immutable.
 * Source: Envoy {@code RetryStateImpl}.
 */
public final class RetryRules {
  /** Of requests whose route has no policy: nothing is repeated unless the request asks for it. */
  public static final RetryRules SILENT = new RetryRules(RetryPolicy.SILENT, token -> {});

  private static final String RETRY_ON = "x-envoy-retry-on";
  private static final String RETRY_GRPC_ON = "x-envoy-retry-grpc-on";
  private static final String MAX_RETRIES = "x-envoy-max-retries";
  private static final String STATUS_CODES = "x-envoy-retriable-status-codes";
  private static final String HEADER_NAMES = "x-envoy-retriable-header-names";
  private static final List<String> OVERRIDES =
      List.of(RETRY_ON, RETRY_GRPC_ON, MAX_RETRIES, STATUS_CODES, HEADER_NAMES);

  private final RetryPolicy policy;
  private final RetryConditions conditions;
  private final HeaderTest[] requestHeaders;
  private final int numRetries;
  private final long baseNanos;
  private final long maxNanos;

  /**
   * Compiles; throws {@link IllegalArgumentException} with the reason.
   *
   * @param unknown told each token that is none of Envoy's
   */
  public RetryRules(RetryPolicy policy, Consumer<String> unknown) {
    this.policy = policy;
    conditions =
        new RetryConditions(
            RetryConditions.bits(policy.on(), unknown),
            policy.retriableStatusCodes(),
            HeaderTest.of(policy.retriableHeaders()));
    requestHeaders = HeaderTest.of(policy.retriableRequestHeaders());
    numRetries = policy.numRetries();
    baseNanos = Math.max(1_000_000L, policy.baseInterval().toNanos());
    maxNanos = Math.max(baseNanos, policy.maxInterval().toNanos());
  }

  private RetryRules(RetryRules from, RetryConditions conditions, int numRetries) {
    this.policy = from.policy;
    this.conditions = conditions;
    this.requestHeaders = from.requestHeaders;
    this.numRetries = numRetries;
    this.baseNanos = from.baseNanos;
    this.maxNanos = from.maxNanos;
  }

  public RetryPolicy policy() {
    return policy;
  }

  /** How often at most; at least 0. */
  public int numRetries() {
    return numRetries;
  }

  /**
   * The rules for a request, whose own headers may say more; they are taken off it. Null when
   * nobody wants it repeated.
   *
   * @param routes null = the route has none
   */
  public static @Nullable RetryRules of(@Nullable RetryRules routes, RequestHead head) {
    boolean asks = false;
    for (int i = 0; i < OVERRIDES.size(); i++) {
      asks |= head.header(OVERRIDES.get(i)) != null;
    }
    boolean repeats = routes != null && routes.conditions.on() != 0;
    RetryRules rules = routes;
    if (asks) {
      repeats |= head.header(RETRY_ON) != null || head.header(RETRY_GRPC_ON) != null;
      rules = (routes == null ? SILENT : routes).with(head);
      for (String name : OVERRIDES) {
        head.removeHeader(name);
      }
    }
    if (rules == null || !repeats) {
      return null;
    }
    // as in Envoy no answer is repeated then, but an overdue attempt may still be hedged
    return rules.requestHeaders.length == 0 || any(rules.requestHeaders, head)
        ? rules
        : new RetryRules(rules, RetryConditions.NONE, rules.policy.numRetries());
  }

  private static boolean any(HeaderTest[] tests, RequestHead head) {
    for (HeaderTest test : tests) {
      if (test.test(head)) {
        return true;
      }
    }
    return false;
  }

  private RetryRules with(RequestHead head) {
    int on =
        conditions.on()
            | bits(head.header(RETRY_ON), RetryConditions.HTTP_TOKENS)
            | bits(head.header(RETRY_GRPC_ON), RetryConditions.GRPC_TOKENS);
    Set<Integer> codes = new HashSet<>(conditions.statusCodes());
    for (String code : tokens(head.header(STATUS_CODES))) {
      if (number(code) >= 0) {
        codes.add(number(code));
      }
    }
    List<HeaderMatch> names = new ArrayList<>(policy.retriableHeaders());
    for (String name : tokens(head.header(HEADER_NAMES))) {
      names.add(
          new HeaderMatch(
              name.toLowerCase(java.util.Locale.ROOT),
              new HeaderMatch.Present(true),
              false,
              false));
    }
    String most = head.header(MAX_RETRIES);
    int asked = most == null ? -1 : number(most.strip());
    return new RetryRules(
        this,
        new RetryConditions(on, codes, HeaderTest.of(names)),
        asked < 0 || on == 0 ? numRetries : asked);
  }

  private static int bits(@Nullable String text, Map<String, Integer> known) {
    int bits = 0;
    for (String token : tokens(text)) {
      bits |= known.getOrDefault(token, 0);
    }
    return bits;
  }

  private static List<String> tokens(@Nullable String text) {
    List<String> found = new ArrayList<>();
    if (text != null) {
      for (String token : text.split(",")) {
        if (!token.isBlank()) {
          found.add(token.strip());
        }
      }
    }
    return found;
  }

  /** -1 when the text is no number from 0 on; large ones are the largest. */
  private static int number(String text) {
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    return (int) Math.min(Integer.MAX_VALUE, Long.parseLong(text));
  }

  /** Whether an outcome is one that is repeated. */
  public boolean covers(Outcome outcome, boolean requestSent) {
    if (outcome instanceof Responded responded) {
      return conditions.covers(responded.head());
    }
    return outcome instanceof Failed failed && conditions.covers(failed.kind(), requestSent);
  }

  /**
   * How long to wait before a retry: what the answer asks for and up to half as much again, else
   * full jitter over an exponentially growing interval.
   *
   * @param retry 1 for the first retry
   * @param epochMillis now
   */
  public long backoffNanos(int retry, Outcome outcome, long epochMillis, Randomness random) {
    if (policy.rateLimited() != null && outcome instanceof Responded responded) {
      long asked = askedMillis(responded.head(), policy.rateLimited(), epochMillis);
      if (asked > 1) {
        return 1_000_000L * (asked + random.below(asked >> 1));
      }
    }
    int doublings = Math.min(retry - 1, 62 - (64 - Long.numberOfLeadingZeros(baseNanos)));
    return random.below(Math.min(baseNanos << doublings, maxNanos));
  }

  private static long askedMillis(
      ResponseHead head, RetryPolicy.RateLimitedBackOff how, long epochMillis) {
    for (int i = 0; i < how.headers().size(); i++) {
      RetryPolicy.ResetHeader header = how.headers().get(i);
      String text = head.header(header.name());
      long millis = text == null ? -1 : 1_000L * number(text.strip());
      long asked = header.timestamp() && millis >= 0 ? millis - epochMillis : millis;
      if (asked >= 0 && asked <= how.maxInterval().toMillis()) {
        return asked;
      }
    }
    return -1;
  }
}
