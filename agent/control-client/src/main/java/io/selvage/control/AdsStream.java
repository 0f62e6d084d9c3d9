package io.selvage.control;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One delta ADS stream (xDS protocol, incremental variant) from its first request to its end.
 *
 * <p>All methods and callbacks on the control thread. Resources are accepted one by one: a bad one
 * is refused alone in the NACK of its response, the others are taken.
 */
final class AdsStream
    implements ClientResponseObserver<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  private static final String REPORT = "type.googleapis.com/selvage.v1.AgentReport";
  private static final String ANSWER = "type.googleapis.com/selvage.v1.Answer";
  private static final String STRUCT = "type.googleapis.com/google.protobuf.Struct";
  private static final int INVALID_ARGUMENT = 3;

  /** What the owner of the stream is told, on the control thread. */
  interface Events {
    /** Something was taken, refused or removed. */
    void changed();

    /** Resources were refused. */
    void refused(ResourceType type, List<String> reasons);

    /** A question was asked. */
    void asked(Map<String, Object> question);

    /** The stream is over; said once. */
    void ended(Status status);
  }

  private final ControlNode node;
  private final ResourceStore store;
  private final Executor control;
  private final Events events;
  private final Map<ResourceType, Set<String>> subscribed = new EnumMap<>(ResourceType.class);
  private final Set<ResourceType> answered = EnumSet.noneOf(ResourceType.class);
  private final Set<String> absent = new LinkedHashSet<>();
  private @Nullable ClientCallStreamObserver<DeltaDiscoveryRequest> requests;
  private boolean over;

  AdsStream(ControlNode node, ResourceStore store, Executor control, Events events) {
    this.node = node;
    this.store = store;
    this.control = control;
    this.events = events;
  }

  /** Opens the stream and asks for everything. */
  void open(ManagedChannel channel) {
    var unused = AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(this);
    boolean first = true;
    for (ResourceType type : ResourceType.values()) {
      if (type.wildcard()) {
        DeltaDiscoveryRequest.Builder request =
            DeltaDiscoveryRequest.newBuilder().setTypeUrl(type.url());
        if (first) {
          request.setNode(node.proto());
          first = false;
        }
        request.putAllInitialResourceVersions(store.versions(type));
        send(request.build());
        subscribed.put(type, Set.of());
      }
    }
    follow();
  }

  /**
   * Whether clusters and listeners were answered at least once. Names are waited for by the
   * publisher's patience alone, as istiod sends none to some nodes.
   */
  boolean hasBeenAnswered() {
    return answered.contains(ResourceType.CLUSTER) && answered.contains(ResourceType.LISTENER);
  }

  /** Names that the controller says do not exist. */
  Set<String> absent() {
    return absent;
  }

  /** Whether the names of the mesh have come, or were said to be none. */
  boolean hasNames() {
    return answered.contains(ResourceType.NAMES);
  }

  void report(Map<String, Object> report) {
    control(REPORT, node.with("SELVAGE_REPORT", report));
  }

  void answer(Map<String, Object> answer) {
    control(ANSWER, node.with("SELVAGE_ANSWER", answer));
  }

  private void control(String type, Node carrier) {
    send(DeltaDiscoveryRequest.newBuilder().setTypeUrl(type).setNode(carrier).build());
  }

  /** Says goodbye: this side is done, the controller ends the call. */
  void close() {
    ClientCallStreamObserver<DeltaDiscoveryRequest> to = requests;
    if (!over && to != null) {
      to.onCompleted();
    }
  }

  private void send(DeltaDiscoveryRequest request) {
    ClientCallStreamObserver<DeltaDiscoveryRequest> to = requests;
    if (!over && to != null) {
      to.onNext(request);
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<DeltaDiscoveryRequest> stream) {
    requests = stream;
  }

  @Override
  public void onNext(DeltaDiscoveryResponse response) {
    control.execute(() -> take(response));
  }

  @Override
  public void onError(Throwable cause) {
    control.execute(() -> end(Status.fromThrowable(cause)));
  }

  @Override
  public void onCompleted() {
    control.execute(() -> end(Status.OK));
  }

  private void end(Status status) {
    if (!over) {
      over = true;
      events.ended(status);
    }
  }

  private void take(DeltaDiscoveryResponse response) {
    if (over) {
      return;
    }
    ResourceType type = ResourceType.of(response.getTypeUrl());
    List<String> refused = new ArrayList<>();
    if (type == null) {
      refused.add("unknown type " + response.getTypeUrl());
    } else {
      for (Resource resource : response.getResourcesList()) {
        String why = take(type, resource);
        if (why != null) {
          refused.add(why);
        }
      }
      for (String name : response.getRemovedResourcesList()) {
        store.remove(type, name);
        if (!type.wildcard()) {
          absent.add(name);
        }
      }
      answered.add(type);
    }
    acknowledge(response, refused);
    if (type != null) {
      if (!refused.isEmpty()) {
        events.refused(type, refused);
      }
      follow();
      events.changed();
    }
  }

  private @Nullable String take(ResourceType type, Resource resource) {
    Any any = resource.getResource();
    if (type == ResourceType.QUESTION) {
      question(any);
      return null;
    }
    if (!any.getTypeUrl().equals(type.url()) && !any.getTypeUrl().equals(STRUCT)) {
      return resource.getName() + ": is a " + any.getTypeUrl();
    }
    absent.remove(resource.getName());
    return store.put(type, resource.getName(), resource.getVersion(), any.getValue());
  }

  private void question(Any any) {
    try {
      events.asked(Structs.map(Struct.parseFrom(any.getValue())));
    } catch (InvalidProtocolBufferException noQuestion) {
      events.asked(Map.of());
    }
  }

  private void acknowledge(DeltaDiscoveryResponse response, List<String> refused) {
    DeltaDiscoveryRequest.Builder answer =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(response.getTypeUrl())
            .setResponseNonce(response.getNonce());
    if (!refused.isEmpty()) {
      answer.setErrorDetail(
          com.google.rpc.Status.newBuilder()
              .setCode(INVALID_ARGUMENT)
              .setMessage(String.join("\n", refused)));
    }
    send(answer.build());
  }

  /** Subscribes to what the resources at hand refer to, and no longer to what nobody refers to. */
  private void follow() {
    follow(ResourceType.ENDPOINTS, References.endpoints(store));
    follow(ResourceType.ROUTES, References.routes(store));
  }

  private void follow(ResourceType type, Set<String> wanted) {
    Set<String> now = subscribed.getOrDefault(type, Set.of());
    if (now.equals(wanted)) {
      return;
    }
    Set<String> more = new LinkedHashSet<>(wanted);
    more.removeAll(now);
    Set<String> less = new LinkedHashSet<>(now);
    less.removeAll(wanted);
    boolean first = !subscribed.containsKey(type);
    // by name from the first request on: an empty one would ask for all
    if (first && more.isEmpty()) {
      return;
    }
    DeltaDiscoveryRequest.Builder request =
        DeltaDiscoveryRequest.newBuilder()
            .setTypeUrl(type.url())
            .addAllResourceNamesSubscribe(more)
            .addAllResourceNamesUnsubscribe(less);
    if (first) {
      store
          .versions(type)
          .forEach(
              (name, version) -> {
                if (more.contains(name)) {
                  request.putInitialResourceVersions(name, version);
                }
              });
    }
    subscribed.put(type, Set.copyOf(wanted));
    for (String name : less) {
      store.remove(type, name);
      absent.remove(name);
    }
    send(request.build());
  }
}
