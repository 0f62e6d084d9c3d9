package io.selvage.engine.snapshot;

import io.selvage.engine.model.Endpoint;

/** An endpoint as a snapshot knows it, with the state that outlives the snapshot. */
public record Host(Endpoint endpoint, EndpointState state, int priority) {
  /** Whether new requests may go there; degraded endpoints are a second choice and not healthy. */
  public boolean isHealthy() {
    return endpoint.health() == Endpoint.Health.HEALTHY && !state.ejected && !state.refusing;
  }

  /** Whether it takes requests when too few are healthy. */
  public boolean isDegraded() {
    return endpoint.health() == Endpoint.Health.DEGRADED && !state.ejected && !state.refusing;
  }

  /** Whether it is on its way out: it then does not count as missing. */
  public boolean isDraining() {
    return endpoint.health() == Endpoint.Health.DRAINING;
  }

  /** Address and port as in a URI: a colon in the address asks for brackets. */
  public String authority() {
    return endpoint.address().indexOf(':') < 0
        ? state.address()
        : "[" + endpoint.address() + "]:" + endpoint.port();
  }

  /** Health as the balancer sees it: who is taken out is unhealthy, whatever EDS says. */
  public Endpoint.Health health() {
    return state.ejected || state.refusing ? Endpoint.Health.UNHEALTHY : endpoint.health();
  }

  /** Weight, at least 1. */
  public int weight() {
    return Math.max(1, endpoint.weight());
  }
}
