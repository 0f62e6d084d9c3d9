package io.selvage.controller.serve;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.selvage.controller.ca.PeerCertificate;
import io.selvage.controller.ca.SpiffeId;

/** {@code envoy.service.discovery.v3.AggregatedDiscoveryService}; wants a client certificate. */
final class AdsService extends AggregatedDiscoveryServiceImplBase {
  private final StreamEvents events;
  private final ServeMetrics metrics;

  AdsService(StreamEvents events, ServeMetrics metrics) {
    this.events = events;
    this.metrics = metrics;
  }

  @Override
  public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
      StreamObserver<DeltaDiscoveryResponse> answers) {
    ServerCallStreamObserver<DeltaDiscoveryResponse> transport =
        (ServerCallStreamObserver<DeltaDiscoveryResponse>) answers;
    SpiffeId peer = PeerCertificate.IDENTITY.get();
    if (peer == null) {
      return refused(answers);
    }
    DeltaStream stream = new DeltaStream(peer, events, metrics, transport);
    transport.setOnReadyHandler(stream::flush);
    // with a handler, writing to a cancelled call does nothing instead of throwing
    transport.setOnCancelHandler(() -> {});
    return stream;
  }

  @Override
  public StreamObserver<DiscoveryRequest> streamAggregatedResources(
      StreamObserver<DiscoveryResponse> answers) {
    ServerCallStreamObserver<DiscoveryResponse> transport =
        (ServerCallStreamObserver<DiscoveryResponse>) answers;
    SpiffeId peer = PeerCertificate.IDENTITY.get();
    if (peer == null) {
      return refused(answers);
    }
    SotwStream stream = new SotwStream(peer, events, metrics, transport);
    transport.setOnReadyHandler(stream::flush);
    // with a handler, writing to a cancelled call does nothing instead of throwing
    transport.setOnCancelHandler(() -> {});
    return stream;
  }

  private static <Q, A> StreamObserver<Q> refused(StreamObserver<A> answers) {
    answers.onError(
        Status.UNAUTHENTICATED
            .withDescription(
                "[SELV-3105] configuration is given to holders of a workload certificate only; the"
                    + " connection shows none. Fix: get one with CreateCertificate first.")
            .asRuntimeException());
    return new StreamObserver<>() {
      @Override
      public void onNext(Q ignored) {}

      @Override
      public void onError(Throwable ignored) {}

      @Override
      public void onCompleted() {}
    };
  }
}
