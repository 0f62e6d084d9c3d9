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
    boolean alwaysDefault) {
  public LocalRateLimit {
    requestHeaders = Map.copyOf(requestHeaders);
    responseHeaders = Map.copyOf(responseHeaders);
    descriptors = List.copyOf(descriptors);
  }

  /** Tokens, one a request; full at first (Envoy {@code TokenBucket}). */
  public record Bucket(long maxTokens, long tokensPerFill, Duration interval) {}

  /** A bucket for requests whose rules make exactly these entries, in this order. */
  public record Descriptor(List<Entry> entries, Bucket bucket) {
    public Descriptor {
      entries = List.copyOf(entries);
    }
  }

  /** One part of a descriptor. */
  public record Entry(String key, String value) {}

  /**
   * How a request's descriptor is made (Envoy {@code RateLimit}): by all of its actions, else there
   * is none.
   */
  public record Rule(int stage, List<Action> actions) {
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
}
