package io.selvage.instrumentation.grpc.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import io.selvage.extension.Failures;
import io.selvage.extension.MeshRuntime;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One call of the application over as many calls of the library as the engine sends. As the
 * library's own calls: one thread writes, any thread cancels or requests.
 *
 * <p>Committed once response headers (or trailers without them) are the application's; from then on
 * everything goes straight to that attempt's call.
 */
final class MeshClientCall<Q, R> extends ClientCall<Q, R> implements AsyncTransport {
  private final MeshRuntime mesh;
  private final Target target;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Channel next;
  private final Object lock = new Object();
  private final ReplayBuffer<Q> buffer;
  private final Context context = Context.current();
  private final Copies<Q> copies;
  private @Nullable ClientCall<Q, R> aside;
  private @Nullable AsyncDriver driver;
  private @Nullable Listener<R> application;
  private volatile @Nullable AttemptCall<Q, R> current;
  private final List<AttemptCall<Q, R>> live = new CopyOnWriteArrayList<>();
  private volatile boolean committed;
  private volatile boolean closed;
  private long requested;
  private boolean halfClosed;
  private @Nullable Boolean compressed;
  private @Nullable StatusRuntimeException cancelled;

  MeshClientCall(
      MeshRuntime mesh,
      Target target,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      Channel next) {
    this.mesh = mesh;
    this.target = target;
    this.method = method;
    this.options = options;
    this.next = next;
    this.buffer = new ReplayBuffer<>(method);
    this.copies =
        new Copies<>(
            (copy, messages) ->
                new MeshClientCall<>(
                        mesh, target, method, options.withExecutor(Runnable::run), next)
                    .mirror(copy, messages));
  }

  @Override
  public void start(Listener<R> listener, Metadata headers) {
    application = listener;
    String authority = options.getAuthority() == null ? next.authority() : options.getAuthority();
    CallHead asked = new CallHead(authority, method.getFullMethodName(), headers, this::replay);
    Exchange exchange = exchange(asked);
    if (exchange == null) {
      ClientCall<Q, R> plain = next.newCall(method, options);
      aside = plain;
      plain.start(listener, headers);
      return;
    }
    start(exchange);
  }

  /** Drives an exchange whose head a codec has made. */
  private void start(Exchange exchange) {
    AsyncDriver started = mesh.async(exchange, this, this::settled);
    driver = started;
    started.start();
  }

  /** Drives a copy: nobody but its listener waits for what comes of it. */
  void mirror(Exchange copy, List<Q> messages) {
    application = new Drained<>(this);
    start(copy);
    request(1);
    messages.forEach(this::sendMessage);
    halfClose();
  }

  @Override
  public void shadow(Exchange copy) {
    List<Q> messages;
    synchronized (lock) {
      messages = halfClosed ? buffer.whole() : null;
      if (!halfClosed) {
        copies.add(copy);
        return;
      }
    }
    copies.send(copy, messages);
  }

  /** Null when the mesh stands aside or cannot answer. */
  private @Nullable Exchange exchange(CallHead asked) {
    try {
      return mesh.outbound(asked, target.host(), target.port());
    } catch (RuntimeException broken) {
      mesh.report("SELV-6090", "grpc: the call goes on without the mesh: " + broken);
      return null;
    }
  }

  private BodyReplay replay() {
    synchronized (lock) {
      return buffer.replay();
    }
  }

  // ---- what the engine wants

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public void send(Attempt attempt, Reports to) {
    AttemptCall<Q, R> sent = new AttemptCall<>(this, attempt, to);
    try {
      synchronized (lock) {
        ClientCall<Q, R> call =
            next.newCall(
                AttemptOptions.method(method, attempt),
                AttemptOptions.of(options, mesh, attempt, target.host()));
        sent.call(call);
        current = sent;
        live.add(sent);
        attempt.onAbort(sent::abort);
        if (!attempt.isAborted()) {
          call.start(sent, AttemptOptions.head(attempt).copy());
          replayTo(sent, call);
        }
      }
    } catch (RuntimeException | UnknownHostException thrown) {
      to.report(attempt, Failures.of(attempt, thrown));
    }
  }

  private void replayTo(AttemptCall<Q, R> sent, ClientCall<Q, R> call) {
    if (compressed != null) {
      call.setMessageCompression(compressed);
    }
    if (requested > 0) {
      call.request((int) Math.min(Integer.MAX_VALUE, requested));
    }
    buffer.replayTo(call::sendMessage);
    if (halfClosed) {
      call.halfClose();
    }
  }

  /** The application's outcome; an answer of a server is delivered by its attempt. */
  private void settled(Outcome outcome) {
    if (!(outcome instanceof Responded)) {
      boolean wanted = outcome instanceof Failed failed && failed.kind() == Failed.Kind.CANCELLED;
      StatusRuntimeException told = wanted && cancelled != null ? cancelled : Statuses.of(outcome);
      Metadata trailers = told.getTrailers();
      close(told.getStatus(), trailers == null ? new Metadata() : trailers);
    }
  }

  /** Closes the application's listener where it expects to be called. */
  private void close(Status status, Metadata trailers) {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      buffer.drop();
    }
    copies.sendAll(null);
    Executor executor =
        options.getExecutor() == null ? ForkJoinPool.commonPool() : options.getExecutor();
    executor.execute(context.wrap(() -> listener().onClose(status, trailers)));
  }

  private Listener<R> listener() {
    if (application == null) {
      throw new IllegalStateException("Not started");
    }
    return application;
  }

  // ---- what attempts say

  boolean isCurrent(AttemptCall<Q, R> sent) {
    return current == sent && !closed;
  }

  /** The application may write. */
  void notifyReady() {
    listener().onReady();
  }

  /** The attempt's call is on a connection. */
  void connected() {
    synchronized (lock) {
      buffer.bound();
    }
  }

  /** The attempt's answer is the application's. */
  Listener<R> commit(AttemptCall<Q, R> winner) {
    synchronized (lock) {
      current = winner;
      committed = true;
      closed = true;
      buffer.drop();
    }
    return listener();
  }

  boolean hasSentMessages() {
    synchronized (lock) {
      return halfClosed || !buffer.isEmpty() || buffer.replay() == BodyReplay.ONE_SHOT;
    }
  }

  void end(End how) {
    copies.sendAll(null);
    AsyncDriver known = driver;
    if (known != null) {
      known.end(how);
    }
  }

  // ---- what the application does

  @Override
  public void request(int count) {
    ClientCall<Q, R> plain = aside;
    if (plain != null) {
      plain.request(count);
      return;
    }
    synchronized (lock) {
      requested += count;
      withCall(call -> call.request(count));
    }
  }

  @Override
  public void sendMessage(Q message) {
    ClientCall<Q, R> plain = aside;
    if (plain != null) {
      plain.sendMessage(message);
      return;
    }
    synchronized (lock) {
      if (!committed) {
        buffer.add(message);
        AttemptCall<Q, R> sent = current;
        if (sent != null && sent.isConnected()) {
          buffer.bound();
        }
      }
      withCall(call -> call.sendMessage(message));
    }
  }

  @Override
  public void halfClose() {
    ClientCall<Q, R> plain = aside;
    if (plain != null) {
      plain.halfClose();
      return;
    }
    List<Q> messages;
    synchronized (lock) {
      halfClosed = true;
      messages = copies.isEmpty() ? null : buffer.whole();
      withCall(ClientCall::halfClose);
    }
    copies.sendAll(messages);
  }

  @Override
  public void setMessageCompression(boolean enabled) {
    ClientCall<Q, R> plain = aside;
    if (plain != null) {
      plain.setMessageCompression(enabled);
      return;
    }
    synchronized (lock) {
      compressed = enabled;
      withCall(call -> call.setMessageCompression(enabled));
    }
  }

  /** The attempt's call is over. */
  void gone(AttemptCall<Q, R> sent) {
    live.remove(sent);
  }

  private void withCall(Consumer<ClientCall<Q, R>> action) {
    AttemptCall<Q, R> only = committed ? current : null;
    if (only != null) {
      withCall(only, action);
    } else {
      live.forEach(sent -> withCall(sent, action));
    }
  }

  /**
   * An attempt that was given up takes nothing more; what it did not take is in the buffer for the
   * next one. Hedged attempts all take it.
   */
  private void withCall(AttemptCall<Q, R> sent, Consumer<ClientCall<Q, R>> action) {
    try {
      action.accept(sent.call());
    } catch (IllegalStateException refused) {
      if (!sent.isAborted()) {
        throw refused;
      }
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    ClientCall<Q, R> plain = aside;
    AttemptCall<Q, R> sent = current;
    AsyncDriver known = driver;
    if (plain != null) {
      plain.cancel(message, cause);
    } else if (committed && sent != null) {
      sent.call().cancel(message, cause);
    } else if (known != null) {
      Status status =
          Status.CANCELLED.withDescription(
              message == null ? "Call cancelled without message" : message);
      cancelled = status.withCause(cause).asRuntimeException(new Metadata());
      known.cancel();
    }
  }

  @Override
  public boolean isReady() {
    ClientCall<Q, R> plain = aside;
    AttemptCall<Q, R> sent = current;
    return plain != null ? plain.isReady() : sent != null && sent.call().isReady();
  }

  @Override
  public Attributes getAttributes() {
    ClientCall<Q, R> plain = aside;
    AttemptCall<Q, R> sent = current;
    return plain != null
        ? plain.getAttributes()
        : sent != null ? sent.call().getAttributes() : Attributes.EMPTY;
  }
}
