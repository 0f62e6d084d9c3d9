package io.selvage.engine.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a library's pool of connections to one cluster must keep to; an attempt carries it to its
 * transport. Sources: Envoy {@code CircuitBreakers}, {@code Cluster.connect_timeout}, {@code
 * HttpProtocolOptions}, {@code UpstreamConnectionOptions}; Istio {@code connectionPool}.
 *
 * @param maxConnections to the whole cluster; {@link Integer#MAX_VALUE} = no limit
 * @param maxConnectionsPerHost to one endpoint; {@link Integer#MAX_VALUE} = no limit
 * @param maxPending requests that may wait for a connection; {@link Integer#MAX_VALUE} = no limit
 * @param maxRequestsPerConnection after which a connection is closed; 0 = no limit
 * @param maxConcurrentStreams on one HTTP/2 connection; 0 = the library's
 * @param connectTimeout null = the library's
 * @param idleTimeout after which a connection without requests is closed; zero = never, null = the
 *     library's
 * @param maxConnectionDuration after which a connection takes no more requests; null = no limit
 */
public record ConnectionLimits(
    int maxConnections,
    int maxConnectionsPerHost,
    int maxPending,
    int maxRequestsPerConnection,
    int maxConcurrentStreams,
    @Nullable Duration connectTimeout,
    @Nullable Duration idleTimeout,
    @Nullable Duration maxConnectionDuration,
    @Nullable TcpKeepalive tcpKeepalive,
    @Nullable Http2Keepalive http2Keepalive) {
  /** Nothing is limited. */
  public static final ConnectionLimits NONE =
      new ConnectionLimits(
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          Integer.MAX_VALUE,
          0,
          0,
          null,
          null,
          null,
          null,
          null);

  /**
   * Probes of idle TCP connections; null or 0 = the system's (Envoy {@code TcpKeepalive}).
   *
   * @param probes without answer that end the connection
   */
  public record TcpKeepalive(int probes, @Nullable Duration time, @Nullable Duration interval) {}

  /** PINGs on HTTP/2 connections; null = none (Envoy {@code KeepaliveSettings}). */
  public record Http2Keepalive(@Nullable Duration interval, @Nullable Duration timeout) {}

  /** The same with the counts of one priority's circuit breakers. */
  public ConnectionLimits with(CircuitBreakers breakers) {
    return new ConnectionLimits(
        breakers.maxConnections(),
        breakers.maxConnectionsPerHost(),
        breakers.maxPending(),
        maxRequestsPerConnection,
        maxConcurrentStreams,
        connectTimeout,
        idleTimeout,
        maxConnectionDuration,
        tcpKeepalive,
        http2Keepalive);
  }
}
