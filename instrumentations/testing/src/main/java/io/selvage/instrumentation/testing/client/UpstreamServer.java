package io.selvage.instrumentation.testing.client;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * An upstream on loopback: HTTP/1.1 and HTTP/2 over (mutual) TLS, or HTTP/1.1 in plain text;
 * records what it sees.
 *
 * <p>Runs on its own Netty; nothing of the mesh is in it. Any thread.
 */
public final class UpstreamServer implements AutoCloseable {
  private final String name;
  private final EventLoopGroup loops =
      new NioEventLoopGroup(2, new DefaultThreadFactory("upstream", true));
  private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger handshakes = new AtomicInteger();
  private final AtomicInteger failedHandshakes = new AtomicInteger();
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private final List<String> firstBytes = new CopyOnWriteArrayList<>();
  private final @Nullable SSLContext tls;
  private final boolean clientCertificate;
  private final boolean http2;
  private final int port;
  private volatile Responder responder;
  private volatile boolean refusing;
  private volatile boolean announced;
  private final List<String> headers = new CopyOnWriteArrayList<>();
  private final AtomicInteger refused = new AtomicInteger();

  private UpstreamServer(
      String name,
      @Nullable SSLContext tls,
      boolean clientCertificate,
      boolean http2,
      Responder responder) {
    this.name = name;
    this.tls = tls;
    this.clientCertificate = clientCertificate;
    this.http2 = http2;
    this.responder = responder;
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 256)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accepted(channel);
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    channels.add(server);
    this.port = ((InetSocketAddress) server.localAddress()).getPort();
  }

  /** Mutual TLS; HTTP/2 where the client offers it and {@code http2} allows. */
  public static UpstreamServer mutualTls(
      String name, Credentials credentials, boolean http2, Responder responder) {
    return new UpstreamServer(name, context(credentials), true, http2, responder);
  }

  /** TLS as an application's own server has it: no client certificate. */
  public static UpstreamServer https(
      String name, Credentials credentials, boolean http2, Responder responder) {
    return new UpstreamServer(name, context(credentials), false, http2, responder);
  }

  /** No TLS; HTTP/2 for clients that begin with it, where {@code http2} allows. */
  public static UpstreamServer plaintext(String name, boolean http2, Responder responder) {
    return new UpstreamServer(name, null, false, http2, responder);
  }

  public int port() {
    return port;
  }

  public String name() {
    return name;
  }

  /** What it answers from now on. */
  public void answers(Responder next) {
    responder = next;
  }

  /** From now on nobody is asked for the body that he offers: 503 at once. */
  public void refuseExpectations() {
    refusing = true;
  }

  /** From now on connections must begin with a header of the PROXY protocol. */
  public UpstreamServer expectProxyHeader() {
    announced = true;
    return this;
  }

  /** Headers of the PROXY protocol, in hexadecimal, in order of connections. */
  public List<String> proxyHeaders() {
    return List.copyOf(headers);
  }

  void recordProxyHeader(String hexadecimal) {
    headers.add(hexadecimal);
  }

  boolean refusesExpectations() {
    return refusing;
  }

  /** Requests whose body was not asked for. */
  public int refused() {
    return refused.get();
  }

  void refusedOne() {
    refused.incrementAndGet();
  }

  Responder responder() {
    return responder;
  }

  /** Requests whose last byte arrived, in order. */
  public List<Received> received() {
    return List.copyOf(received);
  }

  public Received last() {
    return received.get(received.size() - 1);
  }

  /** Connections accepted so far. */
  public int connections() {
    return connections.get();
  }

  /** Full or resumed TLS handshakes that were finished. */
  public int handshakes() {
    return handshakes.get();
  }

  public int failedHandshakes() {
    return failedHandshakes.get();
  }

  /** Connections that are open now. */
  public int open() {
    return channels.size() - 1;
  }

  /**
   * The first bytes of each connection, as hexadecimal; a TLS connection starts with {@code 16}.
   */
  public List<String> firstBytes() {
    return List.copyOf(firstBytes);
  }

  /** Closes the connections and goes on listening. */
  public void cutConnections() {
    channels
        .close(channel -> !(channel instanceof io.netty.channel.ServerChannel))
        .syncUninterruptibly();
  }

  /** Forgets what was recorded; open connections stay. */
  public void forget() {
    received.clear();
    connections.set(0);
    handshakes.set(0);
    failedHandshakes.set(0);
    firstBytes.clear();
  }

  @Override
  public void close() {
    channels.close().syncUninterruptibly();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  void record(Received request) {
    received.add(request);
  }

  void recordFirstBytes(String hexadecimal) {
    firstBytes.add(hexadecimal);
  }

  private void accepted(Channel channel) {
    channels.add(channel);
    int number = connections.incrementAndGet();
    ChannelPipeline pipeline = channel.pipeline();
    if (announced) {
      pipeline.addLast(new ProxyHeaderDecoder(this));
    }
    pipeline.addLast(new FirstBytes(this));
    if (tls == null) {
      plaintext(pipeline, number);
      return;
    }
    SSLEngine engine = tls.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setNeedClientAuth(clientCertificate);
    engine.setHandshakeApplicationProtocolSelector((e, offered) -> select(offered));
    SslHandler handler = new SslHandler(engine);
    pipeline.addLast(handler);
    handler
        .handshakeFuture()
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                failedHandshakes.incrementAndGet();
                return;
              }
              handshakes.incrementAndGet();
              if (engine.getApplicationProtocol().endsWith("h2")) {
                http2(pipeline, number);
              } else {
                http1(pipeline, number);
              }
            });
    pipeline.addLast(new Quiet());
  }

  private void plaintext(ChannelPipeline pipeline, int number) {
    if (http2) {
      pipeline.addLast(new FirstLine(() -> http2(pipeline, number), () -> http1(pipeline, number)));
    } else {
      http1(pipeline, number);
    }
  }

  /** Agrees on a plain name, as Istio's servers do; none when only mesh names are offered. */
  private String select(List<String> offered) {
    if (http2 && offered.contains("h2")) {
      return "h2";
    }
    return offered.contains("http/1.1") ? "http/1.1" : "";
  }

  private void http1(ChannelPipeline pipeline, int number) {
    pipeline.addLast(new HttpServerCodec(), new UpstreamHandler(this, number));
  }

  private void http2(ChannelPipeline pipeline, int number) {
    pipeline.addLast(
        Http2FrameCodecBuilder.forServer()
            .initialSettings(Http2Settings.defaultSettings().initialWindowSize(1 << 20))
            .build(),
        new Http2MultiplexHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel stream) {
                stream
                    .pipeline()
                    .addLast(
                        new Http2StreamFrameToHttpObjectCodec(true),
                        new UpstreamHandler(UpstreamServer.this, number));
              }
            }));
  }

  private static SSLContext context(Credentials credentials) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          credentials.keys().getKeyManagers(), credentials.trust().getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException broken) {
      throw new IllegalStateException(broken);
    }
  }

  /** Keeps a failed handshake out of the log: it is counted instead. */
  private static final class Quiet extends io.netty.channel.ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(io.netty.channel.ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }

    @Override
    public void userEventTriggered(io.netty.channel.ChannelHandlerContext ctx, Object event)
        throws Exception {
      if (event instanceof SslHandshakeCompletionEvent done && done.isSuccess()) {
        ctx.pipeline().remove(this);
      }
      super.userEventTriggered(ctx, event);
    }
  }
}
