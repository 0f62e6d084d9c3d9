package io.selvage.instrumentation.netty.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Wait;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.Failures;
import io.selvage.extension.Intent;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides where a channel connects to and puts TLS under its codec. Called on the channel's event
 * loop.
 */
final class Floor {
  private static final List<String> HTTP = List.of("http/1.1");

  private Floor() {}

  /**
   * The address to connect to, with TLS in place.
   *
   * @return null when the mesh stands aside, or when the promise has been failed because it refuses
   */
  static @Nullable SocketAddress connect(
      ChannelHandlerContext context, @Nullable SocketAddress asked, ChannelPromise promise) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh == null || !(asked instanceof InetSocketAddress target) || Intent.isBypassed()) {
      return null;
    }
    ChannelPipeline pipeline = context.pipeline();
    boolean application = hasTls(pipeline);
    if (target instanceof EndpointAddress carried) {
      if (carried.tls() != null && !application) {
        TlsAtBottom.add(mesh, context, carried.endpoint(), carried.tls(), carried.alpn());
      }
      HeaderAtBottom.add(context, carried.endpoint());
      Probes.set(context.channel(), ConnectionLanes.keepalive(carried.poolKey()));
      return carried;
    }
    Attempt attempt = Intent.attemptOfThread();
    if (attempt != null) {
      return null;
    }
    Exchange exchange = mesh.connect(host(mesh, target), target.getPort());
    return exchange == null ? null : begun(mesh, exchange, context, target, promise, application);
  }

  private static @Nullable SocketAddress begun(
      MeshRuntime mesh,
      Exchange x,
      ChannelHandlerContext context,
      InetSocketAddress asked,
      ChannelPromise promise,
      boolean application) {
    Action action = x.begin();
    if (!(action instanceof Attempt attempt)) {
      x.end(End.ABORTED);
      promise.tryFailure(refusal(action));
      return null;
    }
    watch(x, attempt, context.channel(), promise);
    Endpoint endpoint = attempt.endpoint();
    if (endpoint == null) {
      return null;
    }
    try {
      UpstreamTls tls = attempt.tls();
      if (tls != null && !application) {
        TlsAtBottom.add(mesh, context, endpoint, tls, tls.alpn().isEmpty() ? HTTP : tls.alpn());
      }
      HeaderAtBottom.add(context, endpoint);
      Probes.set(context.channel(), attempt.connectionLimits().tcpKeepalive());
      InetAddress address = InetAddress.getByName(endpoint.address());
      return new InetSocketAddress(
          InetAddress.getByAddress(asked.getHostString(), address.getAddress()), endpoint.port());
    } catch (UnknownHostException unknown) {
      promise.tryFailure(unknown);
      return null;
    }
  }

  /**
   * An event loop cannot wait for a fault delay or for configuration: such connections fail and are
   * tried again by their library.
   */
  private static IOException refusal(Action action) {
    if (action instanceof Rejection rejection) {
      return new ConnectException(
          "[" + rejection.code() + "] " + rejection.body() + " (" + rejection.flag() + ")");
    }
    ConnectException refused =
        new ConnectException(
            action instanceof Wait
                ? "[SELV-6091] the mesh is not ready for this connection"
                : "the connection was refused by the mesh");
    if (action instanceof Failed failed) {
      refused.initCause(failed.cause());
    }
    return refused;
  }

  private static void watch(Exchange x, Attempt attempt, Channel channel, ChannelPromise promise) {
    promise.addListener(
        done -> {
          if (done.isSuccess()) {
            x.onOutcome(attempt, new Responded(new Connected()));
            channel.closeFuture().addListener(closed -> x.end(End.COMPLETE));
          } else {
            x.onOutcome(attempt, Failures.of(attempt, done.cause()));
            x.end(End.ABORTED);
          }
        });
  }

  /** By name: an application without netty-handler has no such class. */
  private static boolean hasTls(ChannelPipeline pipeline) {
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      for (Class<?> type = entry.getValue().getClass(); type != null; type = type.getSuperclass()) {
        if (type.getName().endsWith(".handler.ssl.SslHandler")) {
          return true;
        }
      }
    }
    return false;
  }

  /** The name that was asked for when it is known without a look-up, else the address. */
  private static String host(MeshRuntime mesh, InetSocketAddress target) {
    InetAddress address = target.getAddress();
    String name = address == null ? null : mesh.names().nameOf(address);
    return name != null ? name : target.getHostString();
  }
}
