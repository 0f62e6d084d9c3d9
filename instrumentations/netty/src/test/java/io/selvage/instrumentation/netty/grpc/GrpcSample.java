package io.selvage.instrumentation.netty.grpc;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;
import io.selvage.instrumentation.testing.server.SampleServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A gRPC application that knows of no mesh: says who calls, sends a lot, adds up what it gets. */
final class GrpcSample implements SampleServer {
  static final Metadata.Key<String> XFCC =
      Metadata.Key.of("x-forwarded-client-cert", Metadata.ASCII_STRING_MARSHALLER);
  static final MethodDescriptor<byte[], byte[]> HELLO = method("sample.S/Hello");
  static final MethodDescriptor<byte[], byte[]> DENIED = method("deny.S/Hello");
  static final MethodDescriptor<byte[], byte[]> DELAYED = method("delay.S/Hello");
  static final MethodDescriptor<byte[], byte[]> SUM = method("sample.S/Sum");
  static final MethodDescriptor<byte[], byte[]> DENIED_SUM = method("deny.S/Sum");
  static final MethodDescriptor<byte[], byte[]> MANY = method("sample.S/Many");
  static final int PIECES = 80;

  private final Server server;

  GrpcSample(ServerBuilder<?> builder) throws IOException {
    server =
        builder
            .directExecutor()
            .addService(service("sample.S").build())
            .addService(
                ServerServiceDefinition.builder("deny.S")
                    .addMethod(DENIED, ServerCalls.asyncUnaryCall(GrpcSample::hello))
                    .addMethod(DENIED_SUM, ServerCalls.asyncClientStreamingCall(GrpcSample::sum))
                    .build())
            .addService(
                ServerServiceDefinition.builder("delay.S")
                    .addMethod(DELAYED, ServerCalls.asyncUnaryCall(GrpcSample::hello))
                    .build())
            .intercept(new RemembersCertificate())
            .build()
            .start();
  }

  private static ServerServiceDefinition.Builder service(String name) {
    return ServerServiceDefinition.builder(name)
        .addMethod(HELLO, ServerCalls.asyncUnaryCall(GrpcSample::hello))
        .addMethod(SUM, ServerCalls.asyncClientStreamingCall(GrpcSample::sum))
        .addMethod(MANY, ServerCalls.asyncServerStreamingCall(GrpcSample::many));
  }

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.newBuilder(new Bytes(), new Bytes())
        .setType(typeOf(name))
        .setFullMethodName(name)
        .build();
  }

  private static MethodDescriptor.MethodType typeOf(String name) {
    return name.endsWith("Sum")
        ? MethodDescriptor.MethodType.CLIENT_STREAMING
        : name.endsWith("Many")
            ? MethodDescriptor.MethodType.SERVER_STREAMING
            : MethodDescriptor.MethodType.UNARY;
  }

  private static void hello(byte[] request, StreamObserver<byte[]> answer) {
    MeshContext context = ContextScope.current();
    String text =
        "posted="
            + request.length
            + "\ncaller="
            + context.caller()
            + "\ntrace="
            + (context.trace() == null ? null : context.trace().traceId())
            + "\nxfcc="
            + RemembersCertificate.KEY.get()
            + "\n";
    answer.onNext(text.getBytes(StandardCharsets.UTF_8));
    answer.onCompleted();
  }

  private static StreamObserver<byte[]> sum(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      private long total;

      @Override
      public void onNext(byte[] piece) {
        total += piece.length;
      }

      @Override
      public void onError(Throwable cancelled) {
        total = -1;
      }

      @Override
      public void onCompleted() {
        answer.onNext(Long.toString(total).getBytes(StandardCharsets.UTF_8));
        answer.onCompleted();
      }
    };
  }

  private static void many(byte[] request, StreamObserver<byte[]> answer) {
    for (int i = 0; i < PIECES; i++) {
      answer.onNext(new byte[64 * 1024]);
    }
    answer.onCompleted();
  }

  /** Hands the header to the method. */
  private static final class RemembersCertificate implements ServerInterceptor {
    static final io.grpc.Context.Key<String> KEY = io.grpc.Context.key("xfcc");

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      return io.grpc.Contexts.interceptCall(
          io.grpc.Context.current().withValue(KEY, headers.get(XFCC)), call, headers, next);
    }
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }
  }

  @Override
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
  }
}
