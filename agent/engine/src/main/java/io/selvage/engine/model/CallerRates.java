package io.selvage.engine.model;

import java.util.List;

/**
 * How many requests a workload takes from each of its callers (section {@code rateLimit} of a
 * ResiliencePolicy). Every rule that fits a request holds.
 *
 * @param policy {@code namespace/name} of the resource, for messages
 * @param mostCallers how many callers a rule tells apart; all further ones share a bucket
 * @param tells whether responses carry {@code x-ratelimit-limit}, {@code -remaining} and {@code
 *     -reset}
 */
public record CallerRates(String policy, List<Rule> rules, int mostCallers, boolean tells) {
  public CallerRates {
    rules = List.copyOf(rules);
  }

  /** What is counted by itself. */
  public enum By {
    /** All requests that the rule fits are counted together. */
    ALL,
    PRINCIPAL,
    NAMESPACE,
    ADDRESS,
    HEADER
  }

  /**
   * Some callers and their rate.
   *
   * @param principals as in an AuthorizationPolicy: exact, {@code prefix*}, {@code *suffix} or
   *     {@code *}; empty = all, also those without identity
   * @param namespaces of callers, likewise
   * @param header lower case; with {@link By#HEADER} only: requests without it are counted together
   */
  public record Rule(
      List<String> principals,
      List<String> namespaces,
      By by,
      String header,
      LocalRateLimit.Bucket bucket) {
    public Rule {
      principals = List.copyOf(principals);
      namespaces = List.copyOf(namespaces);
    }
  }
}
