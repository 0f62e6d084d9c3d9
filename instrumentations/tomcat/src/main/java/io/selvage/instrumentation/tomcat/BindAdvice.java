package io.selvage.instrumentation.tomcat;

import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.tomcat.util.net.NioEndpoint;

/** Says that a connector listens. */
public final class BindAdvice {
  private BindAdvice() {}

  /** A connector with TLS of its own is said to be the application's. */
  @Advice.OnMethodExit
  public static void exit(@Advice.This(typing = Typing.DYNAMIC) NioEndpoint endpoint) {
    MeshRuntime mesh = Mesh.runtime();
    int port = endpoint.getLocalPort();
    if (mesh != null && port > 0) {
      mesh.listening(port, endpoint.isSSLEnabled() ? "application-tls" : "tomcat");
    }
  }
}
