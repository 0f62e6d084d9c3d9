package io.selvage.instrumentation.testing.client;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import java.util.List;

/** Takes the PROXY protocol's header off a connection, after the specification by itself. */
final class ProxyHeaderDecoder extends ByteToMessageDecoder {
  private static final int MAX_LINE = 107;
  private static final int V2_HEAD = 16;
  private final UpstreamServer server;

  ProxyHeaderDecoder(UpstreamServer server) {
    this.server = server;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (in.readableBytes() < V2_HEAD) {
      return;
    }
    int length =
        in.getByte(in.readerIndex()) == 'P'
            ? lineLength(in)
            : V2_HEAD + in.getUnsignedShort(in.readerIndex() + V2_HEAD - 2);
    if (length < 0 || in.readableBytes() < length) {
      return;
    }
    server.recordProxyHeader(ByteBufUtil.hexDump(in, in.readerIndex(), length));
    in.skipBytes(length);
    context.pipeline().remove(this);
  }

  private static int lineLength(ByteBuf in) {
    int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
    if (end < 0 && in.readableBytes() > MAX_LINE) {
      throw new CorruptedFrameException("no header of the PROXY protocol");
    }
    return end < 0 ? -1 : end + 1 - in.readerIndex();
  }
}
