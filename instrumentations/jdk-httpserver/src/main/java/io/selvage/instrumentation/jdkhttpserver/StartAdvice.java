package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import net.bytebuddy.asm.Advice;

/** Says that a server listens; bound before, it answers from here on. */
public final class StartAdvice {
  private StartAdvice() {}

  /** A server with TLS of its own is said to be the application's. */
  @Advice.OnMethodExit
  public static void exit(@Advice.This Object self) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null && self instanceof HttpServer server) {
      mesh.listening(
          server.getAddress().getPort(),
          self instanceof HttpsServer ? "application-tls" : "jdk-httpserver");
    }
  }
}
