package io.selvage.engine.stack;

import io.selvage.engine.flow.Rejection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What would happen to a request, and why; nothing is sent or counted.
 *
 * @param listener name of the listener (outbound) or filter chain (inbound); empty = none
 * @param virtualHost empty = none
 * @param route name of the route, or its match in words when it has no name; empty = none
 * @param cluster empty = none
 * @param endpoints all candidates of the cluster, best priority first
 * @param chosen address and port of the endpoint that this request would go to; empty = none
 * @param tls how the connection is (to be) protected
 * @param policies authorization policies that matched, deciding ones first, dry runs marked
 * @param notes what else would be done: faults, timeouts, retries, mirrors, rewrites
 * @param rejection null = the request goes through
 * @param rejectedBy the layer that made the rejection; empty = none
 */
public record Explanation(
    String listener,
    String virtualHost,
    String route,
    String cluster,
    List<Candidate> endpoints,
    String chosen,
    Tls tls,
    List<String> policies,
    List<String> notes,
    @Nullable Rejection rejection,
    String rejectedBy) {
  public Explanation {
    endpoints = List.copyOf(endpoints);
    policies = List.copyOf(policies);
    notes = List.copyOf(notes);
  }

  /**
   * An endpoint of the cluster.
   *
   * @param state {@code HEALTHY}, {@code UNHEALTHY}, {@code DEGRADED}, {@code DRAINING} or {@code
   *     EJECTED}
   */
  public record Candidate(
      String address, int priority, int weight, String locality, String state, String workload) {}

  /**
   * TLS of a connection.
   *
   * @param mode {@code mesh} (mutual TLS with mesh identities), {@code tls} or {@code none}
   * @param sni empty = none
   * @param sans what the peer's identity must match, in words
   */
  public record Tls(String mode, String sni, List<String> sans) {
    public Tls {
      sans = List.copyOf(sans);
    }
  }
}
