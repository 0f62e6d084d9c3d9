package io.selvage.instrumentation.tomcat;

import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.extension.InboundAnswer;
import io.selvage.extension.InboundCall;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Processor;
import org.apache.coyote.Request;
import org.apache.coyote.Response;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * One request in Tomcat, from the adapter's door to its end.
 *
 * <p>Kept as a note of the coyote request; Tomcat leaves the notes 17 to 31 to others.
 */
final class TomcatExchange {
  static final int CONNECTION_NOTE = 23;
  private static final int EXCHANGE_NOTE = 24;
  private static final long DRAINED_BYTES = 1 << 20;

  private final InboundCall call;
  private final @Nullable TomcatRequestHead head;
  private final Request request;
  private final Response response;
  private boolean answered;

  private TomcatExchange(
      InboundCall call, @Nullable TomcatRequestHead head, Request request, Response response) {
    this.call = call;
    this.head = head;
    this.request = request;
    this.response = response;
  }

  static @Nullable TomcatExchange of(Request request) {
    return request.getNote(EXCHANGE_NOTE) instanceof TomcatExchange exchange ? exchange : null;
  }

  /** Decides, waiting if need be on this worker thread; null when the mesh stands aside. */
  static @Nullable TomcatExchange open(Request request, Response response) {
    TomcatExchange before = of(request);
    if (before != null) {
      before.dropped();
    }
    SocketWrapperBase<?> wrapper = (SocketWrapperBase<?>) request.getNote(CONNECTION_NOTE);
    InboundCall call;
    InboundCall.Next next;
    TomcatRequestHead head = null;
    try {
      Peer connection = connection(wrapper);
      hideTls(request, connection);
      head = new TomcatRequestHead(request);
      call = InboundCall.open(head, connection);
      next = call == null ? InboundCall.Next.RUN : call.beginBlocking();
      if (next == InboundCall.Next.RUN) {
        head.apply();
      }
    } catch (RuntimeException | Error bug) {
      call = InboundCall.broken(wrapper == null ? 0 : wrapper.getLocalPort(), bug);
      next = InboundCall.Next.ANSWER;
    }
    if (call == null) {
      return null;
    }
    TomcatExchange exchange = new TomcatExchange(call, head, request, response);
    if (next == InboundCall.Next.ANSWER) {
      exchange.answer(wrapper);
    } else {
      request.setNote(EXCHANGE_NOTE, exchange);
    }
    return exchange;
  }

  private static Peer connection(@Nullable SocketWrapperBase<?> wrapper) {
    if (wrapper == null) {
      throw new IllegalStateException("a request without a connection");
    }
    if (wrapper.getSocket() instanceof DualNioChannel channel) {
      return channel.connection();
    }
    return InboundCall.plaintext(
        wrapper.getRemoteAddr(),
        wrapper.getRemotePort(),
        wrapper.getLocalAddr(),
        wrapper.getLocalPort());
  }

  /**
   * Over HTTP/2 the caller names the scheme; the application is to see what it would without us.
   */
  private static void hideTls(Request request, Peer connection) {
    if (connection.tls() && request.scheme().equals("https")) {
      request.scheme().setString("http");
    }
  }

  private void answer(@Nullable SocketWrapperBase<?> wrapper) {
    answered = true;
    var protocol = head == null ? io.selvage.engine.flow.Protocol.HTTP1 : head.protocol();
    InboundAnswer answer = InboundAnswer.of(call.rejection(), protocol);
    response.setStatus(answer.status());
    answer.headers().forEach(response::setHeader);
    response.setContentLength(answer.body().length);
    if (call.closes()) {
      close(wrapper);
    }
    try {
      if (answer.body().length > 0 && !"HEAD".equals(String.valueOf(request.getMethod()))) {
        response.doWrite(ByteBuffer.wrap(answer.body()));
      }
    } catch (IOException gone) {
      response.action(ActionCode.CLOSE_NOW, gone);
      return;
    }
    response.action(ActionCode.CLOSE, null);
    if (call.closes() && !isHttp2()) {
      drain();
      // Tomcat's name for: this connection is not used again
      response.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
    }
  }

  private boolean isHttp2() {
    return "HTTP/2.0".equals(String.valueOf(request.protocol()));
  }

  /** HTTP/1.1 closes after this answer; HTTP/2 says GOAWAY. */
  private void close(@Nullable SocketWrapperBase<?> wrapper) {
    if (!isHttp2()) {
      response.setHeader("Connection", "close");
    } else if (wrapper != null && wrapper.getCurrentProcessor() instanceof Processor connection) {
      connection.pause();
    }
  }

  /** Closing over unread bytes would reset the connection and take the answer along. */
  private void drain() {
    try {
      Body body = new Body();
      for (long count = 0; count < DRAINED_BYTES && !request.hasExpectation(); ) {
        int read = request.doRead(body);
        if (read < 0) {
          return;
        }
        count += read;
      }
    } catch (IOException gone) {
      return;
    }
  }

  /** Where Tomcat shows a piece of a body that nobody wants. */
  private static final class Body implements ApplicationBufferHandler {
    private ByteBuffer piece = ByteBuffer.allocate(0);

    @Override
    public void setByteBuffer(ByteBuffer buffer) {
      piece = buffer;
    }

    @Override
    public ByteBuffer getByteBuffer() {
      return piece;
    }

    @Override
    public void expand(int size) {}
  }

  /**
   * The container has mapped the request.
   *
   * @return whether the application may have it; else it is answered
   */
  static boolean mayRun(Request request) {
    TomcatExchange exchange = of(request);
    if (exchange == null) {
      return true;
    }
    InboundCall.Next next;
    try {
      String path = request.decodedURI().toString();
      next = exchange.call.dispatched(path == null ? "" : path);
    } catch (RuntimeException | Error bug) {
      next = exchange.call.failedBeforeRunning(bug);
    }
    if (next == InboundCall.Next.ANSWER) {
      exchange.answer((SocketWrapperBase<?>) request.getNote(CONNECTION_NOTE));
      return false;
    }
    return true;
  }

  boolean isAnswered() {
    return answered;
  }

  MeshContext context() {
    return call.context();
  }

  /** The response is about to be committed. */
  void responded() {
    TomcatResponseHead head = new TomcatResponseHead(response);
    call.responded(head);
    head.apply();
  }

  /** The container has let go of the request for now, or for good. */
  void left(boolean success) {
    AtomicBoolean async = new AtomicBoolean();
    request.action(ActionCode.ASYNC_IS_ASYNC, async);
    if (!success || !async.get()) {
      AtomicBoolean usable = new AtomicBoolean();
      response.action(ActionCode.IS_IO_ALLOWED, usable);
      end(success && usable.get());
    }
  }

  /** The connection went away under it. */
  void dropped() {
    end(false);
  }

  private void end(boolean complete) {
    request.setNote(EXCHANGE_NOTE, null);
    call.end(complete, -1, request.getBytesRead(), response.getContentWritten());
  }
}
