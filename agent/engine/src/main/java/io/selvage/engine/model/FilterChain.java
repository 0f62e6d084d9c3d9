package io.selvage.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of inbound connection is treated (Envoy {@code FilterChain}).
 *
 * @param port the application's port; 0 = any port
 * @param transport whether the connection must speak TLS, must not, or either
 * @param tls present on TLS chains
 * @param http null for connections whose requests are not seen (raw TCP)
 * @param networkRbac authorization of the connection itself, in order
 * @param exempt plaintext for a few paths of a port that is otherwise STRICT; the authorization
 *     says which
 */
public record FilterChain(
    String name,
    int port,
    Transport transport,
    List<String> applicationProtocols,
    @Nullable DownstreamTls tls,
    @Nullable InboundHttp http,
    List<RbacFilter> networkRbac,
    boolean exempt) {

  /** Without exemptions. */
  public FilterChain(
      String name,
      int port,
      Transport transport,
      List<String> applicationProtocols,
      @Nullable DownstreamTls tls,
      @Nullable InboundHttp http,
      List<RbacFilter> networkRbac) {
    this(name, port, transport, applicationProtocols, tls, http, networkRbac, false);
  }

  public FilterChain {
    applicationProtocols = List.copyOf(applicationProtocols);
    networkRbac = List.copyOf(networkRbac);
  }

  public enum Transport {
    TLS,
    RAW,
    ANY
  }

  /**
   * TLS of the application's port.
   *
   * @param requireClientCertificate mutual TLS with the mesh's identity
   * @param peers what the client's SPIFFE id must match; empty = any identity of the trusted
   *     domains
   * @param settings versions, suites and key exchanges that may be used
   */
  public record DownstreamTls(
      boolean requireClientCertificate,
      List<StringMatch> peers,
      List<String> alpn,
      TlsSettings settings) {

    /** At today's versions. */
    public DownstreamTls(
        boolean requireClientCertificate, List<StringMatch> peers, List<String> alpn) {
      this(requireClientCertificate, peers, alpn, TlsSettings.MODERN);
    }

    public DownstreamTls {
      peers = List.copyOf(peers);
      alpn = List.copyOf(alpn);
    }
  }

  /**
   * Requests of such connections: filters in order, then the application.
   *
   * @param rbac authorization filters in order (DENY before ALLOW)
   * @param limits what is let through
   * @param checks what is asked before those
   */
  public record InboundHttp(
      RouteConfig routes,
      List<RbacFilter> rbac,
      @Nullable Fault fault,
      Observability observability,
      RequestLimits limits,
      InboundChecks checks) {
    /** Whose callers are asked for nothing but authorization. */
    public InboundHttp(
        RouteConfig routes,
        List<RbacFilter> rbac,
        @Nullable Fault fault,
        Observability observability,
        RequestLimits limits) {
      this(routes, rbac, fault, observability, limits, InboundChecks.NONE);
    }

    /** Whose requests are not limited. */
    public InboundHttp(
        RouteConfig routes,
        List<RbacFilter> rbac,
        @Nullable Fault fault,
        Observability observability) {
      this(routes, rbac, fault, observability, RequestLimits.NONE);
    }

    public InboundHttp {
      rbac = List.copyOf(rbac);
    }
  }
}
