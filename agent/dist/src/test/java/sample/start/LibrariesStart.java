package sample.start;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.protobuf.lite.ProtoLiteUtils;
import io.grpc.stub.ClientCalls;
import io.selvage.tooling.Weaving;
import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.List;

/**
 * Stands in for the agent's start: uses the bundled libraries that are known to print something.
 */
public final class LibrariesStart {
  private LibrariesStart() {}

  public static void start(String args, Instrumentation inst, File jar) throws Exception {
    Weaving.install(inst, LibrariesStart.class.getClassLoader(), List.of());
    CircuitBreaker.of("any", CircuitBreakerConfig.ofDefaults()).acquirePermission();
    Struct struct =
        Struct.newBuilder().putFields("a", Value.newBuilder().setStringValue("b").build()).build();
    Struct read = Struct.parseFrom(struct.toByteArray());
    call();
    System.out.println(
        "read "
            + read.getFieldsOrThrow("a").getStringValue()
            + " with "
            + Weaving.class.getClassLoader().getClass().getName());
  }

  /** Over the transport that the agent uses, to a port where nobody listens. */
  private static void call() {
    ManagedChannel channel = OkHttpChannelBuilder.forAddress("127.0.0.1", 1).usePlaintext().build();
    MethodDescriptor<Struct, Struct> method =
        MethodDescriptor.<Struct, Struct>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("any/Any")
            .setRequestMarshaller(ProtoLiteUtils.marshaller(Struct.getDefaultInstance()))
            .setResponseMarshaller(ProtoLiteUtils.marshaller(Struct.getDefaultInstance()))
            .build();
    try {
      ClientCalls.blockingUnaryCall(
          channel, method, CallOptions.DEFAULT, Struct.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      System.out.println("call " + e.getStatus().getCode());
    } finally {
      channel.shutdownNow();
    }
  }
}
