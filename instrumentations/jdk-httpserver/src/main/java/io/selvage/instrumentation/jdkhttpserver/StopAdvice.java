package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpServer;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import net.bytebuddy.asm.Advice;

/** Says that a server no longer listens. */
public final class StopAdvice {
  private StopAdvice() {}

  /** The port, while the socket still knows it. */
  @Advice.OnMethodEnter
  public static int enter(@Advice.This Object self) {
    return self instanceof HttpServer server ? server.getAddress().getPort() : -1;
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
