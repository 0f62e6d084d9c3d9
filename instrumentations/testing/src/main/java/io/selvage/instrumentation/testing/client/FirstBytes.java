package io.selvage.instrumentation.testing.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Notes the first bytes of a connection, so that a test can tell TLS from plain text on the wire.
 */
final class FirstBytes extends ChannelInboundHandlerAdapter {
  private final UpstreamServer server;

  FirstBytes(UpstreamServer server) {
    this.server = server;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (message instanceof ByteBuf bytes && bytes.isReadable()) {
      server.recordFirstBytes(
          ByteBufUtil.hexDump(bytes, bytes.readerIndex(), Math.min(8, bytes.readableBytes())));
      ctx.pipeline().remove(this);
    }
    super.channelRead(ctx, message);
  }
}
