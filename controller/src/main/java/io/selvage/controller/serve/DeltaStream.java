package io.selvage.controller.serve;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.translate.ResourceSet;
import io.selvage.controller.translate.TypeUrl;
import io.selvage.controller.translate.XdsResource;
import java.util.List;

/** The incremental variant of ADS: only what changed travels. */
final class DeltaStream extends AgentStream implements StreamObserver<DeltaDiscoveryRequest> {
  /** Keeps a response well below gRPC's usual limit of 4 MiB. */
  private static final int CHUNK_BYTES = 2 * 1024 * 1024;

  private final ServerCallStreamObserver<DeltaDiscoveryResponse> transport;

  DeltaStream(
      SpiffeId peer,
      StreamEvents events,
      ServeMetrics metrics,
      ServerCallStreamObserver<DeltaDiscoveryResponse> transport) {
    super(peer, events, metrics);
    this.transport = transport;
  }

  @Override
  ServerCallStreamObserver<?> transport() {
    return transport;
  }

  @Override
  public void onNext(DeltaDiscoveryRequest request) {
    if (!introduce(request.getNode()) || takesReport(request.getTypeUrl(), request.getNode())) {
      return;
    }
    boolean verdict;
    synchronized (this) {
      boolean first = !subscriptions.containsKey(request.getTypeUrl());
      Subscription subscription = subscription(request.getTypeUrl());
      if (subscription == null) {
        return;
      }
      int before = subscription.nacks.size();
      answer(subscription, request);
      verdict = subscription.nacks.size() != before;
      subscribe(subscription, request, first);
    }
    flush();
    if (verdict) {
      verdictsChanged();
    }
  }

  private void answer(Subscription subscription, DeltaDiscoveryRequest request) {
    String nonce = request.getResponseNonce();
    if (nonce.isEmpty()) {
      return;
    }
    if (!subscription.unanswered.containsKey(nonce)) {
      metrics.staleNonces.increment();
    } else if (request.hasErrorDetail()) {
      nacked(subscription, nonce, request.getErrorDetail().getMessage());
    } else {
      acked(subscription, nonce);
    }
  }

  private void subscribe(Subscription subscription, DeltaDiscoveryRequest request, boolean first) {
    List<String> added = request.getResourceNamesSubscribeList();
    if (first) {
      // xDS protocol: an empty first request is a wildcard
      subscription.wildcard = added.isEmpty();
      subscription.sent.putAll(request.getInitialResourceVersionsMap());
    }
    for (String name : added) {
      if (name.equals("*")) {
        subscription.wildcard = true;
      } else if (subscription.names.size() < MAX_NAMES) {
        subscription.names.add(name);
        // asked for again: the client may have dropped it
        if (!first) {
          subscription.sent.remove(name);
        }
      }
    }
    for (String name : request.getResourceNamesUnsubscribeList()) {
      if (name.equals("*")) {
        subscription.wildcard = false;
      } else {
        subscription.names.remove(name);
      }
    }
    if (!request.getResourceNamesUnsubscribeList().isEmpty()) {
      subscription.sent.keySet().removeIf(name -> !subscription.covers(name));
      subscription.nacks.keySet().removeIf(name -> !subscription.covers(name));
    }
    if (first || !added.isEmpty() || !request.getResourceNamesUnsubscribeList().isEmpty()) {
      subscription.settled = null;
      // even an empty set is answered, so that a client that waits for it can go on
      subscription.owed = first && subscription.wildcard;
    }
  }

  @Override
  boolean sendUpdates(Subscription subscription, ResourceSet set) {
    if (subscription.settled == set) {
      return true;
    }
    List<XdsResource> updates = subscription.updates(set);
    int from = 0;
    while (from < updates.size() || subscription.owed) {
      if (!ready()) {
        return false;
      }
      int to = from;
      int bytes = 0;
      while (to < updates.size() && (to == from || bytes < CHUNK_BYTES)) {
        bytes += updates.get(to).sizeBytes();
        to++;
      }
      send(subscription, updates.subList(from, to), List.of());
      subscription.owed = false;
      from = to;
    }
    return true;
  }

  @Override
  boolean sendRemovals(Subscription subscription, ResourceSet set) {
    if (subscription.settled == set) {
      return true;
    }
    List<String> removals = subscription.removals(set);
    if (!removals.isEmpty()) {
      if (!ready()) {
        return false;
      }
      send(subscription, List.of(), removals);
    }
    subscription.settled = set;
    return true;
  }

  private void send(Subscription subscription, List<XdsResource> updates, List<String> removals) {
    String nonce = nextNonce();
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(subscription.typeUrl)
            .setNonce(nonce)
            .setSystemVersionInfo(nonce)
            .addAllRemovedResources(removals);
    int bytes = 0;
    for (XdsResource resource : updates) {
      bytes += resource.sizeBytes();
      response.addResources(resource.delta());
    }
    if (subscription.typeUrl.equals(TypeUrl.CDS)) {
      resendEndpointsOf(updates);
    }
    subscription.markSent(nonce, updates, removals);
    metrics.responses.increment();
    metrics.resourceBytes.add(bytes);
    transport.onNext(response.build());
  }

  @Override
  public void onError(Throwable cause) {
    peerEnded(false);
  }

  @Override
  public void onCompleted() {
    peerEnded(true);
  }
}
