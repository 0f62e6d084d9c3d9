package io.selvage.extension;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The address of an endpoint that the engine has chosen, for libraries that hand an address through
 * to the connection floor on another thread: it carries what {@link Intent} carries on one thread.
 *
 * <p>Equal to any other address with the same IP address and port, as {@link InetSocketAddress}
 * defines it; so a pool must be keyed by {@link #poolKey()}. Immutable.
 */
public final class EndpointAddress extends InetSocketAddress {
  private static final long serialVersionUID = 1L;

  private final transient Endpoint endpoint;
  private final transient @Nullable UpstreamTls tls;
  private final transient Object poolKey;
  private final transient List<String> alpn;

  private EndpointAddress(
      InetAddress address,
      Endpoint endpoint,
      @Nullable UpstreamTls tls,
      Object poolKey,
      List<String> alpn) {
    super(address, endpoint.port());
    this.endpoint = endpoint;
    this.tls = tls;
    this.poolKey = poolKey;
    this.alpn = List.copyOf(alpn);
  }

  /**
   * The address of an endpoint, labelled with a name so that nothing looks its name up.
   *
   * @param label the host that the application asked for
   * @param alpn what the codec above the connection speaks, in order of preference
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  public static EndpointAddress of(
      Endpoint endpoint, @Nullable UpstreamTls tls, Object poolKey, String label, List<String> alpn)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByName(endpoint.address());
    return new EndpointAddress(
        InetAddress.getByAddress(label, address.getAddress()), endpoint, tls, poolKey, alpn);
  }

  /** As {@link #of(Endpoint, UpstreamTls, Object, String, List)} with nothing to negotiate. */
  public static EndpointAddress of(
      Endpoint endpoint, @Nullable UpstreamTls tls, Object poolKey, String label)
      throws UnknownHostException {
    return of(endpoint, tls, poolKey, label, List.of());
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /** TLS that the floor must add; null = none. */
  public @Nullable UpstreamTls tls() {
    return tls;
  }

  /** See {@link MeshTls#poolKey}. */
  public Object poolKey() {
    return poolKey;
  }

  /** What the codec above the connection speaks; empty = nothing that is negotiated. */
  public List<String> alpn() {
    return alpn;
  }
}
