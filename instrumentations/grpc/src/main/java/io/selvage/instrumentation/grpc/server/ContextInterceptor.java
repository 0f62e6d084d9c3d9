package io.selvage.instrumentation.grpc.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.selvage.engine.flow.MeshContext;
import io.selvage.extension.ContextScope;

/**
 * Attaches the context in which a call came in to everything that its handler is told.
 *
 * <p>The call itself arrives in it, through the server's executor. What follows does not always:
 * the library goes back to the event loop for messages that were asked for on another thread, where
 * no frame is being read. Stateless, any thread.
 */
final class ContextInterceptor implements ServerInterceptor {
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    MeshContext context = ContextScope.current();
    ServerCall.Listener<Q> listener = next.startCall(call, headers);
    return context == MeshContext.NONE ? listener : new InContext<>(listener, context);
  }

  private static final class InContext<Q> extends ServerCall.Listener<Q> {
    private final ServerCall.Listener<Q> listener;
    private final MeshContext context;

    InContext(ServerCall.Listener<Q> listener, MeshContext context) {
      this.listener = listener;
      this.context = context;
    }

    @Override
    public void onMessage(Q message) {
      try (ContextScope scope = ContextScope.attach(context)) {
        listener.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      try (ContextScope scope = ContextScope.attach(context)) {
        listener.onHalfClose();
      }
    }

    @Override
    public void onCancel() {
      try (ContextScope scope = ContextScope.attach(context)) {
        listener.onCancel();
      }
    }

    @Override
    public void onComplete() {
      try (ContextScope scope = ContextScope.attach(context)) {
        listener.onComplete();
      }
    }

    @Override
    public void onReady() {
      try (ContextScope scope = ContextScope.attach(context)) {
        listener.onReady();
      }
    }
  }
}
