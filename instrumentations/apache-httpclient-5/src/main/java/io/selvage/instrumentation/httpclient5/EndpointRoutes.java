package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.MeshRuntime;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.http.HttpHost;

/**
 * Routes that the library's pool tells apart exactly when connections must not be shared: by
 * endpoint, identity epoch and TLS intent.
 *
 * <p>A route can only be told apart by text, so each pool key gets a label. Any thread.
 */
final class EndpointRoutes {
  /** Beyond this, labels are forgotten: old connections then die of age and new ones are made. */
  private static final int MOST_LABELS = 2_000;

  private final Map<Object, String> labels = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();

  /**
   * The route of an attempt that has an endpoint.
   *
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  HttpRoute route(MeshRuntime mesh, Attempt attempt, Endpoint endpoint, HttpRoute asked)
      throws UnknownHostException {
    if (labels.size() > MOST_LABELS) {
      labels.clear();
    }
    Object key = ConnectionLanes.keyOf(mesh, attempt, endpoint, attempt.tls());
    String host = asked.getTargetHost().getHostName();
    String label = labels.computeIfAbsent(key, unseen -> "mesh-" + next.incrementAndGet());
    InetAddress address = InetAddress.getByName(endpoint.address());
    HttpHost target =
        new HttpHost(
            "http",
            InetAddress.getByAddress(host, address.getAddress()),
            host + "." + label,
            endpoint.port());
    return new HttpRoute(target, asked.getLocalAddress(), false);
  }
}
