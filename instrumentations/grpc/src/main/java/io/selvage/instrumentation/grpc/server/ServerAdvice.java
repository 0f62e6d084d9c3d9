package io.selvage.instrumentation.grpc.server;

import io.grpc.ServerInterceptor;
import io.grpc.internal.ServerImplBuilder;
import java.util.List;
import net.bytebuddy.asm.Advice;

/** Makes the context's interceptor the outermost one of each server. */
public final class ServerAdvice {
  private ServerAdvice() {}

  /** The library calls the last interceptor first; a builder that builds again has ours already. */
  @Advice.OnMethodEnter
  public static void enter(
      @Advice.This ServerImplBuilder builder,
      @Advice.FieldValue("interceptors") List<ServerInterceptor> interceptors) {
    interceptors.removeIf(ContextInterceptor.class::isInstance);
    builder.intercept(new ContextInterceptor());
  }
}
