package io.selvage.instrumentation.tomcat;

import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.util.List;
import javax.net.ssl.SSLEngine;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToReturned;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;
import org.apache.coyote.SelvageUpgrades;
import org.apache.tomcat.util.net.AbstractEndpoint;
import org.jspecify.annotations.Nullable;

/** Gives connections of a connector without TLS of its own an engine with the mesh's identity. */
public final class EngineAdvice {
  private EngineAdvice() {}

  /** The mesh's engine; null = the application's own TLS. */
  @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
  public static @Nullable SSLEngine enter(
      @Advice.This(typing = Typing.DYNAMIC) AbstractEndpoint<?, ?> endpoint) {
    MeshRuntime mesh = Mesh.runtime();
    if (endpoint.isSSLEnabled() || mesh == null) {
      return null;
    }
    List<String> alpn =
        SelvageUpgrades.speaksHttp2(endpoint.getHandler())
            ? List.of("h2", "http/1.1")
            : List.of("http/1.1");
    try {
      return mesh.tls().serverEngine(endpoint.getLocalPort(), alpn);
    } catch (RuntimeException bug) {
      mesh.report("SELV-4031", "no TLS for port " + endpoint.getLocalPort() + ": " + bug);
      return null; // Tomcat's own method finds no certificate and the connection is closed
    }
  }

  /** Hands it over. */
  @Advice.OnMethodExit
  @ToReturned(typing = Typing.DYNAMIC)
  public static @Nullable SSLEngine exit(
      @Advice.Enter(typing = Typing.DYNAMIC) @Nullable SSLEngine engine,
      @Advice.Return(typing = Typing.DYNAMIC) @Nullable SSLEngine returned) {
    return engine != null ? engine : returned;
  }
}
