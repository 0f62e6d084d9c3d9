package io.selvage.instrumentation.httpclient5async;

import net.bytebuddy.asm.Advice;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;

/** Puts the mesh into the exec chain of each asynchronous client that is built. */
public final class PooledBuilderAdvice {
  private PooledBuilderAdvice() {}

  /**
   * A builder that builds twice gets two handlers; the inner one finds that an attempt is under way
   * and stands aside.
   */
  @Advice.OnMethodEnter
  public static void enter(@Advice.This HttpAsyncClientBuilder builder) {
    builder.addExecInterceptorAfter(
        ChainElement.PROTOCOL.name(), "selvage", new AsyncMeshHandler(false));
  }
}
