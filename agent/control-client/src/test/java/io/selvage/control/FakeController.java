package io.selvage.control;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.selvage.identity.Pem;
import io.selvage.identity.Svid;
import io.selvage.identity.TestPki;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A controller whose every word a test decides; mutual TLS on a real socket. */
public final class FakeController implements AutoCloseable {
  /** One stream of an agent. */
  final class Stream implements StreamObserver<DeltaDiscoveryRequest> {
    final List<DeltaDiscoveryRequest> requests = new CopyOnWriteArrayList<>();
    final StreamObserver<DeltaDiscoveryResponse> out;
    volatile boolean completed;
    private int nonce;

    Stream(StreamObserver<DeltaDiscoveryResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(DeltaDiscoveryRequest request) {
      requests.add(request);
    }

    @Override
    public void onError(Throwable cause) {}

    @Override
    public void onCompleted() {
      completed = true;
      out.onCompleted();
    }

    List<DeltaDiscoveryRequest> of(ResourceType type) {
      return requests.stream().filter(r -> r.getTypeUrl().equals(type.url())).toList();
    }

    List<DeltaDiscoveryRequest> of(String type) {
      return requests.stream().filter(r -> r.getTypeUrl().endsWith(type)).toList();
    }

    synchronized String send(ResourceType type, List<String> removed, Resource... resources) {
      String id = "n" + ++nonce;
      out.onNext(
          DeltaDiscoveryResponse.newBuilder()
              .setTypeUrl(type.url())
              .setNonce(id)
              .addAllResources(List.of(resources))
              .addAllRemovedResources(removed)
              .build());
      return id;
    }

    synchronized String send(ResourceType type, Resource... resources) {
      return send(type, List.of(), resources);
    }
  }

  final List<Stream> streams = new CopyOnWriteArrayList<>();
  private final Server server;

  /**
   * @param id SPIFFE id of the controller's certificate
   */
  public FakeController(TestPki pki, String id, int port, BindableService... services)
      throws IOException {
    Svid svid = pki.svid(id);
    TlsServerCredentials.Builder tls =
        TlsServerCredentials.newBuilder()
            .keyManager(stream(Pem.encode(withRoot(svid, pki))), stream(Pem.encode(svid.key())))
            .trustManager(stream(Pem.encode(List.of(pki.root))))
            .clientAuth(
                services.length == 0
                    ? TlsServerCredentials.ClientAuth.REQUIRE
                    : TlsServerCredentials.ClientAuth.OPTIONAL);
    // gRPC's other server knows no TLS 1.3, which agents insist on
    NettyServerBuilder builder = NettyServerBuilder.forPort(port, tls.build());
    for (BindableService service : services) {
      builder.addService(service);
    }
    server =
        builder
            .addService(
                new AggregatedDiscoveryServiceImplBase() {
                  @Override
                  public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                      StreamObserver<DeltaDiscoveryResponse> out) {
                    Stream stream = new Stream(out);
                    streams.add(stream);
                    return stream;
                  }
                })
            .build()
            .start();
  }

  /** The root goes along, as a first contact pins it. */
  private static List<X509Certificate> withRoot(Svid svid, TestPki pki) {
    List<X509Certificate> chain = new ArrayList<>(svid.chain());
    chain.add(pki.root);
    return chain;
  }

  private static ByteArrayInputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
  }

  public int port() {
    return server.getPort();
  }

  Stream last() {
    return streams.get(streams.size() - 1);
  }

  static Resource resource(ResourceType type, String name, String version, ByteString bytes) {
    return Resource.newBuilder()
        .setName(name)
        .setVersion(version)
        .setResource(Any.newBuilder().setTypeUrl(type.url()).setValue(bytes))
        .build();
  }

  void cut(Status status) {
    streams.forEach(stream -> stream.out.onError(status.asRuntimeException()));
  }

  @Override
  public void close() throws Exception {
    server.shutdownNow();
    var unused = server.awaitTermination(10, TimeUnit.SECONDS);
  }
}
