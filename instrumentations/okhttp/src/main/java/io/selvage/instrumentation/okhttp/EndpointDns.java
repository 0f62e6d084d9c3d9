package io.selvage.instrumentation.okhttp;

import java.net.InetAddress;
import java.util.List;
import okhttp3.Dns;

/**
 * Resolves any host to one endpoint; equal for those that may share connections.
 *
 * @param poolKey (endpoint, epoch, TLS intent)
 */
record EndpointDns(Object poolKey, InetAddress address) implements Dns {
  @Override
  public List<InetAddress> lookup(String host) {
    return List.of(address);
  }
}
