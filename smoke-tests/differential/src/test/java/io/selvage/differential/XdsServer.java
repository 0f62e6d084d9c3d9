package io.selvage.differential;

import com.google.protobuf.Any;
import com.google.protobuf.MessageLite;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.okhttp.OkHttpServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Gives one Envoy whatever was published last, over ADS, and knows what it made of it. */
final class XdsServer implements AutoCloseable {
  /** What was asked for of one type, and how it was taken. */
  private static final class Subscription {
    private Set<String> names = Set.of();
    private String sent = "";
    private String settled = "";
    private String refusal = "";
  }

  private final Server server;
  private final Map<String, Subscription> subscriptions = new HashMap<>();
  private Map<String, Map<String, MessageLite>> resources = Map.of();
  private int version;
  private StreamObserver<DiscoveryResponse> out;

  XdsServer() throws IOException {
    server =
        OkHttpServerBuilder.forPort(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                InsecureServerCredentials.create())
            .maxInboundMessageSize(64 << 20)
            .addService(
                new AggregatedDiscoveryServiceImplBase() {
                  @Override
                  public StreamObserver<DiscoveryRequest> streamAggregatedResources(
                      StreamObserver<DiscoveryResponse> to) {
                    return opened(to);
                  }
                })
            .build()
            .start();
  }

  int port() {
    return server.getPort();
  }

  private synchronized StreamObserver<DiscoveryRequest> opened(
      StreamObserver<DiscoveryResponse> to) {
    out = to;
    subscriptions.clear();
    return new StreamObserver<>() {
      @Override
      public void onNext(DiscoveryRequest request) {
        asked(request);
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        to.onCompleted();
      }
    };
  }

  private synchronized void asked(DiscoveryRequest request) {
    Subscription of = subscriptions.computeIfAbsent(request.getTypeUrl(), t -> new Subscription());
    boolean first = request.getResponseNonce().isEmpty();
    if (!first && !request.getResponseNonce().equals(of.sent)) {
      return;
    }
    if (!first) {
      of.settled = of.sent;
      of.refusal = request.hasErrorDetail() ? request.getErrorDetail().getMessage() : "";
    }
    Set<String> names = Set.copyOf(request.getResourceNamesList());
    boolean more = !names.equals(of.names);
    of.names = names;
    if (version > 0 && (first || more)) {
      send(request.getTypeUrl(), of);
    }
    notifyAll();
  }

  private int nonces;

  private void send(String type, Subscription to) {
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder().setTypeUrl(type).setVersionInfo("" + version);
    boolean all = type.equals(Resources.LISTENER) || type.equals(Resources.CLUSTER);
    resources
        .getOrDefault(type, Map.of())
        .forEach(
            (name, message) -> {
              if (all || to.names.contains(name)) {
                response.addResources(
                    Any.newBuilder().setTypeUrl(type).setValue(message.toByteString()));
              }
            });
    to.sent = version + "/" + ++nonces;
    out.onNext(response.setNonce(to.sent).build());
  }

  /**
   * Sends these resources, and returns when Envoy has taken or refused all of them.
   *
   * @return type to Envoy's reason, for what it refused
   */
  synchronized Map<String, String> publish(Resources next, long timeoutMillis)
      throws InterruptedException {
    resources = next.all();
    version++;
    long until = System.nanoTime() + timeoutMillis * 1_000_000;
    for (String type :
        List.of(Resources.CLUSTER, Resources.ENDPOINTS, Resources.LISTENER, Resources.ROUTES)) {
      Subscription known = subscriptions.get(type);
      if (known != null) {
        send(type, known);
        await(until);
      }
    }
    await(until);
    Map<String, String> refused = new HashMap<>();
    subscriptions.forEach(
        (type, of) -> {
          if (!of.refusal.isEmpty()) {
            refused.put(type, of.refusal);
          }
        });
    return refused;
  }

  private void await(long until) throws InterruptedException {
    while (!settled()) {
      long left = (until - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new IllegalStateException("Envoy does not answer the control plane");
      }
      wait(left);
    }
  }

  private boolean settled() {
    return subscriptions.containsKey(Resources.LISTENER)
        && subscriptions.values().stream().allMatch(of -> of.sent.equals(of.settled));
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
