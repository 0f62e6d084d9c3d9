package io.selvage.engine.model;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done with a request that matched (Envoy {@code Route.action}). */
public sealed interface RouteAction {

  /**
   * Sent to one of several clusters.
   *
   * @param timeout of the whole request, from the router on; zero = none; null = Envoy's default
   *     (15 s) unless the controller says otherwise
   * @param idleTimeout of the stream; zero = none, null = the listener's
   * @param retry null = no retries
   * @param splitHeader header whose number is taken for chance when a cluster is chosen (Envoy
   *     {@code WeightedCluster.header_name}); null = none
   * @param unknownStatus HTTP status where the chosen cluster is not known (Envoy {@code
   *     cluster_not_found_response_code})
   */
  record Forward(
      List<WeightedCluster> clusters,
      @Nullable Rewrite rewrite,
      @Nullable Duration timeout,
      @Nullable Duration idleTimeout,
      @Nullable RetryPolicy retry,
      List<Mirror> mirrors,
      List<HashPolicy> hashPolicies,
      RoutePolicy policy,
      @Nullable String splitHeader,
      int unknownStatus)
      implements RouteAction {
    private static final int UNAVAILABLE = 503;

    /** Where the split goes by chance. */
    public Forward(
        List<WeightedCluster> clusters,
        @Nullable Rewrite rewrite,
        @Nullable Duration timeout,
        @Nullable Duration idleTimeout,
        @Nullable RetryPolicy retry,
        List<Mirror> mirrors,
        List<HashPolicy> hashPolicies,
        RoutePolicy policy) {
      this(
          clusters,
          rewrite,
          timeout,
          idleTimeout,
          retry,
          mirrors,
          hashPolicies,
          policy,
          null,
          UNAVAILABLE);
    }

    /** With nothing said beside timeout and retries. */
    public Forward(
        List<WeightedCluster> clusters,
        @Nullable Rewrite rewrite,
        @Nullable Duration timeout,
        @Nullable Duration idleTimeout,
        @Nullable RetryPolicy retry,
        List<Mirror> mirrors,
        List<HashPolicy> hashPolicies) {
      this(clusters, rewrite, timeout, idleTimeout, retry, mirrors, hashPolicies, RoutePolicy.NONE);
    }

    public Forward {
      clusters = List.copyOf(clusters);
      mirrors = List.copyOf(mirrors);
      hashPolicies = List.copyOf(hashPolicies);
    }
  }

  /**
   * Answered with a redirect; null parts stay as they are in the request (Envoy {@code
   * RedirectAction}).
   */
  record Redirect(
      @Nullable String scheme,
      @Nullable String host,
      int port,
      @Nullable String path,
      @Nullable String prefixRewrite,
      @Nullable RegexRewrite regexRewrite,
      int status,
      boolean stripQuery)
      implements RouteAction {}

  /** Answered at once (Envoy {@code DirectResponseAction}). */
  record Direct(int status, byte[] body, @Nullable String contentType) implements RouteAction {}

  /**
   * Only for inbound: given to the application.
   *
   * @param cluster what stands for the application, for its limits; empty = nothing
   */
  record Accept(String cluster) implements RouteAction {
    /** To an application that nothing is said of. */
    public Accept() {
      this("");
    }
  }
}
