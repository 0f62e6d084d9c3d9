package io.selvage.controller.serve;

import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.translate.ResourceSet;
import io.selvage.controller.translate.TypeUrl;
import io.selvage.controller.translate.XdsResource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The state-of-the-world variant of ADS: each response holds everything that was asked for. */
final class SotwStream extends AgentStream implements StreamObserver<DiscoveryRequest> {
  private final ServerCallStreamObserver<DiscoveryResponse> transport;

  /** Last sent resources of the types in which a removal travels with the update. */
  private final Map<String, Map<String, XdsResource>> held = new HashMap<>();

  SotwStream(
      SpiffeId peer,
      StreamEvents events,
      ServeMetrics metrics,
      ServerCallStreamObserver<DiscoveryResponse> transport) {
    super(peer, events, metrics);
    this.transport = transport;
  }

  @Override
  ServerCallStreamObserver<?> transport() {
    return transport;
  }

  @Override
  public void onNext(DiscoveryRequest request) {
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
      String nonce = request.getResponseNonce();
      if (!first && !nonce.equals(subscription.nonce)) {
        // xDS protocol: it answers a response that a newer one has replaced
        metrics.staleNonces.increment();
        return;
      }
      if (!first && !nonce.isEmpty()) {
        if (request.hasErrorDetail()) {
          nacked(subscription, nonce, request.getErrorDetail().getMessage());
        } else {
          acked(subscription, nonce);
        }
      }
      verdict = subscription.nacks.size() != before;
      subscribe(subscription, request, first);
    }
    flush();
    if (verdict) {
      verdictsChanged();
    }
  }

  private void subscribe(Subscription subscription, DiscoveryRequest request, boolean first) {
    Set<String> names = new LinkedHashSet<>(request.getResourceNamesList());
    boolean star = names.remove("*");
    boolean byName = TypeUrl.BY_NAME_ONLY.contains(subscription.typeUrl);
    boolean wildcard = star || (names.isEmpty() && !byName && (first || subscription.wildcard));
    boolean changed =
        first || wildcard != subscription.wildcard || !names.equals(subscription.names);
    if (changed && names.size() <= MAX_NAMES) {
      subscription.names.clear();
      subscription.names.addAll(names);
      subscription.wildcard = wildcard;
      subscription.sent.keySet().removeIf(name -> !subscription.covers(name));
      subscription.owed = wildcard || !names.isEmpty();
      subscription.settled = null;
    }
  }

  @Override
  boolean sendUpdates(Subscription subscription, ResourceSet set) {
    if (subscription.settled == set) {
      return true;
    }
    List<XdsResource> updates = subscription.updates(set);
    if (updates.isEmpty() && !subscription.owed) {
      return true;
    }
    if (!ready()) {
      return false;
    }
    Collection<XdsResource> all = subscription.wanted(set);
    List<String> gone = subscription.removals(set);
    if (!gone.isEmpty() && !subscription.owed) {
      all = withHeld(subscription, all, gone);
    }
    send(subscription, all, updates);
    return true;
  }

  /** Keeps what others may still refer to until they have been sent too. */
  private List<XdsResource> withHeld(
      Subscription subscription, Collection<XdsResource> all, List<String> gone) {
    List<XdsResource> both = new ArrayList<>(all);
    Map<String, XdsResource> last = held.getOrDefault(subscription.typeUrl, Map.of());
    for (String name : gone) {
      XdsResource resource = last.get(name);
      if (resource != null) {
        both.add(resource);
      }
    }
    return both;
  }

  @Override
  boolean sendRemovals(Subscription subscription, ResourceSet set) {
    if (subscription.settled == set) {
      return true;
    }
    List<String> removals = subscription.removals(set);
    boolean holds = removals.stream().anyMatch(name -> has(subscription, name));
    if (holds && TypeUrl.BY_NAME_ONLY.contains(subscription.typeUrl)) {
      // xDS protocol: absence in these types takes nothing back, the reference to it is gone
      removals.forEach(subscription.sent::remove);
    } else if (holds) {
      if (!ready()) {
        return false;
      }
      removals.forEach(subscription.sent::remove);
      send(subscription, subscription.wanted(set), List.of());
    }
    subscription.settled = set;
    return true;
  }

  private static boolean has(Subscription subscription, String name) {
    String version = subscription.sent.get(name);
    return version != null && !version.equals(Subscription.ABSENT);
  }

  private void send(
      Subscription subscription, Collection<XdsResource> all, Collection<XdsResource> changed) {
    String nonce = nextNonce();
    long hash = 17;
    int bytes = 0;
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder().setTypeUrl(subscription.typeUrl).setNonce(nonce);
    Map<String, XdsResource> now = new HashMap<>();
    for (XdsResource resource : all) {
      response.addResources(resource.any());
      hash = hash * 31 + resource.name().hashCode();
      hash = hash * 31 + resource.version().hashCode();
      bytes += resource.sizeBytes();
      now.put(resource.name(), resource);
    }
    response.setVersionInfo(Long.toHexString(hash));
    if (subscription.typeUrl.equals(TypeUrl.CDS)) {
      resendEndpointsOf(changed);
    }
    held.put(subscription.typeUrl, now);
    subscription.sentVersion = response.getVersionInfo();
    subscription.markSent(nonce, all, List.of());
    subscription.owed = false;
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
