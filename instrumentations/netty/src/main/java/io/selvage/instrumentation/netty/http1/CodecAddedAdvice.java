package io.selvage.instrumentation.netty.http1;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.AttributeKey;
import java.util.Map;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.implementation.bytecode.assign.Assigner.Typing;

/** Puts a {@link RequestHandler} behind each HTTP/1.1 server codec, whoever adds one. */
public final class CodecAddedAdvice {
  private static final String NAME = "selvage-http1";
  private static final AttributeKey<Boolean> PLACED = AttributeKey.valueOf("io.selvage.http1");

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
    } else if (!(added instanceof RequestHandler) && context.channel().hasAttr(PLACED)) {
      keepFirst(context.pipeline(), added);
    }
  }

  /**
   * Nothing may come between the codec and the mesh: a handler that the application puts there,
   * such as one for upgrades, would answer requests that the mesh has not seen.
   */
  private static void keepFirst(ChannelPipeline pipeline, ChannelHandler added) {
    String codec = null;
    boolean between = false;
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      if (isHalf(entry.getValue())) {
        codec = entry.getKey();
      } else if (entry.getValue() == added) {
        between = codec != null;
      } else if (entry.getValue() instanceof RequestHandler ours) {
        if (between && codec != null) {
          ours.move(pipeline, codec, NAME);
        }
        return;
      }
    }
  }

  private static boolean isHalf(ChannelHandler handler) {
    return handler instanceof HttpServerCodec
        || handler instanceof HttpRequestDecoder
        || handler instanceof HttpResponseEncoder;
  }

  private static void place(ChannelPipeline pipeline, String after) {
    if (pipeline.get(NAME) == null) {
      pipeline.channel().attr(PLACED).set(Boolean.TRUE);
      pipeline.addAfter(after, NAME, new RequestHandler());
    }
  }

  private static String lastHalf(ChannelPipeline pipeline, String half) {
    String last = half;
    for (Map.Entry<String, ChannelHandler> entry : pipeline) {
      if (isHalf(entry.getValue())) {
        last = entry.getKey();
      }
    }
    return last;
  }
}
