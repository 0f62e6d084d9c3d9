package io.selvage.instrumentation.httpclient5;

import net.bytebuddy.asm.Advice;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;

/**
 * Puts the mesh into the exec chain of each client that is built: below cookies, authentication and
 * redirects, above connecting.
 */
public final class BuilderAdvice {
  private BuilderAdvice() {}

  /**
   * A builder that builds twice gets two handlers; the inner one finds that an attempt is under way
   * and stands aside.
   */
  @Advice.OnMethodEnter
  public static void enter(@Advice.This HttpClientBuilder builder) {
    builder.addExecInterceptorAfter(ChainElement.PROTOCOL.name(), "selvage", new MeshExecHandler());
  }
}
