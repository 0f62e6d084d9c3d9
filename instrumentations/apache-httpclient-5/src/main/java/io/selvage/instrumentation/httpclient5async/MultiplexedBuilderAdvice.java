package io.selvage.instrumentation.httpclient5async;

import net.bytebuddy.asm.Advice;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.async.H2AsyncClientBuilder;

/** The same for clients that speak HTTP/2 alone, many requests over one connection. */
public final class MultiplexedBuilderAdvice {
  private MultiplexedBuilderAdvice() {}

  /** See {@link PooledBuilderAdvice#enter}. */
  @Advice.OnMethodEnter
  public static void enter(@Advice.This H2AsyncClientBuilder builder) {
    builder.addExecInterceptorAfter(
        ChainElement.PROTOCOL.name(), "selvage", new AsyncMeshHandler(true));
  }
}
