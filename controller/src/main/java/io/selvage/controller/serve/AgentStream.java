package io.selvage.controller.serve;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.selvage.controller.ca.PeerCertificate;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.registry.WorkloadNode;
import io.selvage.controller.translate.AgentConfig;
import io.selvage.controller.translate.ResourceSet;
import io.selvage.controller.translate.TypeUrl;
import io.selvage.controller.translate.XdsResource;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ADS stream: subscriptions, what was sent, and the newest configuration still to be sent.
 *
 * <p>At most one configuration is pending: a newer one replaces it. Nothing is written while the
 * transport is not ready. All state is guarded by {@code this}.
 */
abstract class AgentStream {
  private static final Logger LOG = LoggerFactory.getLogger(AgentStream.class);
  private static final int MAX_TYPES = 64;
  static final int MAX_NAMES = 100_000;
  private static final Duration SLOW = Duration.ofSeconds(30);
  final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
  final ServeMetrics metrics;
  private final SpiffeId peer;
  private final @Nullable X509Certificate leaf = PeerCertificate.LEAF.get();
  private final StreamEvents events;
  private final Map<String, XdsResource> questions = new LinkedHashMap<>();
  private final Instant connected = Instant.now();
  private @Nullable WorkloadNode node;
  private AgentConfig config = AgentConfig.NONE;
  private ResourceSet questionSet = ResourceSet.EMPTY;
  private long nonces;
  private long changedAt;
  private long blockedSince;
  private boolean ended;

  AgentStream(SpiffeId peer, StreamEvents events, ServeMetrics metrics) {
    this.peer = peer;
    this.events = events;
    this.metrics = metrics;
  }

  abstract ServerCallStreamObserver<?> transport();

  /** Sends what is owed of one type; false where the transport filled up meanwhile. */
  abstract boolean sendUpdates(Subscription subscription, ResourceSet set);

  /** Takes back what is gone; false where the transport filled up meanwhile. */
  abstract boolean sendRemovals(Subscription subscription, ResourceSet set);

  /** The node of the first message; null before. */
  final synchronized @Nullable WorkloadNode node() {
    return node;
  }

  final SpiffeId peer() {
    return peer;
  }

  /** Whether its identity or the certificate that it came with is named by {@code revoked}. */
  final boolean isRevoked(TrustBundle.Revoked revoked) {
    return leaf == null ? revoked.ids().contains(peer.toString()) : revoked.names(peer, leaf);
  }

  final Instant connected() {
    return connected;
  }

  /**
   * Learns the node from the first message and checks it against the certificate.
   *
   * @return false where the stream was refused and is closed
   */
  final boolean introduce(Node first) {
    synchronized (this) {
      if (ended) {
        return false;
      }
      if (node != null) {
        return true;
      }
    }
    WorkloadNode parsed;
    try {
      parsed = WorkloadNode.parse(first, peer.namespace(), peer.serviceAccount());
    } catch (IllegalArgumentException e) {
      refuse(Status.INVALID_ARGUMENT, "[SELV-3101] " + e.getMessage());
      return false;
    }
    if (!parsed.namespace().equals(peer.namespace())
        || !parsed.serviceAccount().equals(peer.serviceAccount())) {
      metrics.identityRefusals.increment();
      refuse(
          Status.PERMISSION_DENIED,
          "[SELV-3102] the node claims "
              + parsed.namespace()
              + "/"
              + parsed.serviceAccount()
              + " and its certificate says "
              + peer
              + ". Fix: use the namespace and service account that the join token was made for.");
      return false;
    }
    synchronized (this) {
      node = parsed;
    }
    AgentConfig first0 = events.opened(this);
    synchronized (this) {
      if (config == AgentConfig.NONE) {
        config = first0;
      }
    }
    return true;
  }

  private void refuse(Status status, String text) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    LOG.warn("{}", text);
    transport().onError(status.withDescription(text).asRuntimeException());
  }

  /** True for the message types that carry something to us instead of asking. */
  final boolean takesReport(String typeUrl, Node carried) {
    if (typeUrl.equals(TypeUrl.REPORT)) {
      struct(carried, "SELVAGE_REPORT", report -> events.reported(this, report));
      return true;
    }
    if (typeUrl.equals(TypeUrl.ANSWER)) {
      struct(carried, "SELVAGE_ANSWER", answer -> events.answered(this, answer));
      return true;
    }
    return false;
  }

  private static void struct(Node node, String key, java.util.function.Consumer<Struct> to) {
    Value value = node.getMetadata().getFieldsMap().get(key);
    if (value != null && value.hasStructValue()) {
      to.accept(value.getStructValue());
    }
  }

  /** The subscription of a type; null where the type is unknown and so ignored. */
  final @Nullable Subscription subscription(String typeUrl) {
    Subscription known = subscriptions.get(typeUrl);
    if (known == null) {
      boolean served = config.serves(typeUrl) || typeUrl.equals(TypeUrl.QUESTION);
      if (!served || subscriptions.size() >= MAX_TYPES) {
        metrics.unknownTypes.increment();
        return null;
      }
      known = new Subscription(typeUrl);
      subscriptions.put(typeUrl, known);
    }
    return known;
  }

  final void acked(Subscription subscription, String nonce) {
    metrics.acks.increment();
    subscription.ack(nonce);
  }

  final void nacked(Subscription subscription, String nonce, String message) {
    metrics.nacks.increment();
    List<String> names = subscription.nack(nonce, message);
    LOG.warn(
        "[SELV-3103] {} refused {} {}; {}. Fix: correct the resource that it comes from; the agent"
            + " keeps its last good version.",
        node == null ? peer : node.id(),
        subscription.typeUrl.substring(subscription.typeUrl.lastIndexOf('.') + 1),
        names,
        message);
  }

  final void verdictsChanged() {
    events.verdictsChanged(this);
  }

  final String nextNonce() {
    nonces++;
    return Long.toString(nonces);
  }

  /** Replaces what this stream may read and sends what differs. */
  final void offer(AgentConfig newest, long since) {
    synchronized (this) {
      config = newest;
      changedAt = since;
    }
    flush();
  }

  /** Asks a question; the agent's answer comes back through the events. */
  final void ask(String id, XdsResource question) {
    synchronized (this) {
      questions.put(id, question);
      questionSet = ResourceSet.of(questions.values());
    }
    flush();
  }

  final void forgetQuestion(String id) {
    synchronized (this) {
      questions.remove(id);
      questionSet = ResourceSet.of(questions.values());
    }
    flush();
  }

  /** Sends what is owed, in order, as long as the transport takes it. */
  final synchronized void flush() {
    if (node == null || ended) {
      return;
    }
    for (String type : TypeUrl.ORDER) {
      Subscription subscription = subscriptions.get(type);
      if (subscription != null && !sendUpdates(subscription, setOf(type))) {
        return;
      }
    }
    for (int i = TypeUrl.ORDER.size() - 1; i >= 0; i--) {
      String type = TypeUrl.ORDER.get(i);
      Subscription subscription = subscriptions.get(type);
      if (subscription != null && !sendRemovals(subscription, setOf(type))) {
        return;
      }
    }
    if (changedAt != 0) {
      metrics.lastConvergenceNanos.set(System.nanoTime() - changedAt);
      changedAt = 0;
    }
  }

  private ResourceSet setOf(String type) {
    return type.equals(TypeUrl.QUESTION) ? questionSet : config.of(type);
  }

  /** A cluster that was sent again warms up: it waits for its endpoints once more. */
  final void resendEndpointsOf(Iterable<XdsResource> clusters) {
    Subscription endpoints = subscriptions.get(TypeUrl.EDS);
    if (endpoints == null) {
      return;
    }
    for (XdsResource cluster : clusters) {
      if (endpoints.sent.containsKey(cluster.name())) {
        endpoints.forced.add(cluster.name());
        endpoints.settled = null;
      }
    }
  }

  /** Whether the transport takes a message; remembers since when it does not. */
  final boolean ready() {
    if (ended) {
      return false;
    }
    if (transport().isReady()) {
      blockedSince = 0;
      return true;
    }
    if (blockedSince == 0) {
      blockedSince = System.nanoTime();
    }
    return false;
  }

  /** Ends a stream whose peer has read nothing for 30 s. */
  final void cutWhenSlow(long nowNanos) {
    synchronized (this) {
      if (ended || blockedSince == 0 || nowNanos - blockedSince < SLOW.toNanos()) {
        return;
      }
      if (transport().isReady()) {
        blockedSince = 0;
        return;
      }
    }
    metrics.slowStreamsCut.increment();
    end(Status.UNAVAILABLE, "[SELV-3104] the agent read nothing for 30 s");
  }

  /** Ends the stream from our side. */
  final void end(Status status, String text) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    transport().onError(status.withDescription(text).asRuntimeException());
    if (node() != null) {
      events.closed(this, false);
    }
  }

  /** The peer's side is over. */
  final void peerEnded(boolean clean) {
    boolean first;
    synchronized (this) {
      first = !ended;
      ended = true;
    }
    if (first && clean) {
      transport().onCompleted();
    }
    if (first && node() != null) {
      events.closed(this, clean);
    }
  }

  /** Rejected resources and whether anything sent is not answered yet. */
  final synchronized Verdicts verdicts() {
    List<Verdicts.Rejected> rejected = new ArrayList<>();
    boolean pending = false;
    for (Subscription subscription : subscriptions.values()) {
      pending |= !subscription.unanswered.isEmpty();
      subscription.nacks.forEach(
          (name, nack) ->
              rejected.add(
                  new Verdicts.Rejected(
                      subscription.typeUrl, name, nack.version(), nack.message())));
    }
    return new Verdicts(rejected, pending || blockedSince != 0);
  }
}
