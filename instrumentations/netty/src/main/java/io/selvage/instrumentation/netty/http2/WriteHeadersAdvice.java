package io.selvage.instrumentation.netty.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Headers;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments;
import net.bytebuddy.asm.Advice.AssignReturned.ToArguments.ToArgument;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/** Sees response headers and trailers just before they are written. */
public final class WriteHeadersAdvice {
  private WriteHeadersAdvice() {}

  /** End of stream is the last boolean of either overload. */
  @Advice.OnMethodEnter
  @ToArguments(@ToArgument(value = 2, typing = Typing.DYNAMIC))
  public static Http2Headers enter(
      @Advice.FieldValue(value = "connection", typing = Typing.DYNAMIC) Http2Connection connection,
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) ChannelHandlerContext context,
      @Advice.Argument(1) int streamId,
      @Advice.Argument(value = 2, typing = Typing.DYNAMIC) Http2Headers headers,
      @Advice.AllArguments Object[] all) {
    StreamCall call =
        connection.isServer() ? Streams.of(context.channel(), connection).get(streamId) : null;
    return call == null ? headers : call.writes(headers, (Boolean) all[all.length - 2]);
  }
}
