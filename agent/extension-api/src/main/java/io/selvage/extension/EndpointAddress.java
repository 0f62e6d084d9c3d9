package io.selvage.extension;

import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
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

  private EndpointAddress(
      InetAddress address, Endpoint endpoint, @Nullable UpstreamTls tls, Object poolKey) {
    super(address, endpoint.port());
    this.endpoint = endpoint;
    this.tls = tls;
    this.poolKey = poolKey;
  }

  /**
   * The address of an endpoint, labelled with a name so that nothing looks its name up.
   *
   * @param label the host that the application asked for
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  public static EndpointAddress of(
      Endpoint endpoint, @Nullable UpstreamTls tls, Object poolKey, String label)
      throws UnknownHostException {
    InetAddress address = InetAddress.getByName(endpoint.address());
    return new EndpointAddress(
        InetAddress.getByAddress(label, address.getAddress()), endpoint, tls, poolKey);
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
}
