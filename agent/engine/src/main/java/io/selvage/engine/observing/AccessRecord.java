package io.selvage.engine.observing;

import io.selvage.engine.flow.Protocol;
import org.jspecify.annotations.Nullable;

/**
 * One line of the access log, with the fields of Istio's default format.
 *
 * @param inbound whether this workload served the request, else it made it
 * @param startEpochNanos when the exchange began
 * @param durationNanos until the last byte
 * @param path path with query as the caller wrote it, before any rewrite
 * @param responseCode HTTP status as the application (or the caller) saw it; 0 = none
 * @param grpcStatus canonical code; -1 = not gRPC or unknown
 * @param responseFlags Envoy's flags, joined by commas; {@code -} = none
 * @param responseDetail why, for refusals and failures: layer, limit or policy; empty = none
 * @param policy the authorization policy that decided; empty = none
 * @param dryRun what policies in dry run would have done; empty = none said anything
 * @param audited the AUDIT policy that matched; empty = none
 * @param requestBytes of the body; -1 = unknown
 * @param responseBytes of the body; -1 = unknown
 * @param upstreamAddress address and port of the endpoint; null = none was chosen
 * @param upstreamCluster name of the cluster; empty = none
 * @param downstreamAddress address and port of the caller, for inbound; null otherwise
 * @param peerPrincipal verified SPIFFE id of the other side (inbound) or the ids that are accepted
 *     (outbound); empty = none
 * @param localPrincipal this workload's SPIFFE id; empty when the connection is not mutual TLS
 * @param mutualTls whether the connection is mutual TLS of the mesh
 * @param attempts how often the request was sent
 * @param traceId empty = not traced
 * @param lane name of the traffic lane; empty = the base lane
 */
public record AccessRecord(
    boolean inbound,
    long startEpochNanos,
    long durationNanos,
    String method,
    String path,
    Protocol protocol,
    String authority,
    int responseCode,
    int grpcStatus,
    String responseFlags,
    String responseDetail,
    String policy,
    String dryRun,
    String audited,
    long requestBytes,
    long responseBytes,
    @Nullable String forwardedFor,
    @Nullable String userAgent,
    @Nullable String requestId,
    @Nullable String upstreamAddress,
    String upstreamCluster,
    @Nullable String downstreamAddress,
    int localPort,
    String requestedServerName,
    String routeName,
    String peerPrincipal,
    String localPrincipal,
    boolean mutualTls,
    int attempts,
    String traceId,
    String lane) {}
