package io.selvage.instrumentation.testing.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Tells HTTP/2 with prior knowledge from HTTP/1.1, by the first letters of a connection. */
final class FirstLine extends ByteToMessageDecoder {
  private final Runnable http2;
  private final Runnable http1;

  FirstLine(Runnable http2, Runnable http1) {
    this.http2 = http2;
    this.http1 = http1;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf bytes, List<Object> out) {
    if (bytes.readableBytes() < 4) {
      return;
    }
    boolean preface = bytes.getInt(bytes.readerIndex()) == 0x50524920; // "PRI "
    (preface ? http2 : http1).run();
    ctx.pipeline().remove(this);
  }
}
