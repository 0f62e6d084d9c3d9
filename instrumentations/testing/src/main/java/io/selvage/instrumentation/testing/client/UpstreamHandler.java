package io.selvage.instrumentation.testing.client;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.handler.ssl.SslHandler;
import java.io.ByteArrayOutputStream;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection or one HTTP/2 stream of an {@link UpstreamServer}. */
final class UpstreamHandler extends SimpleChannelInboundHandler<HttpObject> {
  private final UpstreamServer server;
  private final int connection;
  private @Nullable HttpRequest head;
  private ByteArrayOutputStream body = new ByteArrayOutputStream();

  UpstreamHandler(UpstreamServer server, int connection) {
    this.server = server;
    this.connection = connection;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, HttpObject message) throws Exception {
    if (message.decoderResult().isFailure()) {
      ctx.close();
      return;
    }
    if (message instanceof HttpRequest request) {
      head = request;
      body = new ByteArrayOutputStream();
      if (HttpUtil.is100ContinueExpected(request) && server.refusesExpectations()) {
        head = null;
        server.refusedOne();
        new NettyReply(ctx, request, isHttp2(ctx.channel()))
            .whole(503, Map.of("connection", "close"), new byte[0]);
        return;
      }
      if (HttpUtil.is100ContinueExpected(request)) {
        ctx.writeAndFlush(
            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
      }
    }
    HttpRequest request = head;
    if (request == null) {
      return;
    }
    if (message instanceof HttpContent content) {
      content.content().readBytes(body, content.content().readableBytes());
    }
    if (message instanceof LastHttpContent) {
      Received seen = received(ctx.channel(), request);
      server.record(seen);
      if ("websocket".equalsIgnoreCase(request.headers().get(HttpHeaderNames.UPGRADE))) {
        upgrade(ctx, request);
        return;
      }
      server.responder().answer(seen, new NettyReply(ctx, request, isHttp2(ctx.channel())));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }

  private static void upgrade(ChannelHandlerContext ctx, HttpRequest request) {
    WebSocketServerHandshaker shaker =
        new WebSocketServerHandshakerFactory(
                "ws://" + request.headers().get(HttpHeaderNames.HOST), null, true)
            .newHandshaker(request);
    ctx.pipeline().addLast(new EchoFrames());
    shaker.handshake(
        ctx.channel(),
        new DefaultFullHttpRequest(
            request.protocolVersion(),
            request.method(),
            request.uri(),
            Unpooled.EMPTY_BUFFER,
            request.headers(),
            EmptyHttpHeaders.INSTANCE));
    ctx.pipeline().remove(UpstreamHandler.class);
  }

  private Received received(Channel channel, HttpRequest request) {
    Map<String, List<String>> headers = new HashMap<>();
    request
        .headers()
        .forEach(
            entry ->
                headers
                    .computeIfAbsent(
                        entry.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(entry.getValue()));
    String host = request.headers().get(HttpHeaderNames.HOST);
    byte[] bytes = body.toByteArray();
    SslHandler tls = transport(channel).pipeline().get(SslHandler.class);
    return new Received(
        request.method().name(),
        request.uri(),
        host == null ? "" : host,
        headers,
        isHttp2(channel) ? "HTTP/2.0" : request.protocolVersion().text(),
        connection,
        tls == null ? null : spiffe(tls),
        tls != null,
        bytes.length,
        Arrays.hashCode(bytes));
  }

  private static boolean isHttp2(Channel channel) {
    return channel instanceof io.netty.handler.codec.http2.Http2StreamChannel;
  }

  private static Channel transport(Channel channel) {
    return isHttp2(channel) ? channel.parent() : channel;
  }

  private static @Nullable String spiffe(SslHandler tls) {
    try {
      Certificate[] chain = tls.engine().getSession().getPeerCertificates();
      for (List<?> name : ((X509Certificate) chain[0]).getSubjectAlternativeNames()) {
        if (Integer.valueOf(6).equals(name.get(0))) {
          return (String) name.get(1);
        }
      }
      return null;
    } catch (SSLPeerUnverifiedException none) {
      return null;
    } catch (CertificateParsingException broken) {
      throw new IllegalStateException(broken);
    }
  }

  private record NettyReply(ChannelHandlerContext ctx, HttpRequest request, boolean http2)
      implements Responder.Reply {
    @Override
    public void head(int status, Map<String, String> headers) {
      HttpResponse response =
          new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
      headers.forEach((name, value) -> response.headers().set(name, value));
      if (!http2 && !HttpUtil.isContentLengthSet(response)) {
        HttpUtil.setTransferEncodingChunked(response, true);
      }
      ctx.writeAndFlush(response);
    }

    @Override
    public void chunk(byte[] bytes) {
      ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(bytes)));
    }

    @Override
    public void finish() {
      closeUnlessKept(ctx.writeAndFlush(new DefaultLastHttpContent()));
    }

    @Override
    public void reset() {
      ctx.close();
    }

    @Override
    public void after(Duration delay, Runnable task) {
      ctx.executor().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void whole(int status, Map<String, String> headers, byte[] body) {
      boolean bodiless = request.method().equals(HttpMethod.HEAD) || status == 204 || status == 304;
      FullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(status),
              Unpooled.wrappedBuffer(bodiless ? new byte[0] : body));
      headers.forEach((name, value) -> response.headers().add(name, value));
      if (status != 204) {
        HttpUtil.setContentLength(response, body.length);
      }
      closeUnlessKept(ctx.writeAndFlush(response));
    }

    @Override
    public boolean gone() {
      return !ctx.channel().isActive();
    }

    private void closeUnlessKept(ChannelFuture written) {
      if (!http2 && !HttpUtil.isKeepAlive(request)) {
        written.addListener(ChannelFutureListener.CLOSE);
      }
    }
  }
}
