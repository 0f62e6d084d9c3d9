package io.selvage.contract.grpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.selvage.instrumentation.testing.client.Credentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** A gRPC server on loopback that echoes, or does what a test says. */
final class Upstream implements AutoCloseable {
  /** A call that arrived. */
  record Seen(
      String method,
      String authority,
      Metadata headers,
      @Nullable String peer,
      @Nullable Long remainingMillis) {
    String header(String name) {
      return headers.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
    }
  }

  /** What a call does before anything is answered; throws the status to end it with. */
  interface Behaviour {
    void before(int call) throws StatusRuntimeException;
  }

  private static final Context.Key<Integer> NUMBER = Context.key("call number");

  private final String name;
  private final Server server;
  private final List<Seen> seen = new CopyOnWriteArrayList<>();
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger cancelled = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private volatile Behaviour behaviour = call -> {};

  private Upstream(String name, @Nullable Credentials credentials, boolean mutual)
      throws IOException {
    this.name = name;
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    if (credentials != null) {
      SslContextBuilder tls =
          SslContextBuilder.forServer(credentials.keys()).trustManager(credentials.trust());
      tls.clientAuth(mutual ? ClientAuth.REQUIRE : ClientAuth.NONE);
      builder.sslContext(GrpcSslContexts.configure(tls).build());
    }
    server =
        builder
            .addService(ServerInterceptors.intercept(new Service(), new Recording()))
            .addTransportFilter(
                new ServerTransportFilter() {
                  @Override
                  public io.grpc.Attributes transportReady(io.grpc.Attributes attributes) {
                    connections.incrementAndGet();
                    open.incrementAndGet();
                    return attributes;
                  }

                  @Override
                  public void transportTerminated(io.grpc.Attributes attributes) {
                    open.decrementAndGet();
                  }
                })
            .build()
            .start();
  }

  static Upstream mutualTls(String name, Credentials credentials) {
    return start(name, credentials, true);
  }

  static Upstream tls(String name, Credentials credentials) {
    return start(name, credentials, false);
  }

  static Upstream plaintext(String name) {
    return start(name, null, false);
  }

  private static Upstream start(String name, @Nullable Credentials credentials, boolean mutual) {
    try {
      return new Upstream(name, credentials, mutual);
    } catch (IOException broken) {
      throw new IllegalStateException(broken);
    }
  }

  Upstream behaving(Behaviour value) {
    behaviour = value;
    return this;
  }

  Upstream failing(Status status) {
    return behaving(
        call -> {
          throw status.asRuntimeException();
        });
  }

  int port() {
    return server.getPort();
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }

  Seen last() {
    return seen.get(seen.size() - 1);
  }

  /** Messages received, in order, of all calls. */
  List<String> messages() {
    return List.copyOf(messages);
  }

  int connections() {
    return connections.get();
  }

  /** Unary calls whose answer is on its way. */
  int answered() {
    return answered.get();
  }

  /** Connections that are open now. */
  int open() {
    return open.get();
  }

  int cancelled() {
    return cancelled.get();
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
  }

  private final class Recording implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      var deadline = Context.current().getDeadline();
      seen.add(
          new Seen(
              call.getMethodDescriptor().getFullMethodName(),
              call.getAuthority(),
              headers,
              spiffe(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION)),
              deadline == null ? null : deadline.timeRemaining(TimeUnit.MILLISECONDS)));
      Context numbered = Context.current().withValue(NUMBER, seen.size());
      ServerCall<Q, R> answering =
          new ForwardingServerCall.SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
              trailers.put(Metadata.Key.of("x-upstream", Metadata.ASCII_STRING_MARSHALLER), name);
              super.close(status, trailers);
            }
          };
      return Contexts.interceptCall(numbered, answering, headers, next);
    }
  }

  private static @Nullable String spiffe(@Nullable SSLSession session) {
    try {
      if (session == null) {
        return null;
      }
      X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
      for (List<?> one : leaf.getSubjectAlternativeNames()) {
        if (Integer.valueOf(6).equals(one.get(0))) {
          return (String) one.get(1);
        }
      }
      return null;
    } catch (javax.net.ssl.SSLPeerUnverifiedException
        | java.security.cert.CertificateException none) {
      return null;
    }
  }

  private boolean refuses(StreamObserver<String> answer) {
    ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelled::incrementAndGet);
    try {
      behaviour.before(NUMBER.get());
      return false;
    } catch (StatusRuntimeException refused) {
      answer.onError(refused);
      return true;
    }
  }

  private final class Service implements BindableService {
    @Override
    public ServerServiceDefinition bindService() {
      return ServerServiceDefinition.builder("test.Echo")
          .addMethod(Echo.UNARY, ServerCalls.asyncUnaryCall(this::unary))
          .addMethod(Echo.DOWN, ServerCalls.asyncServerStreamingCall(this::down))
          .addMethod(Echo.UP, ServerCalls.asyncClientStreamingCall(this::up))
          .addMethod(Echo.BOTH, ServerCalls.asyncBidiStreamingCall(this::both))
          .build();
    }

    private void unary(String message, StreamObserver<String> answer) {
      messages.add(message);
      if (message.equals("hang")) {
        ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelled::incrementAndGet);
        return;
      }
      if (!refuses(answer)) {
        answer.onNext(name + ":" + message);
        answer.onCompleted();
        answered.incrementAndGet();
      }
    }

    /**
     * {@code n} answers; {@code n!STATUS} ends with that status after them; a negative count goes
     * on until cancelled.
     */
    private void down(String message, StreamObserver<String> answer) {
      if (refuses(answer)) {
        return;
      }
      String[] parts = message.split("!");
      int count = Integer.parseInt(parts[0]);
      if (count < 0) {
        answer.onNext(name + ":0");
        return;
      }
      for (int i = 0; i < count; i++) {
        answer.onNext(name + ":" + i);
      }
      if (parts.length > 1) {
        answer.onError(Status.fromCode(Status.Code.valueOf(parts[1])).asRuntimeException());
      } else {
        answer.onCompleted();
      }
    }

    private StreamObserver<String> up(StreamObserver<String> answer) {
      int number = NUMBER.get();
      ((ServerCallStreamObserver<String>) answer).setOnCancelHandler(cancelled::incrementAndGet);
      StringBuilder all = new StringBuilder();
      return new StreamObserver<>() {
        @Override
        public void onNext(String message) {
          messages.add(message);
          all.append(message.length() > 100 ? String.valueOf(message.length()) : message)
              .append('|');
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onCompleted() {
          try {
            behaviour.before(number);
            answer.onNext(name + ":" + all);
            answer.onCompleted();
          } catch (StatusRuntimeException refused) {
            answer.onError(refused);
          }
        }
      };
    }

    private StreamObserver<String> both(StreamObserver<String> answer) {
      if (refuses(answer)) {
        return new StreamObserver<>() {
          @Override
          public void onNext(String message) {}

          @Override
          public void onError(Throwable thrown) {}

          @Override
          public void onCompleted() {}
        };
      }
      return new StreamObserver<>() {
        @Override
        public void onNext(String message) {
          messages.add(message);
          answer.onNext(name + ":" + message);
        }

        @Override
        public void onError(Throwable thrown) {}

        @Override
        public void onCompleted() {
          answer.onCompleted();
        }
      };
    }
  }
}
