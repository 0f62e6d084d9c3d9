package io.selvage.smoke;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.selvage.controller.ca.AuthorityPlace;
import io.selvage.controller.ca.CaSettings;
import io.selvage.controller.ca.CertificateAuthority;
import io.selvage.controller.ca.CertificateService;
import io.selvage.controller.ca.JoinTokens;
import io.selvage.controller.ca.MeshTrust;
import io.selvage.controller.ca.OwnIdentity;
import io.selvage.controller.ca.PeerCertificate;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.PrivateFolder;
import io.selvage.controller.ca.SpiffeId;
import io.selvage.controller.ca.TrustBundle;
import io.selvage.controller.translate.Preview;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An xDS server that says exactly what a test wants, right or wrong, with a real authority beside
 * it.
 */
public final class HandmadeControlPlane implements AutoCloseable {
  private final Server server;
  private final JoinTokens tokens;
  private final CertificateAuthority authority;
  private final Map<String, Map<String, Any>> resources = new ConcurrentHashMap<>();
  private final List<String> nacks = new CopyOnWriteArrayList<>();
  private final List<String> acks = new CopyOnWriteArrayList<>();

  HandmadeControlPlane(Path folder) throws Exception {
    Clock clock = Clock.systemUTC();
    PrivateFolder own = PrivateFolder.open(folder);
    authority =
        CertificateAuthority.open(
            new CaSettings(
                AuthorityPlace.in(folder.resolve("ca")),
                "cluster.local",
                true,
                Duration.ofHours(1),
                Duration.ofHours(24)),
            clock);
    tokens = JoinTokens.open(own, clock);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sslContext(
                GrpcSslContexts.configure(
                        SslContextBuilder.forServer(
                                new OwnIdentity(authority, List.of("127.0.0.1"), clock))
                            .trustManager(new MeshTrust(authority::bundle, clock))
                            .clientAuth(ClientAuth.OPTIONAL),
                        SslProvider.JDK)
                    .build())
            .intercept(new PeerCertificate())
            .addService(new CertificateService(authority, tokens, System::nanoTime))
            .addService(new Ads())
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  String token(String service) {
    return tokens
        .create(
            new SpiffeId("cluster.local", "default", service),
            1,
            Duration.ofMinutes(5),
            TrustBundle.pin(authority.bundle().roots().get(0)))
        .token();
  }

  /** What the controller would say to the first of these nodes. */
  void translate(String yaml, List<String> nodes) throws InvalidProtocolBufferException {
    for (Map.Entry<String, Map<String, byte[]>> type :
        Preview.of(yaml, nodes, 0, "cluster.local", Pem.of(authority.bundle().roots()))
            .entrySet()) {
      Map<String, Any> byName = new LinkedHashMap<>();
      for (Map.Entry<String, byte[]> one : type.getValue().entrySet()) {
        byName.put(one.getKey(), Any.parseFrom(one.getValue()));
      }
      resources.put(type.getKey(), byName);
    }
  }

  void put(String typeUrl, String name, Any resource) {
    resources.computeIfAbsent(typeUrl, t -> new ConcurrentHashMap<>()).put(name, resource);
  }

  Any resource(String typeUrl, String name) {
    return resources.get(typeUrl).get(name);
  }

  /** Texts of refusals. */
  List<String> nacks() {
    return nacks;
  }

  /** Type URLs that were accepted. */
  List<String> acks() {
    return acks;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class Ads
      extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
        StreamObserver<DeltaDiscoveryResponse> to) {
      AtomicInteger nonce = new AtomicInteger();
      return new StreamObserver<>() {
        @Override
        public void onNext(DeltaDiscoveryRequest request) {
          if (request.hasErrorDetail()) {
            nacks.add(request.getTypeUrl() + ": " + request.getErrorDetail().getMessage());
          } else if (!request.getResponseNonce().isEmpty()) {
            acks.add(request.getTypeUrl());
          }
          boolean first =
              request.getResponseNonce().isEmpty() && request.getResourceNamesSubscribeCount() == 0;
          boolean wildcard = first || request.getResourceNamesSubscribeList().contains("*");
          Map<String, Any> known = resources.getOrDefault(request.getTypeUrl(), Map.of());
          DeltaDiscoveryResponse.Builder answer =
              DeltaDiscoveryResponse.newBuilder()
                  .setTypeUrl(request.getTypeUrl())
                  .setNonce("" + nonce.incrementAndGet());
          known.forEach(
              (name, any) -> {
                if (wildcard || request.getResourceNamesSubscribeList().contains(name)) {
                  answer.addResources(
                      Resource.newBuilder().setName(name).setVersion("1").setResource(any));
                }
              });
          if (wildcard && !known.isEmpty() || answer.getResourcesCount() > 0) {
            to.onNext(answer.build());
          }
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {
          to.onCompleted();
        }
      };
    }
  }
}
