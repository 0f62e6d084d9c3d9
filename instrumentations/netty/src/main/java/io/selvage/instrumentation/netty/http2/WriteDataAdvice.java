package io.selvage.instrumentation.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/** Counts a response's bytes and sees its end. */
public final class WriteDataAdvice {
  private WriteDataAdvice() {}

  /** Before the encoder takes the buffer. */
  @Advice.OnMethodEnter
  public static void enter(
      @Advice.FieldValue(value = "connection", typing = Typing.DYNAMIC) Http2Connection connection,
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) ChannelHandlerContext context,
      @Advice.Argument(1) int streamId,
      @Advice.Argument(value = 2, typing = Typing.DYNAMIC) ByteBuf data,
      @Advice.Argument(4) boolean endOfStream) {
    StreamCall call =
        connection.isServer() ? Streams.of(context.channel(), connection).get(streamId) : null;
    if (call != null) {
      call.writes(data.readableBytes(), endOfStream);
    }
  }
}
