package io.selvage.instrumentation.tomcat;

import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.tomcat.util.net.NioEndpoint;

/** Says that a connector no longer listens. */
public final class UnbindAdvice {
  private UnbindAdvice() {}

  /** The port, while the socket still knows it; -1 when it is closed already. */
  @Advice.OnMethodEnter
  public static int enter(@Advice.This(typing = Typing.DYNAMIC) NioEndpoint endpoint) {
    return endpoint.getLocalPort();
  }

  /** After closing. */
  @Advice.OnMethodExit
  public static void exit(@Advice.Enter int port) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null && port > 0) {
      mesh.closed(port);
    }
  }
}
