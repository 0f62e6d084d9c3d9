package io.selvage.instrumentation.netty.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;

/**
 * Writes file regions through TLS piece by piece, each when the one before is out, and what comes
 * behind them in order. On the event loop.
 */
final class FileRegions {
  private static final int PIECE_BYTES = 64 * 1024;

  private record Pending(Object message, ChannelPromise promise) {}

  private final SslHandler ssl;
  private final ArrayDeque<Pending> queue = new ArrayDeque<>();
  private boolean pieceUnderWay;

  FileRegions(SslHandler ssl) {
    this.ssl = ssl;
  }

  static void pass(
      SslHandler ssl, ChannelHandlerContext context, Object message, ChannelPromise promise) {
    try {
      ssl.write(context, message, promise);
    } catch (Exception refused) {
      promise.tryFailure(refused);
    }
  }

  static void flush(SslHandler ssl, ChannelHandlerContext context) {
    try {
      ssl.flush(context);
    } catch (Exception broken) {
      context.fireExceptionCaught(broken);
    }
  }

  boolean isBusy() {
    return !queue.isEmpty();
  }

  void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    queue.add(new Pending(message, promise));
    pump(context);
  }

  private void pump(ChannelHandlerContext context) {
    while (!pieceUnderWay) {
      Pending next = queue.peek();
      if (next == null) {
        return;
      }
      if (next.message instanceof FileRegion region && region.transferred() < region.count()) {
        piece(context, region, next.promise);
      } else {
        queue.remove();
        finish(context, next);
      }
    }
  }

  private void finish(ChannelHandlerContext context, Pending done) {
    if (done.message instanceof FileRegion region) {
      region.release();
      done.promise.trySuccess();
    } else {
      pass(ssl, context, done.message, done.promise);
    }
    flush(ssl, context);
  }

  private void piece(ChannelHandlerContext context, FileRegion region, ChannelPromise promise) {
    ByteBuf buffer = context.alloc().buffer(PIECE_BYTES);
    try {
      long sent = region.transferTo(new Into(buffer), region.transferred());
      if (sent <= 0) {
        throw new IOException("file ended " + (region.count() - region.transferred()) + " early");
      }
    } catch (IOException unreadable) {
      buffer.release();
      queue.remove();
      region.release();
      promise.tryFailure(unreadable);
      return;
    }
    pieceUnderWay = true;
    ChannelPromise written = context.newPromise();
    written.addListener(
        done -> {
          pieceUnderWay = false;
          if (done.isSuccess()) {
            pump(context);
          } else {
            drop();
          }
        });
    pass(ssl, context, buffer, written);
    flush(ssl, context);
  }

  void drop() {
    for (Pending each = queue.poll(); each != null; each = queue.poll()) {
      ReferenceCountUtil.release(each.message);
      each.promise.tryFailure(new ClosedChannelException());
    }
  }

  /** Takes as much as one piece holds. */
  private record Into(ByteBuf buffer) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer source) {
      int room = Math.min(source.remaining(), PIECE_BYTES - buffer.readableBytes());
      ByteBuffer part = source.slice(source.position(), room);
      buffer.writeBytes(part);
      source.position(source.position() + room);
      return room;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }
}
