package io.selvage.instrumentation.netty.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.extension.ContextScope;
import io.selvage.extension.InboundAnswer;
import io.selvage.extension.InboundCall;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the mesh for each stream's request before the application's listener hears of it.
 *
 * <p>Streams exist and flow control has been done when frames arrive here, so a refused body is
 * simply taken as read, and one that waits counts against its stream's window. On the event loop.
 */
final class StreamListener extends Http2FrameListenerDecorator {
  private static final AttributeKey<Supplier<Peer>> CONNECTION =
      AttributeKey.valueOf("io.selvage.connection");

  private final Http2Connection connection;
  private final Http2ConnectionEncoder encoder;

  StreamListener(
      Http2FrameListener application, Http2Connection connection, Http2ConnectionEncoder encoder) {
    super(application);
    this.connection = connection;
    this.encoder = encoder;
  }

  private @Nullable StreamCall call(ChannelHandlerContext context, int streamId) {
    return Streams.of(context.channel(), connection).get(streamId);
  }

  // ---- frames

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int streamId,
      Http2Headers headers,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    onHeaders(
        context,
        streamId,
        headers,
        () -> listener.onHeadersRead(context, streamId, headers, padding, endOfStream));
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int streamId,
      Http2Headers headers,
      int streamDependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean endOfStream)
      throws Http2Exception {
    onHeaders(
        context,
        streamId,
        headers,
        () ->
            listener.onHeadersRead(
                context,
                streamId,
                headers,
                streamDependency,
                weight,
                exclusive,
                padding,
                endOfStream));
  }

  private void onHeaders(
      ChannelHandlerContext context, int streamId, Http2Headers headers, StreamCall.Frame frame)
      throws Http2Exception {
    StreamCall known = call(context, streamId);
    if (known != null) {
      deliver(known, frame);
    } else if (headers.method() == null && headers.path() == null) {
      frame.deliver(); // trailers of a request that the mesh stands aside of
    } else {
      begin(context, streamId, headers, frame);
    }
  }

  private void begin(
      ChannelHandlerContext context, int streamId, Http2Headers headers, StreamCall.Frame frame)
      throws Http2Exception {
    InboundCall call;
    InboundCall.Next next;
    Http2RequestHead head = null;
    try {
      Peer peer = connection(context);
      if (peer.tls()) {
        RequestChanges.hideTls(headers);
      }
      head = new Http2RequestHead(headers);
      call = InboundCall.open(head, peer);
      next = call == null ? InboundCall.Next.RUN : call.begin();
    } catch (RuntimeException | Error bug) {
      call = InboundCall.broken(port(context), bug);
      next = call == null ? InboundCall.Next.RUN : call.begin();
    }
    if (call == null) {
      frame.deliver();
      return;
    }
    StreamCall stream = new StreamCall(call);
    stream.state = StreamCall.State.WAITING;
    stream.frames.add(frame);
    Streams.of(context.channel(), connection).put(streamId, stream);
    go(context, streamId, stream, headers, head, next);
  }

  private void go(
      ChannelHandlerContext context,
      int streamId,
      StreamCall stream,
      Http2Headers headers,
      @Nullable Http2RequestHead head,
      InboundCall.Next next)
      throws Http2Exception {
    switch (next) {
      case WAIT -> await(context, streamId, stream, headers, head);
      case ANSWER -> refuse(context, streamId, stream, head);
      case RUN -> {
        if (head != null) {
          RequestChanges.apply(head.changes(), headers);
        }
        stream.state = StreamCall.State.RUNNING;
        for (StreamCall.Frame each = stream.frames.poll();
            each != null;
            each = stream.frames.poll()) {
          deliver(stream, each);
        }
      }
    }
  }

  private void deliver(StreamCall stream, StreamCall.Frame frame) throws Http2Exception {
    switch (stream.state) {
      case WAITING -> stream.frames.add(frame);
      case REFUSED -> frame.drop();
      case RUNNING -> {
        MeshContext before = ContextScope.swap(stream.call.context());
        try {
          frame.deliver();
        } finally {
          ContextScope.swap(before);
        }
      }
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream)
      throws Http2Exception {
    StreamCall stream = call(context, streamId);
    if (stream == null) {
      return listener.onDataRead(context, streamId, data, padding, endOfStream);
    }
    int length = data.readableBytes() + padding;
    stream.requestBytes += data.readableBytes();
    switch (stream.state) {
      case REFUSED -> {
        return length;
      }
      case WAITING -> {
        stream.frames.add(new Data(context, streamId, data.retain(), padding, endOfStream));
        return 0;
      }
      default -> {
        MeshContext before = ContextScope.swap(stream.call.context());
        try {
          return listener.onDataRead(context, streamId, data, padding, endOfStream);
        } finally {
          ContextScope.swap(before);
        }
      }
    }
  }

  /** A piece of body that waits; its bytes go back to the window when the application took them. */
  private final class Data implements StreamCall.Frame {
    private final ChannelHandlerContext context;
    private final int streamId;
    private final ByteBuf data;
    private final int padding;
    private final boolean endOfStream;

    Data(
        ChannelHandlerContext context,
        int streamId,
        ByteBuf data,
        int padding,
        boolean endOfStream) {
      this.context = context;
      this.streamId = streamId;
      this.data = data;
      this.padding = padding;
      this.endOfStream = endOfStream;
    }

    @Override
    public void deliver() throws Http2Exception {
      try {
        int taken = listener.onDataRead(context, streamId, data, padding, endOfStream);
        consumed(streamId, taken);
      } finally {
        data.release();
      }
    }

    @Override
    public void drop() {
      try {
        consumed(streamId, data.readableBytes() + padding);
      } catch (Http2Exception gone) {
        return; // the stream and its window are gone
      } finally {
        data.release();
      }
    }
  }

  private void consumed(int streamId, int bytes) throws Http2Exception {
    Http2Stream stream = connection.stream(streamId);
    if (stream != null && bytes > 0) {
      connection.local().flowController().consumeBytes(stream, bytes);
    }
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode)
      throws Http2Exception {
    StreamCall stream = call(context, streamId);
    if (stream == null || stream.state == StreamCall.State.RUNNING) {
      listener.onRstStreamRead(context, streamId, errorCode);
    }
  }

  // ---- decisions

  private void await(
      ChannelHandlerContext context,
      int streamId,
      StreamCall stream,
      Http2Headers headers,
      @Nullable Http2RequestHead head) {
    Runnable resume =
        () -> {
          if (call(context, streamId) == stream && stream.state == StreamCall.State.WAITING) {
            resume(context, streamId, stream, headers, head);
          }
        };
    long nanos = stream.call.waitNanos();
    if (nanos != Long.MAX_VALUE) {
      stream.timer = context.executor().schedule(resume, nanos, TimeUnit.NANOSECONDS);
    }
    var event = stream.call.waitsFor();
    if (event != null) {
      event.whenComplete((value, thrown) -> context.executor().execute(resume));
    }
  }

  private void resume(
      ChannelHandlerContext context,
      int streamId,
      StreamCall stream,
      Http2Headers headers,
      @Nullable Http2RequestHead head) {
    try {
      go(context, streamId, stream, headers, head, stream.call.resume());
      readComplete(context);
    } catch (Exception broken) {
      context.fireExceptionCaught(broken);
    }
  }

  private void refuse(
      ChannelHandlerContext context,
      int streamId,
      StreamCall stream,
      @Nullable Http2RequestHead head) {
    stream.state = StreamCall.State.REFUSED;
    stream.frames.forEach(StreamCall.Frame::drop);
    stream.frames.clear();
    InboundAnswer answer =
        InboundAnswer.of(stream.call.rejection(), head == null ? Protocol.HTTP2 : head.protocol());
    Http2Headers headers = new DefaultHttp2Headers(false);
    headers.status(Integer.toString(answer.status()));
    answer.headers().forEach(headers::set);
    boolean empty = answer.body().length == 0;
    encoder.writeHeaders(context, streamId, headers, 0, empty, context.newPromise());
    if (!empty) {
      encoder.writeData(
          context, streamId, Unpooled.wrappedBuffer(answer.body()), 0, true, context.newPromise());
    }
    flush(context);
    if (stream.call.closes() && context.handler() instanceof Http2ConnectionHandler handler) {
      goAway(context, handler);
    }
  }

  /** No more streams; the connection closes when those that are open have ended. */
  private static void goAway(ChannelHandlerContext context, Http2ConnectionHandler handler) {
    try {
      handler.close(context, context.newPromise());
    } catch (Exception closing) {
      context.close();
    }
  }

  /** What was held is read now: streams' channels go on reading, and windows are updated. */
  private static void readComplete(ChannelHandlerContext context) throws Exception {
    if (context.handler() instanceof Http2ConnectionHandler handler) {
      handler.channelReadComplete(context);
    } else {
      context.flush();
    }
  }

  private static void flush(ChannelHandlerContext context) {
    if (context.handler() instanceof Http2ConnectionHandler handler) {
      handler.flush(context);
    } else {
      context.flush();
    }
  }

  // ---- connection

  private static Peer connection(ChannelHandlerContext context) {
    Supplier<Peer> described = context.channel().attr(CONNECTION).get();
    if (described != null) {
      return described.get();
    }
    InetSocketAddress remote = (InetSocketAddress) context.channel().remoteAddress();
    InetSocketAddress local = (InetSocketAddress) context.channel().localAddress();
    return InboundCall.plaintext(
        remote.getAddress().getHostAddress(),
        remote.getPort(),
        local.getAddress().getHostAddress(),
        local.getPort());
  }

  private static int port(ChannelHandlerContext context) {
    return context.channel().localAddress() instanceof InetSocketAddress local
        ? local.getPort()
        : 0;
  }
}
