package io.selvage.instrumentation.netty.http2;

import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.concurrent.Future;
import io.selvage.extension.InboundCall;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** One stream's request: running, refused, or waiting with its frames. On the event loop. */
final class StreamCall {
  enum State {
    RUNNING,
    REFUSED,
    WAITING
  }

  /** A frame that waits. */
  interface Frame {
    void deliver() throws Http2Exception;

    default void drop() {}
  }

  final InboundCall call;
  final ArrayDeque<Frame> frames = new ArrayDeque<>();
  State state = State.RUNNING;
  @Nullable Future<?> timer;
  long requestBytes;
  private long responseBytes;
  private int grpcStatus = -1;
  private boolean complete;

  StreamCall(InboundCall call) {
    this.call = call;
  }

  /** The application writes headers or trailers; returns what goes out. */
  Http2Headers writes(Http2Headers headers, boolean endOfStream) {
    if (state == State.REFUSED) {
      return headers;
    }
    complete |= endOfStream;
    int status = Http2ResponseHead.grpcStatus(headers);
    grpcStatus = status >= 0 ? status : grpcStatus;
    String code = call.hasResponded() ? null : Http2ResponseHead.value(headers, ":status");
    if (code == null || code.startsWith("1")) {
      return headers;
    }
    Http2ResponseHead head = new Http2ResponseHead(headers);
    call.responded(head);
    return Http2ResponseHead.changed(head.changes(), headers);
  }

  void writes(int bytes, boolean endOfStream) {
    if (state != State.REFUSED) {
      responseBytes += bytes;
      complete |= endOfStream;
    }
  }

  /** The stream is closed, by both sides or by a reset. */
  void closed() {
    Future<?> pending = timer;
    if (pending != null) {
      pending.cancel(false);
    }
    frames.forEach(Frame::drop);
    frames.clear();
    call.end(complete, grpcStatus, requestBytes, responseBytes);
  }
}
