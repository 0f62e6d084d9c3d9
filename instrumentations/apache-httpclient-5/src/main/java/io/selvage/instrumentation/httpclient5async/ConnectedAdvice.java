package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.model.ProxyProtocol;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.ProxyHeader;
import io.selvage.extension.TcpProbes;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import net.bytebuddy.asm.Advice;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.io.CloseMode;
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
    TcpProbes.set(session.channel(), ConnectionLanes.keepalive(to.poolKey()));
    if (!isAnnounced(to, session)) {
      session.close(CloseMode.IMMEDIATE);
      return;
    }
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

  /**
   * Where the endpoint expects the PROXY protocol, its header goes first; the buffer of a
   * connection that has carried nothing has room for it.
   */
  private static boolean isAnnounced(EndpointAddress to, ProtocolIOSession session) {
    ProxyProtocol version = to.endpoint().proxyProtocol();
    if (version == null) {
      return true;
    }
    try {
      ByteBuffer header =
          ByteBuffer.wrap(
              ProxyHeader.of(version, session.getLocalAddress(), session.getRemoteAddress()));
      session.channel().write(header);
      return !header.hasRemaining();
    } catch (IOException broken) {
      return false;
    }
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
