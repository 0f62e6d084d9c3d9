package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many requests this JVM lets through (Envoy {@code
 * envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit}).
 *
 * @param bucket null = the filter is there for its routes' sake and lets all through
 * @param enabled share of the requests that are counted, 0.0 to 1.0
 * @param enforced share of the requests beyond the limit that are refused, 0.0 to 1.0
 * @param status of refusals
 * @param resourceExhausted gRPC callers are told {@code RESOURCE_EXHAUSTED}, else {@code
 *     UNAVAILABLE}
 * @param requestHeaders added to requests that are beyond the limit but let through
 * @param responseHeaders of refusals
 * @param stage of the routes' rules that count
 * @param alwaysDefault requests with a bucket of their own take from {@code bucket} too
 * @param own the filter's own rules, in place of the routes'; empty = the routes' count
 * @param hosts what becomes of rules of virtual hosts
 * @param mostDynamic how many values of an entry without a value are told apart
 * @param tells whether responses carry {@code x-ratelimit-limit}, {@code -remaining} and {@code
 *     -reset}
 */
public record LocalRateLimit(
    @Nullable Bucket bucket,
    double enabled,
    double enforced,
    int status,
    boolean resourceExhausted,
    Map<String, String> requestHeaders,
    Map<String, String> responseHeaders,
    List<Descriptor> descriptors,
    int stage,
    boolean alwaysDefault,
    List<Rule> own,
    HostRules hosts,
    int mostDynamic,
    boolean tells) {
  private static final int MOST_DYNAMIC = 20;

  /** Envoy {@code VhRateLimitsOptions}. */
  public enum HostRules {
    /** They count where the route has none. */
    OVERRIDE,
    INCLUDE,
    IGNORE
  }

  /** By rules of the routes; nothing is told. */
  public LocalRateLimit(
      @Nullable Bucket bucket,
      double enabled,
      double enforced,
      int status,
      boolean resourceExhausted,
      Map<String, String> requestHeaders,
      Map<String, String> responseHeaders,
      List<Descriptor> descriptors,
      int stage,
      boolean alwaysDefault) {
    this(
        bucket,
        enabled,
        enforced,
        status,
        resourceExhausted,
        requestHeaders,
        responseHeaders,
        descriptors,
        stage,
        alwaysDefault,
        List.of(),
        HostRules.OVERRIDE,
        MOST_DYNAMIC,
        false);
  }

  public LocalRateLimit {
    requestHeaders = Map.copyOf(requestHeaders);
    responseHeaders = Map.copyOf(responseHeaders);
    descriptors = List.copyOf(descriptors);
    own = List.copyOf(own);
  }

  /** Tokens, one a request; full at first (Envoy {@code TokenBucket}). */
  public record Bucket(long maxTokens, long tokensPerFill, Duration interval) {}

  /** A bucket for requests whose rules make exactly these entries, in this order. */
  public record Descriptor(List<Entry> entries, Bucket bucket) {
    public Descriptor {
      entries = List.copyOf(entries);
    }

    /** Whether an entry stands for any value, each of which has a bucket of its own. */
    public boolean isWildcard() {
      return entries.stream().anyMatch(e -> e.value().isEmpty());
    }
  }

  /** One part of a descriptor. */
  public record Entry(String key, String value) {}

  /**
   * How a request's descriptor is made (Envoy {@code RateLimit}): by all of its actions, else there
   * is none.
   *
   * @param ofHost whether it is the virtual host's, which not every limit obeys
   */
  public record Rule(int stage, List<Action> actions, boolean ofHost) {
    /** A rule that counts in any case. */
    public Rule(int stage, List<Action> actions) {
      this(stage, actions, false);
    }

    public Rule {
      actions = List.copyOf(actions);
    }
  }

  /** Makes an entry. */
  public sealed interface Action {}

  /** A header's value; a request without it has no descriptor, unless the entry may be skipped. */
  public record RequestHeader(String header, String key, boolean skipIfAbsent) implements Action {}

  /** Always the same. */
  public record GenericKey(String key, String value) implements Action {}

  /** The same for all requests that match (or, with {@code expect} false, that do not). */
  public record HeaderValueMatch(
      String key, String value, boolean expect, List<HeaderMatch> headers) implements Action {
    public HeaderValueMatch {
      headers = List.copyOf(headers);
    }
  }

  /** The cluster that the route names. */
  public record DestinationCluster() implements Action {}

  /** The caller's address; on the serving side only. */
  public record RemoteAddress() implements Action {}

  /** The network that the caller's address is in; on the serving side only. */
  public record MaskedRemoteAddress(int v4Prefix, int v6Prefix) implements Action {}

  /** The service of this workload, as {@code service.namespace}. */
  public record SourceCluster() implements Action {}

  /** A query parameter's value, undecoded; as for headers. */
  public record QueryParameter(String parameter, String key, boolean skipIfAbsent)
      implements Action {}

  /** As {@link HeaderValueMatch}, by query parameters. */
  public record QueryValueMatch(
      String key, String value, boolean expect, List<QueryMatch> parameters) implements Action {
    public QueryValueMatch {
      parameters = List.copyOf(parameters);
    }
  }
}
