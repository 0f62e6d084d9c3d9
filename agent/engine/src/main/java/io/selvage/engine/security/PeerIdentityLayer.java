package io.selvage.engine.security;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.AttemptLayer;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.model.Cluster;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.engine.snapshot.MeshFacts;
import org.jspecify.annotations.Nullable;

/**
 * How the connection to the chosen endpoint is protected: by the endpoint's {@code tlsMode} (Envoy
 * {@code transport_socket_matches}, Istio auto mTLS), else as the cluster says. Fails closed.
 */
public final class PeerIdentityLayer extends AttemptLayer {
  @Override
  protected @Nullable Outcome onAttempt(Exchange x, Attempt a) {
    Cluster cluster = MeshFacts.of(x).cluster;
    Endpoint endpoint = a.endpoint();
    if (cluster == null || endpoint == null) {
      return PASS;
    }
    UpstreamTls byMode =
        endpoint.tlsMode().isEmpty() ? null : cluster.tlsByMode().get(endpoint.tlsMode());
    a.tls(byMode == null ? cluster.tls() : byMode);
    return PASS;
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
