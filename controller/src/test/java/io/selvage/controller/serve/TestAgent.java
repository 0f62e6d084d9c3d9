package io.selvage.controller.serve;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.selvage.controller.ca.Pem;
import io.selvage.controller.ca.proto.IstioCertificateRequest;
import io.selvage.controller.ca.proto.IstioCertificateServiceGrpc;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A data plane in a test: gets a certificate by token, opens streams, keeps what it is sent. */
final class TestAgent implements AutoCloseable {
  private final int port;
  private final X509Certificate root;
  private final ManagedChannel channel;
  final List<X509Certificate> chain;
  final PrivateKey key;

  TestAgent(int port, X509Certificate root, PrivateKey key, List<X509Certificate> chain)
      throws Exception {
    this.port = port;
    this.root = root;
    this.key = key;
    this.chain = chain;
    this.channel = channel(port, root, key, chain);
  }

  static ManagedChannel channel(
      int port, X509Certificate root, PrivateKey key, List<X509Certificate> chain)
      throws Exception {
    SslContextBuilder tls = GrpcSslContexts.forClient().trustManager(root);
    if (key != null) {
      tls.keyManager(key, chain.subList(0, 2).toArray(new X509Certificate[0]));
    }
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .sslContext(tls.build())
        .overrideAuthority("selvage-controller")
        .flowControlWindow(64 * 1024)
        .maxInboundMessageSize(64 * 1024 * 1024)
        .build();
  }

  static KeyPair keys() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    return generator.generateKeyPair();
  }

  static String csr(KeyPair keys) throws Exception {
    byte[] der =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("O=test"), keys.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
            .getEncoded();
    return "-----BEGIN CERTIFICATE REQUEST-----\n"
        + Base64.getMimeEncoder().encodeToString(der)
        + "\n-----END CERTIFICATE REQUEST-----\n";
  }

  /** Asks for a certificate, with a token or over an existing identity. */
  static List<X509Certificate> certificate(
      ManagedChannel channel, KeyPair keys, String token, long seconds) throws Exception {
    var stub = IstioCertificateServiceGrpc.newBlockingStub(channel);
    if (token != null) {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
      stub = stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }
    var response =
        stub.withDeadlineAfter(20, TimeUnit.SECONDS)
            .createCertificate(
                IstioCertificateRequest.newBuilder()
                    .setCsr(csr(keys))
                    .setValidityDuration(seconds)
                    .build());
    return Pem.certificates(String.join("", response.getCertChainList()));
  }

  static TestAgent join(ControlPlane plane, String namespace, String account) throws Exception {
    X509Certificate root = plane.authority().root();
    String token =
        plane.createToken(namespace, account, 1, java.time.Duration.ofMinutes(5)).token();
    KeyPair keys = keys();
    ManagedChannel first = channel(plane.port(), root, null, List.of());
    try {
      return new TestAgent(
          plane.port(), root, keys.getPrivate(), certificate(first, keys, token, 0));
    } finally {
      first.shutdownNow();
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Another connection with the same identity. */
  TestAgent again() throws Exception {
    return new TestAgent(port, root, key, chain);
  }

  static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  static Value number(int number) {
    return Value.newBuilder().setNumberValue(number).build();
  }

  /** The node of an agent of {@code service}. */
  static Node node(String service, String namespace, String account, int number, int target) {
    Struct.Builder own =
        Struct.newBuilder()
            .putFields("agent", text("0.1.0"))
            .putFields("instance", text(service + target))
            .putFields("service", text(service));
    if (number > 0) {
      Struct port =
          Struct.newBuilder()
              .putFields("number", number(number))
              .putFields("target", number(target))
              .putFields("protocol", text("http"))
              .build();
      own.putFields(
          "ports",
          Value.newBuilder()
              .setListValue(
                  ListValue.newBuilder().addValues(Value.newBuilder().setStructValue(port)))
              .build());
    }
    Struct labels = Struct.newBuilder().putFields("app", text(service)).build();
    return Node.newBuilder()
        .setId("sidecar~127.0.0.1~" + service + "." + namespace + "~" + namespace + ".svc")
        .setMetadata(
            Struct.newBuilder()
                .putFields("NAMESPACE", text(namespace))
                .putFields("SERVICE_ACCOUNT", text(account))
                .putFields("LABELS", Value.newBuilder().setStructValue(labels).build())
                .putFields("SELVAGE", Value.newBuilder().setStructValue(own).build()))
        .build();
  }

  /** A delta stream. */
  final class Delta
      implements ClientResponseObserver<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
    final BlockingQueue<DeltaDiscoveryResponse> responses = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> ended = new CompletableFuture<>();
    final Map<String, String> versions = new LinkedHashMap<>();
    private final StreamObserver<DeltaDiscoveryRequest> requests;
    private final boolean reads;
    private volatile ClientCallStreamObserver<DeltaDiscoveryRequest> call;

    Delta(boolean reads) {
      this.reads = reads;
      this.requests =
          AggregatedDiscoveryServiceGrpc.newStub(channel).deltaAggregatedResources(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<DeltaDiscoveryRequest> stream) {
      call = stream;
      if (!reads) {
        stream.disableAutoRequestWithInitial(0);
      }
    }

    void send(DeltaDiscoveryRequest.Builder request) {
      requests.onNext(request.build());
    }

    void subscribe(Node node, String type, String... names) {
      DeltaDiscoveryRequest.Builder request =
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(type)
              .addAllResourceNamesSubscribe(List.of(names));
      if (node != null) {
        request.setNode(node);
      }
      send(request);
    }

    /** The next response of the type, accepted. */
    DeltaDiscoveryResponse next(String type) throws InterruptedException {
      DeltaDiscoveryResponse response = peek(type);
      send(
          DeltaDiscoveryRequest.newBuilder()
              .setTypeUrl(type)
              .setResponseNonce(response.getNonce()));
      return response;
    }

    /** The next response of the type, not answered; others before it are accepted. */
    DeltaDiscoveryResponse peek(String type) throws InterruptedException {
      for (; ; ) {
        DeltaDiscoveryResponse response = responses.poll(20, TimeUnit.SECONDS);
        if (response == null) {
          throw new AssertionError("nothing of type " + type);
        }
        response.getResourcesList().forEach(r -> versions.put(r.getName(), r.getVersion()));
        if (response.getTypeUrl().equals(type)) {
          return response;
        }
        send(
            DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(response.getTypeUrl())
                .setResponseNonce(response.getNonce()));
      }
    }

    void halfClose() {
      requests.onCompleted();
    }

    void breakOff() {
      call.cancel("test", null);
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable thrown) {
      ended.complete(Status.fromThrowable(thrown));
    }

    @Override
    public void onCompleted() {
      ended.complete(Status.OK);
    }
  }

  /** A state-of-the-world stream. */
  final class Sotw implements StreamObserver<DiscoveryResponse> {
    final BlockingQueue<DiscoveryResponse> responses = new LinkedBlockingQueue<>();
    final CompletableFuture<Status> ended = new CompletableFuture<>();
    private final StreamObserver<DiscoveryRequest> requests =
        AggregatedDiscoveryServiceGrpc.newStub(channel).streamAggregatedResources(this);

    void send(DiscoveryRequest.Builder request) {
      requests.onNext(request.build());
    }

    DiscoveryResponse next(String type) throws InterruptedException {
      for (; ; ) {
        DiscoveryResponse response = responses.poll(20, TimeUnit.SECONDS);
        if (response == null) {
          throw new AssertionError("nothing of type " + type);
        }
        if (response.getTypeUrl().equals(type)) {
          return response;
        }
      }
    }

    @Override
    public void onNext(DiscoveryResponse response) {
      responses.add(response);
    }

    @Override
    public void onError(Throwable thrown) {
      ended.complete(Status.fromThrowable(thrown));
    }

    @Override
    public void onCompleted() {
      ended.complete(Status.OK);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
