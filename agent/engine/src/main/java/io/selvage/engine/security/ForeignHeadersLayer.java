package io.selvage.engine.security;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.StringTest;
import io.selvage.engine.model.StringMatch;
import io.selvage.engine.snapshot.MeshFacts;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes away headers by which proxies of a mesh speak to each other, unless a gateway that the
 * operator trusts has written them: whoever else writes them wants to be believed. Stands before
 * every policy, so that none can be met by such a header. Fails closed. Source: Envoy cleans them
 * from requests that come from outside ({@code mutateRequestHeaders}).
 */
public final class ForeignHeadersLayer extends Layer {
  /** What workloads of the mesh tell each other; layers above have taken note of it. */
  private static final String[] OF_PEERS = {
    "x-envoy-attempt-count", "x-envoy-expected-rq-timeout-ms", "x-envoy-is-timeout-retry"
  };

  private static final String[] OF_GATEWAYS = {
    "x-envoy-auth-failure-mode-allowed",
    "x-envoy-auth-partial-body",
    "x-envoy-decorator-operation",
    "x-envoy-degraded",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-immediate-health-check-fail",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-local-overloaded",
    "x-envoy-max-retries",
    "x-envoy-not-forwarded",
    "x-envoy-original-dst-host",
    "x-envoy-original-host",
    "x-envoy-original-method",
    "x-envoy-original-path",
    "x-envoy-original-url",
    "x-envoy-overloaded",
    "x-envoy-peer-metadata",
    "x-envoy-peer-metadata-id",
    "x-envoy-ratelimited",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-canary",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-stream-duration-ms",
    "x-selvage-caller",
    "x-selvage-identity",
    "x-selvage-lane",
    "x-selvage-principal",
    "x-selvage-retried",
    "x-selvage-retry",
    "x-selvage-timeout-ms",
    "x-selvage-user"
  };

  private final List<StringTest> gateways;

  /**
   * @param gateways what the SPIFFE id of a trusted gateway matches; empty = none is trusted
   */
  public ForeignHeadersLayer(List<StringMatch> gateways) {
    this.gateways = StringTest.all(gateways);
  }

  @Override
  protected @Nullable Action onRequest(Exchange x) {
    MeshFacts facts = MeshFacts.of(x);
    Peer peer = facts.peer;
    if (peer == null || facts.compiledChain == null) {
      return PASS; // the port is not the mesh's: the headers may be the application's own
    }
    boolean ofMesh = peer.tls() && peer.principal() != null;
    if (ofMesh && peer.principal() != null && StringTest.any(gateways, peer.principal())) {
      facts.trustedGateway = true;
      return PASS;
    }
    clean(x.head(), OF_GATEWAYS);
    if (!ofMesh) {
      clean(x.head(), OF_PEERS);
    }
    return PASS;
  }

  private static void clean(RequestHead head, String[] names) {
    for (String name : names) {
      if (head.header(name) != null) {
        head.removeHeader(name);
      }
    }
  }

  @Override
  public boolean failsClosed() {
    return true;
  }
}
