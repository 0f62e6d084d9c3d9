package io.selvage.instrumentation.netty.http1;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.Map;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/** Puts a {@link RequestHandler} behind each HTTP/1.1 server codec, whoever adds one. */
public final class CodecAddedAdvice {
  private static final String NAME = "selvage-http1";

  private CodecAddedAdvice() {}

  /** Behind both halves, when the application adds decoder and encoder one by one. */
  @Advice.OnMethodExit
  public static void exit(
      @Advice.Argument(value = 0, typing = Typing.DYNAMIC) ChannelHandlerContext context) {
    ChannelHandler added = context.handler();
    if (added instanceof HttpServerCodec) {
      place(context.pipeline(), context.name());
    } else if (added instanceof HttpRequestDecoder) {
      place(context.pipeline(), lastHalf(context.pipeline(), context.name()));
    } else if (added instanceof HttpResponseEncoder && context.pipeline().get(NAME) != null) {
      context.pipeline().remove(NAME);
      place(context.pipeline(), lastHalf(context.pipeline(), context.name()));
    }
  }

  private static void place(ChannelPipeline pipeline, String after) {
    if (pipeline.get(NAME) == null) {
      pipeline.addAfter(after, NAME, new RequestHandler());
    }
  }

  private static String lastHalf(ChannelPipeline pipeline, String half) {
    String last = half;
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      if (entry.getValue() instanceof HttpRequestDecoder
          || entry.getValue() instanceof HttpResponseEncoder) {
        last = entry.getKey();
      }
    }
    return last;
  }
}
