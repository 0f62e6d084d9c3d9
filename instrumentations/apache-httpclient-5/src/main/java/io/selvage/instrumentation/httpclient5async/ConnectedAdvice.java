package io.selvage.instrumentation.httpclient5async;

import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.net.SocketAddress;
import java.util.List;
import net.bytebuddy.asm.Advice;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.reactor.ProtocolIOSession;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * A connection of the reactor stands, and nobody has been told yet: TLS with the workload's
 * identity comes first.
 */
public final class ConnectedAdvice {
  private ConnectedAdvice() {}

  @Advice.OnMethodEnter
  public static void enter(
      @Advice.Argument(0) ProtocolIOSession session,
      @Advice.FieldValue("remoteAddress") @Nullable SocketAddress address,
      @Advice.FieldValue("timeout") @Nullable Timeout timeout,
      @Advice.FieldValue("attachment") @Nullable Object policy) {
    if (!(address instanceof EndpointAddress to)) {
      return;
    }
    ConnectionLanes.opened(to.poolKey(), session);
    if (to.tls() == null) {
      return;
    }
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null) {
      session.close(); // the mesh has stopped since it chose this endpoint; never plaintext
      return;
    }
    session.startTls(
        EngineOf.context(mesh, to, protocols(policy)),
        null,
        SSLBufferMode.STATIC,
        null,
        null,
        timeout);
  }

  /** What the codec above speaks; a client of HTTP/2 alone attaches nothing. */
  private static List<String> protocols(@Nullable Object policy) {
    if (policy == null || policy == HttpVersionPolicy.FORCE_HTTP_2) {
      return List.of("h2");
    }
    return policy == HttpVersionPolicy.FORCE_HTTP_1
        ? List.of("http/1.1")
        : List.of("h2", "http/1.1");
  }
}
