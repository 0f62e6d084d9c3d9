package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Transport;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.Failures;
import io.selvage.extension.ForkThreads;
import io.selvage.extension.Intent;
import io.selvage.extension.KeptBody;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Refusals;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.concurrent.CancellableDependency;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one request, each by the rest of the library's own chain. One thread; only
 * aborting comes from others.
 */
final class ClassicAttempts implements Transport {
  /** Answers that are dropped are read up to here, so that their connection can be used again. */
  private static final int DISCARD_BYTES = 64 * 1024;

  private final MeshRuntime mesh;
  private final EndpointRoutes routes;
  private final ClassicHttpRequest request;
  private final ExecChain.Scope scope;
  private final ExecChain chain;
  private final Abort abort;
  private final List<Attempt> forked = new CopyOnWriteArrayList<>();
  private volatile boolean cancelled;

  ClassicAttempts(
      MeshRuntime mesh,
      EndpointRoutes routes,
      ClassicHttpRequest request,
      ExecChain.Scope scope,
      ExecChain chain) {
    this.mesh = mesh;
    this.routes = routes;
    this.request = request;
    this.scope = scope;
    this.chain = chain;
    this.abort = new Abort(scope.execRuntime);
  }

  /** The library tells whoever is the request's dependency at the time. */
  @Override
  public @Nullable CompletionStage<?> cancelled() {
    if (!(scope.originalRequest instanceof CancellableDependency application)) {
      return null;
    }
    CompletableFuture<Void> given = new CompletableFuture<>();
    application.setDependency(() -> given.complete(null));
    return given;
  }

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public Executor forks() {
    return ForkThreads.executor();
  }

  @Override
  public Outcome send(Attempt attempt) {
    return attempt.exchange().facts().hedges ? forked(attempt) : alone(attempt);
  }

  /** Beside others: with a runtime and a context of its own. */
  private Outcome forked(Attempt attempt) {
    ExecRuntime own = scope.execRuntime.fork(null);
    if (scope.originalRequest instanceof CancellableDependency application) {
      application.setDependency(this::giveUp);
    }
    if (cancelled) {
      return new Failed(Failed.Kind.CANCELLED, null);
    }
    forked.add(attempt);
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(scope.clientContext.getRequestConfig());
    ExecChain.Scope within =
        new ExecChain.Scope(
            scope.exchangeId + "-" + attempt.number(),
            scope.route,
            scope.originalRequest,
            own,
            context);
    Outcome outcome = new ClassicAttempts(mesh, routes, request, within, chain).alone(attempt);
    return cancelled && outcome instanceof Failed failed
        ? new Failed(Failed.Kind.CANCELLED, failed.cause())
        : outcome;
  }

  /** By the application, while its thread waits for attempts on others. */
  private boolean giveUp() {
    cancelled = true;
    forked.forEach(Attempt::abort);
    return true;
  }

  private Outcome alone(Attempt attempt) {
    abort.current = attempt;
    attempt.onAbort(abort.of(attempt));
    try (Intent intent = Intent.of(attempt, false)) {
      if (attempt.isAborted()) {
        return new Failed(Failed.Kind.CANCELLED, null);
      }
      return new Responded(new ClassicResponseHead(proceed(attempt), scope.execRuntime));
    } catch (IOException | HttpException | RuntimeException thrown) {
      boolean given = scope.execRuntime.isExecutionAborted();
      scope.execRuntime.discardEndpoint();
      return given ? new Failed(Failed.Kind.CANCELLED, thrown) : Failures.of(attempt, thrown);
    }
  }

  private ClassicHttpResponse proceed(Attempt attempt) throws IOException, HttpException {
    Endpoint endpoint = attempt.endpoint();
    if (endpoint == null) {
      return chain.proceed(copy(attempt), scope);
    }
    HttpRoute route = routes.route(mesh, attempt, endpoint, scope.route);
    ExecChain.Scope within =
        new ExecChain.Scope(
            scope.exchangeId, route, scope.originalRequest, scope.execRuntime, scope.clientContext);
    for (; ; ) {
      boolean pooled = acquire(route);
      try {
        return chain.proceed(copy(attempt), within);
      } catch (IOException thrown) {
        if (!pooled || attempt.isAborted() || !isStale(attempt, thrown)) {
          throw thrown;
        }
        scope.execRuntime.discardEndpoint();
      }
    }
  }

  /** Whether the connection is one that was used before. */
  private boolean acquire(HttpRoute route) throws IOException {
    ExecRuntime runtime = scope.execRuntime;
    if (runtime.isEndpointAcquired()) {
      runtime.releaseEndpoint();
    }
    runtime.acquireEndpoint(
        scope.exchangeId, route, scope.clientContext.getUserToken(), scope.clientContext);
    return runtime.isEndpointConnected();
  }

  /**
   * Whether a pooled connection turned out to be closed, so that the request may be sent over
   * another one at once: as the library's own retry does, for idempotent requests alone (RFC 9110
   * §9.2.2).
   */
  private boolean isStale(Attempt attempt, IOException thrown) {
    boolean closed =
        thrown instanceof NoHttpResponseException
            || thrown instanceof ConnectionClosedException
            || thrown instanceof SocketException;
    return closed
        && !scope.execRuntime.isExecutionAborted()
        && Method.isIdempotent(request.getMethod())
        && attempt.exchange().head().bodyReplay() != BodyReplay.ONE_SHOT;
  }

  private static ClassicHttpRequest copy(Attempt attempt) {
    return ((ClassicRequestHead) attempt.exchange().head()).copy(attempt);
  }

  /** By a runtime of its own, on a thread of the mesh's, once the body is here. */
  @Override
  public void shadow(Exchange copy) {
    KeptBody kept = ((ClassicRequestHead) copy.head()).kept();
    if (kept == null) {
      Mirrored.send(mesh, copy, routes, request, scope, chain);
    } else {
      kept.whenKnown(
          whole -> {
            if (whole == null) {
              copy.end(End.ABORTED);
            } else {
              ((ClassicRequestHead) copy.head()).body(whole);
              Mirrored.send(mesh, copy, routes, request, scope, chain);
            }
          });
    }
  }

  /**
   * Closes the connection under whatever the library does with it. Lives as long as the exchange,
   * so it knows nothing of the response.
   */
  private static final class Abort {
    private final ExecRuntime runtime;
    volatile @Nullable Attempt current;

    Abort(ExecRuntime runtime) {
      this.runtime = runtime;
    }

    Runnable of(Attempt attempt) {
      return () -> {
        if (current == attempt) {
          runtime.discardEndpoint();
        }
      };
    }
  }

  @Override
  public void discard(Outcome outcome) {
    if (outcome instanceof Responded responded
        && responded.head() instanceof ClassicResponseHead head) {
      ClassicHttpResponse response = head.response();
      HttpEntity entity = response.getEntity();
      try {
        if (entity == null || isRead(entity)) {
          response.close();
        } else {
          head.runtime().discardEndpoint();
        }
      } catch (IOException broken) {
        head.runtime().discardEndpoint();
      }
    }
  }

  /**
   * Reads a short answer to its end, so that its connection can be used again; a long one would
   * only delay the next attempt.
   */
  private static boolean isRead(HttpEntity entity) throws IOException {
    long length = entity.getContentLength();
    if (length < 0 ? !entity.isChunked() : length > DISCARD_BYTES) {
      return false;
    }
    InputStream content = entity.getContent();
    return content == null || content.readNBytes(DISCARD_BYTES + 1).length <= DISCARD_BYTES;
  }

  /** What the application gets. */
  ClassicHttpResponse answer(Exchange exchange, Outcome outcome) throws IOException, HttpException {
    Rejection refusal = Refusals.answer(outcome);
    if (refusal != null) {
      return Answers.of(refusal);
    }
    if (outcome instanceof Responded responded
        && responded.head() instanceof ClassicResponseHead head) {
      return Answers.of(head, exchange);
    }
    throw thrown(Refusals.failure((Failed) outcome));
  }

  private static IOException thrown(Throwable failure) throws IOException, HttpException {
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure instanceof HttpException http) {
      throw http;
    }
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    return new IOException(failure);
  }
}
