package io.selvage.instrumentation.netty.client;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.ProxyProtocol;
import io.selvage.extension.ProxyHeader;

/** Sends the PROXY protocol's header below everything else in a pipeline, TLS included. */
final class HeaderAtBottom extends ChannelInboundHandlerAdapter {
  private static final String NAME = "selvage-proxy-header";
  private final ProxyProtocol version;

  private HeaderAtBottom(ProxyProtocol version) {
    this.version = version;
  }

  /** To be called when TLS is in its place. */
  static void add(ChannelHandlerContext context, Endpoint endpoint) {
    ProxyProtocol version = endpoint.proxyProtocol();
    if (version != null) {
      context.pipeline().addFirst(NAME, new HeaderAtBottom(version));
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) throws Exception {
    Channel channel = context.channel();
    context.writeAndFlush(
        Unpooled.wrappedBuffer(
            ProxyHeader.of(version, channel.localAddress(), channel.remoteAddress())));
    super.channelActive(context);
    context.pipeline().remove(this);
  }
}
