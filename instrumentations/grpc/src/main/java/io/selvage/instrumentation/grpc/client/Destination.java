package io.selvage.instrumentation.grpc.client;

import io.grpc.CallOptions;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.MeshRuntime;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The endpoint of an attempt, in the call's options, for the balancer. */
final class Destination {
  private static final CallOptions.Key<EndpointAddress> KEY =
      CallOptions.Key.create("selvage-endpoint");
  private static final List<String> ALPN = List.of("h2");

  private Destination() {}

  /**
   * Options that lead to the attempt's endpoint; unchanged when the mesh leaves it to the library
   * where to go.
   *
   * @throws UnknownHostException when the endpoint's address is a name that cannot be resolved
   */
  static CallOptions into(CallOptions options, MeshRuntime mesh, Attempt attempt, String host)
      throws UnknownHostException {
    Endpoint endpoint = attempt.endpoint();
    if (endpoint == null) {
      return options;
    }
    Object key = ConnectionLanes.keyOf(mesh, attempt, endpoint, attempt.tls());
    return options.withOption(KEY, EndpointAddress.of(endpoint, attempt.tls(), key, host, ALPN));
  }

  /** Null = the library decides. */
  static @Nullable EndpointAddress of(CallOptions options) {
    return options.getOption(KEY);
  }
}
