package io.selvage.instrumentation.netty.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.extension.InboundAnswer;

/** A refusal as Netty's HTTP/1.1 codec writes it. */
final class EarlyAnswer {
  private EarlyAnswer() {}

  static FullHttpResponse to(
      ChannelHandlerContext context, HttpRequest request, Rejection why, boolean closes) {
    InboundAnswer answer = InboundAnswer.of(why, Protocol.HTTP1);
    ByteBuf body =
        HttpMethod.HEAD.equals(request.method())
            ? Unpooled.EMPTY_BUFFER
            : context.alloc().buffer(answer.body().length).writeBytes(answer.body());
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
    answer.headers().forEach((name, value) -> response.headers().set(name, value));
    response.headers().setInt("content-length", answer.body().length);
    if (closes) {
      response.headers().set("connection", "close");
    }
    return response;
  }
}
