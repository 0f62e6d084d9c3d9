package io.selvage.instrumentation.netty.server;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.ssl.SslHandler;
import io.selvage.engine.flow.Peer;
import io.selvage.extension.MeshTls;
import io.selvage.extension.Revocable;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * TLS of the mesh in a pipeline whose application knows of none.
 *
 * <p>The {@link SslHandler} that does the work is not in the pipeline, as frameworks look for one
 * to tell whether a request is {@code https}. For the same reason they send files as {@link
 * FileRegion}s, which TLS cannot pass: those are cut into buffers here. On the event loop.
 */
final class MeshTlsHandler extends ChannelDuplexHandler {
  private static final long HANDSHAKE_MILLIS = 10_000;

  private final SslHandler ssl;
  private final MeshTls tls;
  private final FileRegions files;

  MeshTlsHandler(SSLEngine engine, MeshTls tls) {
    this.ssl = new SslHandler(engine);
    this.ssl.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
    this.tls = tls;
    this.files = new FileRegions(ssl);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) throws Exception {
    context.channel().attr(Pipelines.CONNECTION).set(new Described(context));
    if (ssl.engine() instanceof Revocable revocable) {
      revocable.onRevoked(context::close);
    }
    ssl.handlerAdded(context);
  }

  /** Reads the peer once, when the first request asks. */
  private final class Described implements Supplier<Peer> {
    private final ChannelHandlerContext context;
    private @Nullable Peer known;

    Described(ChannelHandlerContext context) {
      this.context = context;
    }

    @Override
    public Peer get() {
      Peer connection = known;
      if (connection == null) {
        InetSocketAddress remote = (InetSocketAddress) context.channel().remoteAddress();
        InetSocketAddress local = (InetSocketAddress) context.channel().localAddress();
        connection =
            tls.peer(
                remote.getAddress().getHostAddress(),
                remote.getPort(),
                local.getAddress().getHostAddress(),
                local.getPort(),
                ssl.engine().getSession());
        known = connection;
      }
      return connection;
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) throws Exception {
    files.drop();
    ssl.handlerRemoved(context);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) throws Exception {
    ssl.channelActive(context);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    files.drop();
    ssl.channelInactive(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    ssl.channelRead(context, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    ssl.channelReadComplete(context);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    ssl.userEventTriggered(context, event);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) throws Exception {
    ssl.channelWritabilityChanged(context);
  }

  @Override
  @SuppressWarnings("deprecation") // deprecated for outbound handlers only
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    ssl.exceptionCaught(context, cause);
  }

  @Override
  public void bind(ChannelHandlerContext context, SocketAddress local, ChannelPromise promise)
      throws Exception {
    ssl.bind(context, local, promise);
  }

  @Override
  public void disconnect(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    ssl.disconnect(context, promise);
  }

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    ssl.close(context, promise);
  }

  @Override
  public void deregister(ChannelHandlerContext context, ChannelPromise promise) throws Exception {
    ssl.deregister(context, promise);
  }

  @Override
  public void read(ChannelHandlerContext context) throws Exception {
    ssl.read(context);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof FileRegion || files.isBusy()) {
      files.write(context, message, promise);
    } else {
      FileRegions.pass(ssl, context, message, promise);
    }
  }

  @Override
  public void flush(ChannelHandlerContext context) {
    FileRegions.flush(ssl, context);
  }
}
