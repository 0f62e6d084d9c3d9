package io.selvage.instrumentation.httpclient;

import io.selvage.engine.model.ProxyProtocol;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.ProxyHeader;
import io.selvage.extension.TcpProbes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that was made, before anything is sent on it: where the endpoint expects the
 * PROXY protocol, its header goes first, below TLS.
 */
public final class PlainConnectAdvice {
  private PlainConnectAdvice() {}

  @Advice.OnMethodExit
  @Advice.AssignReturned.ToReturned
  public static CompletableFuture<Void> exit(
      @Advice.FieldValue("address") InetSocketAddress address,
      @Advice.FieldValue("chan") SocketChannel channel,
      @Advice.Return CompletableFuture<Void> connected) {
    if (address instanceof EndpointAddress to) {
      TcpProbes.set(channel, ConnectionLanes.keepalive(to.poolKey()));
    }
    ProxyProtocol version =
        address instanceof EndpointAddress of ? of.endpoint().proxyProtocol() : null;
    return version == null ? connected : announced(version, channel, connected);
  }

  private static CompletableFuture<Void> announced(
      ProxyProtocol version, SocketChannel channel, CompletableFuture<Void> connected) {
    return connected.thenCompose(
        done -> {
          IOException failure = send(version, channel);
          return failure == null
              ? CompletableFuture.completedFuture(done)
              : CompletableFuture.failedFuture(failure);
        });
  }

  /** The buffer of a connection that has carried nothing has room for the few bytes. */
  private static @Nullable IOException send(ProxyProtocol version, SocketChannel channel) {
    try {
      ByteBuffer header =
          ByteBuffer.wrap(
              ProxyHeader.of(version, channel.getLocalAddress(), channel.getRemoteAddress()));
      channel.write(header);
      return header.hasRemaining()
          ? new IOException("no room for the header of the PROXY protocol")
          : null;
    } catch (IOException failure) {
      return failure;
    }
  }
}
