package io.selvage.instrumentation.netty.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.extension.ContextScope;
import io.selvage.extension.InboundCall;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the mesh for each request and tells it of each response, between the codec and the
 * application.
 *
 * <p>One request at a time: what a caller pipelines waits until the response before it is written,
 * so early answers keep their order and each request runs in its own context. On the event loop.
 */
final class RequestHandler extends ChannelDuplexHandler {
  private static final AttributeKey<Supplier<Peer>> CONNECTION =
      AttributeKey.valueOf("io.selvage.connection");
  private static final AttributeKey<Object> UPGRADED = AttributeKey.valueOf("io.selvage.upgraded");
  private static final int HELD_MESSAGES = 16;
  private static final long DRAINED_BYTES = 8 << 20;
  private static final int SWITCHING_PROTOCOLS = 101;

  private final ArrayDeque<Object> held = new ArrayDeque<>();
  private @Nullable Peer plain;
  private @Nullable Current current;
  private @Nullable Current upgrading;
  private @Nullable Future<?> timer;
  private boolean waiting;
  private boolean dropping;
  private boolean closesAfterDrop;
  private long dropped;
  private boolean readWanted;
  private boolean moving;

  /** The request whose response is not written yet. */
  private static final class Current {
    final @Nullable InboundCall call;
    final HttpRequest request;
    long requestBytes;
    long responseBytes;

    Current(@Nullable InboundCall call, HttpRequest request) {
      this.call = call;
      this.request = request;
    }

    MeshContext context() {
      return call == null ? MeshContext.NONE : call.context();
    }
  }

  // ---- requests

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (waiting || !held.isEmpty() || current != null && message instanceof HttpRequest) {
      held.add(message);
    } else {
      process(context, message);
    }
  }

  private void process(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      begin(context, request);
    } else if (dropping) {
      drop(context, message);
    } else {
      forward(context, message);
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest request) {
    InboundCall call;
    InboundCall.Next next = InboundCall.Next.RUN;
    Http1RequestHead head = null;
    try {
      head = new Http1RequestHead(request);
      call = InboundCall.open(head, connection(context));
      next = call == null ? InboundCall.Next.RUN : call.begin();
    } catch (RuntimeException | Error bug) {
      call = InboundCall.broken(connectionPort(context), bug);
      next = call == null ? InboundCall.Next.RUN : call.begin();
    }
    Current started = new Current(call, request);
    current = started;
    go(context, started, head, next);
  }

  private void go(
      ChannelHandlerContext context,
      Current started,
      @Nullable Http1RequestHead head,
      InboundCall.Next next) {
    InboundCall call = started.call;
    if (next == InboundCall.Next.WAIT && call != null) {
      waiting = true;
      await(context, started, head, call);
      return;
    }
    waiting = false;
    if (next == InboundCall.Next.ANSWER && call != null) {
      answer(context, started, call);
      return;
    }
    if (head != null) {
      head.apply();
    }
    forward(context, started.request);
  }

  private void await(
      ChannelHandlerContext context,
      Current started,
      @Nullable Http1RequestHead head,
      InboundCall call) {
    Runnable resume =
        () -> {
          if (waiting && current == started) {
            go(context, started, head, call.resume());
            if (!waiting) {
              release(context);
            }
          }
        };
    long nanos = call.waitNanos();
    if (nanos != Long.MAX_VALUE) {
      timer = context.executor().schedule(resume, nanos, TimeUnit.NANOSECONDS);
    }
    var event = call.waitsFor();
    if (event != null) {
      event.whenComplete((value, thrown) -> context.executor().execute(resume));
    }
  }

  private void forward(ChannelHandlerContext context, Object message) {
    // what is left of a request that becomes a stream still comes this way
    Current running = current != null ? current : upgrading;
    if (running == null) {
      context.fireChannelRead(message);
      return;
    }
    if (message instanceof LastHttpContent) {
      upgrading = null;
    }
    if (message instanceof HttpContent content) {
      running.requestBytes += content.content().readableBytes();
    }
    MeshContext before = ContextScope.swap(running.context());
    try {
      context.fireChannelRead(message);
    } finally {
      ContextScope.swap(before);
    }
  }

  /** Goes on with what waited, until something must wait again. */
  private void release(ChannelHandlerContext context) {
    while (!waiting && !held.isEmpty()) {
      if (current != null && held.peek() instanceof HttpRequest) {
        break;
      }
      process(context, held.remove());
    }
    // frameworks flush, and ask for more, when reading is complete
    context.fireChannelReadComplete();
    if (readWanted && held.size() < HELD_MESSAGES) {
      readWanted = false;
      context.read();
    }
  }

  @Override
  public void read(ChannelHandlerContext context) {
    if (held.size() < HELD_MESSAGES) {
      context.read();
    } else {
      readWanted = true;
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.fireChannelReadComplete();
    // also while one waits: a caller that goes away is seen by reading only
    if ((dropping || waiting && held.size() < HELD_MESSAGES)
        && !context.channel().config().isAutoRead()) {
      context.read();
    }
  }

  // ---- answers of the mesh

  private void answer(ChannelHandlerContext context, Current started, InboundCall call) {
    current = null;
    boolean complete = started.request instanceof LastHttpContent;
    boolean bodyComes = !HttpUtil.is100ContinueExpected(started.request);
    boolean closes = call.closes() || !bodyComes || !HttpUtil.isKeepAlive(started.request);
    dropping = !complete;
    dropped = 0;
    closesAfterDrop = closes;
    var written =
        context.writeAndFlush(EarlyAnswer.to(context, started.request, call.rejection(), closes));
    if (closes && (complete || !bodyComes)) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
    ReferenceCountUtil.release(started.request);
    if (!complete && !context.channel().config().isAutoRead()) {
      context.read();
    }
  }

  private void drop(ChannelHandlerContext context, Object message) {
    boolean last = message instanceof LastHttpContent;
    if (message instanceof HttpContent content) {
      dropped += content.content().readableBytes();
    }
    ReferenceCountUtil.release(message);
    if (last) {
      dropping = false;
    }
    if (last && closesAfterDrop || dropped > DRAINED_BYTES) {
      context.close();
    }
  }

  // ---- responses

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    Current running = current;
    if (running == null || running.call == null && !(message instanceof LastHttpContent)) {
      context.write(message, promise);
      return;
    }
    boolean switches = false;
    if (message instanceof HttpResponse response) {
      switches = response.status().code() == SWITCHING_PROTOCOLS;
      if (switches && becomesHttp2(running)) {
        context.channel().attr(UPGRADED).set(running.call);
        upgrading = running;
        current = null;
        context.write(message, promise);
        return;
      }
      if (!switches && response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
        context.write(message, promise);
        return;
      }
      responded(running, response);
    }
    running.responseBytes += bytes(message);
    if (message instanceof LastHttpContent && !switches) {
      last(context, running, message, promise);
    } else {
      context.write(message, promise);
    }
  }

  private static void responded(Current running, HttpResponse response) {
    if (running.call != null) {
      Http1ResponseHead head = new Http1ResponseHead(response);
      running.call.responded(head);
      head.apply();
    }
  }

  /** The request goes on as stream 1 of HTTP/2; a web socket is no request any more. */
  private static boolean becomesHttp2(Current running) {
    return "h2c".equalsIgnoreCase(running.request.headers().get("upgrade"));
  }

  private void last(
      ChannelHandlerContext context, Current running, Object message, ChannelPromise promise) {
    ChannelPromise written = promise.unvoid();
    written.addListener(done -> end(running, done.isSuccess()));
    current = null;
    context.write(message, written);
    if (!held.isEmpty()) {
      // not from within the application's write
      context.executor().execute(() -> release(context));
    }
  }

  private static long bytes(Object message) {
    if (message instanceof ByteBufHolder holder) {
      return holder.content().readableBytes();
    }
    if (message instanceof ByteBuf buffer) {
      return buffer.readableBytes();
    }
    return message instanceof FileRegion region ? region.count() : 0;
  }

  private static void end(Current over, boolean complete) {
    if (over.call != null) {
      over.call.end(complete, -1, over.requestBytes, over.responseBytes);
    }
  }

  // ---- connection

  private Peer connection(ChannelHandlerContext context) {
    Supplier<Peer> described = context.channel().attr(CONNECTION).get();
    if (described != null) {
      return described.get();
    }
    Peer known = plain;
    if (known == null) {
      InetSocketAddress remote = (InetSocketAddress) context.channel().remoteAddress();
      InetSocketAddress local = (InetSocketAddress) context.channel().localAddress();
      known =
          InboundCall.plaintext(
              remote.getAddress().getHostAddress(),
              remote.getPort(),
              local.getAddress().getHostAddress(),
              local.getPort());
      plain = known;
    }
    return known;
  }

  private static int connectionPort(ChannelHandlerContext context) {
    return context.channel().localAddress() instanceof InetSocketAddress local
        ? local.getPort()
        : 0;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    abandon();
    context.fireChannelInactive();
  }

  /** To directly behind the codec, keeping its state. */
  void move(ChannelPipeline pipeline, String codec, String name) {
    moving = true;
    pipeline.remove(this);
    pipeline.addAfter(codec, name, this);
    moving = false;
  }

  /** One instance per channel all the same; Netty lets only such be added again. */
  @Override
  public boolean isSharable() {
    return true;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (moving) {
      return;
    }
    for (Object each = held.poll(); each != null; each = held.poll()) {
      context.fireChannelRead(each);
    }
  }

  private void abandon() {
    Current running = current;
    current = null;
    waiting = false;
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
    if (running != null) {
      // a web socket's exchange is over when its connection is
      end(running, running.call != null && running.call.hasResponded());
    }
    for (Object each = held.poll(); each != null; each = held.poll()) {
      ReferenceCountUtil.release(each);
    }
  }
}
