package io.selvage.instrumentation.netty.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.selvage.extension.FirstBytes;
import io.selvage.extension.InboundCall;
import io.selvage.extension.Mesh;
import io.selvage.extension.MeshRuntime;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * First handler of an accepted connection; learns from the first bytes whether it is TLS of the
 * mesh, then leaves the pipeline.
 *
 * <p>Until then nothing is written: HTTP/2 servers speak first, and their bytes must go through the
 * TLS that may come. On the channel's event loop.
 */
final class SniffHandler extends ChannelDuplexHandler {
  private static final int LIMIT_SECONDS = 10;

  private record Held(Object message, ChannelPromise promise) {}

  private final ArrayDeque<Held> held = new ArrayDeque<>();
  private @Nullable ByteBuf seen;
  private @Nullable Future<?> limit;
  private boolean flush;
  private boolean done;
  private boolean refused;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    if (context.channel().isActive()) {
      begin(context);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.fireChannelActive();
    begin(context);
  }

  private void begin(ChannelHandlerContext context) {
    if (done || limit != null) {
      return;
    }
    limit = context.executor().schedule(() -> late(context), LIMIT_SECONDS, TimeUnit.SECONDS);
    if (!context.channel().config().isAutoRead()) {
      context.read();
    }
  }

  /** A silent caller: the application may be the one that speaks first, unless it must be TLS. */
  private void late(ChannelHandlerContext context) {
    if (done) {
      return;
    }
    if (seen != null || InboundCall.isStrict(Pipelines.localPort(context.channel()))) {
      refuse(context);
    } else if (!held.isEmpty()) {
      pass(context);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (done || !(message instanceof ByteBuf bytes)) {
      context.fireChannelRead(message);
      return;
    }
    ByteBuf before = seen;
    ByteBuf all =
        before == null
            ? bytes
            : context.alloc().compositeBuffer(2).addComponents(true, before, bytes);
    seen = all;
    try {
      decide(context, all);
    } catch (RuntimeException | LinkageError bug) {
      fail(context, bug);
    }
  }

  private void decide(ChannelHandlerContext context, ByteBuf all) {
    MeshRuntime mesh = Mesh.runtime();
    int port = Pipelines.localPort(context.channel());
    if (mesh == null || !InboundCall.isMeshed(port) || Pipelines.hasOwnTls(context.pipeline())) {
      pass(context);
      return;
    }
    switch (FirstBytes.judge(at(all, 0), at(all, 1))) {
      case MORE -> context.read();
      case TLS -> secure(context, mesh, port);
      case PLAIN -> {
        if (InboundCall.isStrict(port)) {
          refuse(context);
        } else {
          pass(context);
        }
      }
    }
  }

  private static int at(ByteBuf all, int index) {
    return index < all.readableBytes() ? all.getUnsignedByte(all.readerIndex() + index) : -1;
  }

  private void secure(ChannelHandlerContext context, MeshRuntime mesh, int port) {
    MeshTlsHandler tls =
        new MeshTlsHandler(
            mesh.tls().serverEngine(port, Pipelines.alpn(context.pipeline())), mesh.tls());
    context.pipeline().addAfter(context.name(), "selvage-tls", tls);
    pass(context);
  }

  /** Lets everything go on: what was held, then what was read. */
  private void pass(ChannelHandlerContext context) {
    stop();
    for (Held each = held.poll(); each != null; each = held.poll()) {
      MeshTlsHandler tls = context.pipeline().get(MeshTlsHandler.class);
      if (tls == null) {
        context.write(each.message, each.promise);
      } else {
        tls.write(context.pipeline().context(tls), each.message, each.promise);
      }
    }
    if (flush) {
      flushHeld(context);
    }
    ByteBuf first = seen;
    seen = null;
    // removed first: frameworks rearrange the pipeline while they read
    context.pipeline().remove(this);
    if (first != null) {
      context.fireChannelRead(first);
    }
  }

  private static void flushHeld(ChannelHandlerContext context) {
    MeshTlsHandler tls = context.pipeline().get(MeshTlsHandler.class);
    if (tls == null) {
      context.flush();
    } else {
      tls.flush(context.pipeline().context(tls));
    }
  }

  private void fail(ChannelHandlerContext context, Throwable bug) {
    MeshRuntime mesh = Mesh.runtime();
    if (mesh != null) {
      mesh.report("SELV-4031", "no TLS on an accepted connection: " + bug);
    }
    refuse(context);
  }

  /** What handlers say about the close, such as GOAWAY, must not go out in the clear either. */
  private void refuse(ChannelHandlerContext context) {
    refused = true;
    stop();
    drop();
    context.close();
  }

  private void stop() {
    done = true;
    Future<?> timer = limit;
    if (timer != null) {
      timer.cancel(false);
    }
  }

  private void drop() {
    if (seen != null) {
      ReferenceCountUtil.release(seen);
      seen = null;
    }
    for (Held each = held.poll(); each != null; each = held.poll()) {
      ReferenceCountUtil.release(each.message);
      each.promise.tryFailure(new ClosedChannelException());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stop();
    drop();
    context.fireChannelInactive();
  }

  private boolean holds(ChannelHandlerContext context) {
    return !done && InboundCall.isMeshed(Pipelines.localPort(context.channel()));
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (refused) {
      ReferenceCountUtil.release(message);
      promise.tryFailure(new ClosedChannelException());
    } else if (holds(context)) {
      held.add(new Held(message, promise));
    } else {
      context.write(message, promise);
    }
  }

  @Override
  public void flush(ChannelHandlerContext context) {
    if (holds(context)) {
      flush = true;
    } else if (!refused) {
      context.flush();
    }
  }
}
