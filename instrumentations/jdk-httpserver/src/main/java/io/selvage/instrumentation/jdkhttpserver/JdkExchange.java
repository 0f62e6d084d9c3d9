package io.selvage.instrumentation.jdkhttpserver;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.selvage.engine.flow.HeadChanges;
import io.selvage.engine.flow.HeadChanges.Change;
import io.selvage.engine.flow.MeshContext;
import io.selvage.engine.flow.Peer;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.ResponseHead;
import io.selvage.extension.InboundAnswer;
import io.selvage.extension.InboundCall;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** One request of the JDK's server, from the first filter to the end of its response. */
final class JdkExchange {
  private static final long DRAINED_BYTES = 8 << 20;

  private final @Nullable InboundCall call;
  private final @Nullable MeshChannel channel;
  private final CountedStreams streams;
  private @Nullable Headers requestHeaders;
  private boolean answered;

  private JdkExchange(
      @Nullable InboundCall call, @Nullable MeshChannel channel, HttpExchange exchange) {
    this.call = call;
    this.channel = channel;
    this.streams = new CountedStreams(exchange, this);
  }

  /** Decides, waiting if need be on this thread; null when the mesh stands aside. */
  static @Nullable JdkExchange open(HttpExchange exchange) {
    InetSocketAddress local = exchange.getLocalAddress();
    InetSocketAddress remote = exchange.getRemoteAddress();
    MeshChannel channel = Connections.of(local, remote);
    InboundCall call;
    InboundCall.Next next = InboundCall.Next.RUN;
    Headers changed = null;
    try {
      JdkRequestHead head = new JdkRequestHead(exchange);
      call = InboundCall.open(head, connection(channel, local, remote));
      next = call == null ? next : call.beginBlocking();
      if (next == InboundCall.Next.RUN) {
        changed = changed(head.changes(), exchange.getRequestHeaders());
      }
    } catch (IOException | RuntimeException | Error bug) {
      call = InboundCall.broken(local.getPort(), bug);
      next = InboundCall.Next.ANSWER;
    }
    JdkExchange opened = new JdkExchange(call, channel, exchange);
    if (call == null) {
      return null;
    }
    if (next == InboundCall.Next.ANSWER) {
      opened.answer(exchange, call);
      return opened;
    }
    opened.requestHeaders = changed;
    opened.streams.install();
    Exchanges.began(exchange, opened);
    if (channel != null) {
      channel.running(opened);
    }
    return opened;
  }

  private static Peer connection(
      @Nullable MeshChannel channel, InetSocketAddress local, InetSocketAddress remote)
      throws IOException {
    return channel != null
        ? channel.connection()
        : InboundCall.plaintext(
            remote.getAddress().getHostAddress(),
            remote.getPort(),
            local.getAddress().getHostAddress(),
            local.getPort());
  }

  private void answer(HttpExchange exchange, InboundCall refused) {
    answered = true;
    InboundAnswer answer = InboundAnswer.of(refused.rejection(), Protocol.HTTP1);
    answer.headers().forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
    if (refused.closes()) {
      exchange.getResponseHeaders().set("Connection", "close");
    }
    boolean body = answer.body().length > 0 && !"HEAD".equals(exchange.getRequestMethod());
    try {
      InputStream in = exchange.getRequestBody();
      if (body) {
        exchange.sendResponseHeaders(answer.status(), answer.body().length);
        exchange.getResponseBody().write(answer.body());
        exchange.getResponseBody().flush();
        drain(in);
      } else {
        drain(in);
        exchange.sendResponseHeaders(answer.status(), -1);
      }
      exchange.close();
      if (refused.closes() && channel != null) {
        channel.close();
      }
    } catch (IOException gone) {
      exchange.close();
    }
  }

  /**
   * The server would close a connection over a body of more than 64 KiB, and the answer with it.
   */
  private static void drain(InputStream in) throws IOException {
    byte[] piece = new byte[8192];
    long count = 0;
    for (int read = in.read(piece); read >= 0 && count < DRAINED_BYTES; read = in.read(piece)) {
      count += read;
    }
  }

  boolean isAnswered() {
    return answered;
  }

  MeshContext context() {
    return call == null ? MeshContext.NONE : call.context();
  }

  void responded(HttpExchange exchange, int status) {
    if (call == null || status < 200 && status != 101) {
      return;
    }
    Head head = new Head(exchange, status);
    call.responded(head);
    apply(head.changes(), exchange.getResponseHeaders());
  }

  private static final class Head extends ResponseHead {
    private final HttpExchange exchange;

    Head(HttpExchange exchange, int status) {
      super(status);
      this.exchange = exchange;
    }

    @Override
    protected @Nullable String original(String name) {
      return JdkRequestHead.joined(exchange.getResponseHeaders(), name);
    }
  }

  /** A copy, as the server's are read-only; null when nothing changes. */
  private static @Nullable Headers changed(HeadChanges changes, Headers headers) {
    if (changes.list().isEmpty()) {
      return null;
    }
    Headers copy = new Headers();
    headers.forEach((name, values) -> copy.put(name, new ArrayList<>(values)));
    apply(changes, copy);
    return copy;
  }

  @Nullable Headers requestHeaders() {
    return requestHeaders;
  }

  private static void apply(HeadChanges changes, Headers headers) {
    for (Change change : changes.list()) {
      switch (change.kind()) {
        case SET -> headers.set(change.name(), change.value());
        case ADD -> headers.add(change.name(), change.value());
        case REMOVE -> headers.remove(change.name());
      }
    }
  }

  /**
   * From here on the connection may close, or carry the next request, before this one has ended.
   */
  void ending() {
    if (channel != null) {
      channel.running(null);
    }
  }

  /** Last byte written, or the connection is gone; twice is harmless. */
  void end(boolean complete) {
    if (call != null) {
      call.end(complete, -1, streams.requestBytes(), streams.responseBytes());
    }
  }
}
