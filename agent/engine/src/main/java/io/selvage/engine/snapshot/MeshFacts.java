package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Facts;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.model.Cors;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.Observability;
import io.selvage.engine.model.RoutingPriority;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a request with what they mean in the snapshot that it was begun with. An exchange sees
 * this snapshot only.
 */
public final class MeshFacts extends Facts {
  public final MeshSnapshot snapshot;

  /** The outbound listener; null when the mesh knows none, and for inbound. */
  public @Nullable CompiledListener compiledListener;

  /** The inbound chain; null when none takes the connection, and for outbound. */
  public @Nullable CompiledChain compiledChain;

  /** What listener or chain say of tracing and logging. */
  public Observability observability = Observability.DEFAULT;

  public @Nullable CompiledRoute compiledRoute;

  /**
   * Whether the request has come to the router: what is refused from here on carries the route's
   * response headers.
   */
  public boolean routed;

  /** Why there is no route, for the router to say; null when there is one. */
  public @Nullable Rejection lost;

  /** The origin of the request, where the route's CORS rules allow it; null otherwise. */
  public @Nullable String corsOrigin;

  /** Which share of the route's split; 0 when it has none. */
  public int shareIndex;

  public @Nullable CompiledCluster compiledCluster;

  /** What consistent hashing goes by. */
  public long hash;

  /** The session that the request belongs to; null when none is kept. */
  public @Nullable SessionPin pin;

  /** A cookie that the response must set for the next request to find the same endpoint. */
  public @Nullable String stickyCookie;

  /** Endpoints as {@code address:port} that a connection was tried to before; never null. */
  public Set<String> tried = Set.of();

  /** The span of this request; empty when nothing is traced. */
  public String spanId = "";

  public String traceId = "";
  public String parentSpanId = "";
  public String traceState = "";
  public boolean sampled;

  /** {@code x-request-id} of this request; null when it has none. */
  public @Nullable String requestId;

  /** Path with query as the caller wrote it. */
  public final String originalPath;

  /** Authority as the caller wrote it. */
  public final String originalAuthority;

  /** How the exchange ended, for those who write it down; null before. */
  public @Nullable Object conclusion;

  /** What is repeated; null = nothing. */
  public @Nullable RetryRules retry;

  /** How many overdue attempts may still be followed by another. */
  public int hedgesLeft = Integer.MAX_VALUE;

  /** How many retries are left to it. */
  public int retriesLeft;

  /** Time of each attempt; 0 = none but the request's. */
  public long perTryNanos;

  /** How long an attempt may be silent; 0 = for ever. */
  public long perTryIdleNanos;

  /** How long an attempt's stream may last, body included; 0 = for ever. */
  public long streamNanos;

  /** The next attempt follows one whose time was over. */
  public boolean timeoutRetry;

  /** The last attempt was over because its stream lasted too long. */
  public boolean overlong;

  /** A timeout is answered by 204, as the application asked. */
  public boolean timeoutIsNoContent;

  /** Whether an injected fault of this request is under way. */
  public boolean faulted;

  /** Whether a retry of this request counts against the cluster's limit. */
  public boolean retryCounted;

  /** Whether the retry under way was paid from the allowance of policies that nobody wrote. */
  public boolean retryPaid;

  /** The place that the request holds, or waits for, in a bulkhead; null = none. */
  public @Nullable Object place;

  /** The bucket that its rate limit took from, where responses tell of it; null = none. */
  public @Nullable TokenBucket bucket;

  /** What the request holds of limits that follow latency; null = nothing. */
  public @Nullable Object concurrency;

  /** The place that the request holds, or waits for, among the cluster's connections. */
  public @Nullable Object connectionPlace;

  /** Where the request counts as one that the application serves; null = nowhere. */
  public @Nullable ClusterState servedBy;

  /** Who the caller of an inbound request says it is; only what its certificate bears out. */
  public Endpoint.@Nullable Workload sourceWorkload;

  /** The caller is a gateway whose headers about others are believed. */
  public boolean trustedGateway;

  /** Until when the request waits for keys of tokens, on the exchange's clock. */
  public long keysUntilNanos;

  /** {@code ISSUER/SUBJECT} of the end user whose token was checked; null = none was. */
  public @Nullable String user;

  /** What dry runs of authorization said, refusals first; for logs and counters. */
  public String dryRun = "";

  /** The AUDIT policy that matched; for logs and counters; empty = none. */
  public String audited = "";

  /** The forms of its path that authorization has asked about; null = it has not. */
  public @Nullable List<String> pathForms;

  /** Policies that matched, for explanations; null unless {@link #explaining}. */
  public @Nullable List<String> matchedPolicies;

  /** What else would be done, for explanations; null unless {@link #explaining}. */
  public @Nullable List<String> notes;

  public MeshFacts(LayerFailures failures, MeshSnapshot snapshot, String authority, String path) {
    super(failures);
    this.snapshot = snapshot;
    this.originalAuthority = authority;
    this.originalPath = path;
  }

  /** The facts of an exchange of one of the mesh's stacks. */
  public static MeshFacts of(Exchange x) {
    return (MeshFacts) x.facts();
  }

  /** Which of the cluster's limits the request counts against. */
  public RoutingPriority priority() {
    return compiledRoute == null ? RoutingPriority.DEFAULT : compiledRoute.priority();
  }

  /** Facts of a copy of the request, which goes elsewhere. */
  public MeshFacts copy() {
    MeshFacts copy = new MeshFacts(failures(), snapshot, originalAuthority, originalPath);
    copy.host = host;
    copy.port = port;
    copy.context = context;
    copy.listener = listener;
    copy.compiledListener = compiledListener;
    copy.virtualHost = virtualHost;
    copy.route = route;
    copy.compiledRoute = compiledRoute;
    return copy;
  }

  /** Remembers something for an explanation. */
  public void note(String text) {
    if (explaining) {
      if (notes == null) {
        notes = new ArrayList<>();
      }
      notes.add(text);
    }
  }

  /** Remembers a policy for an explanation. */
  public void matchedPolicy(String name) {
    if (explaining) {
      if (matchedPolicies == null) {
        matchedPolicies = new ArrayList<>();
      }
      matchedPolicies.add(name);
    }
  }

  /** Headers by which a response tells a browser that its origin may read it; may be empty. */
  public Map<String, String> corsMarks() {
    Cors cors = compiledRoute == null ? null : compiledRoute.route().cors();
    if (corsOrigin == null || cors == null) {
      return Map.of();
    }
    Map<String, String> marks = new HashMap<>();
    marks.put("access-control-allow-origin", corsOrigin);
    if (cors.allowCredentials()) {
      marks.put("access-control-allow-credentials", "true");
    }
    if (!cors.exposeHeaders().isEmpty()) {
      marks.put("access-control-expose-headers", String.join(",", cors.exposeHeaders()));
    }
    return marks;
  }
}
