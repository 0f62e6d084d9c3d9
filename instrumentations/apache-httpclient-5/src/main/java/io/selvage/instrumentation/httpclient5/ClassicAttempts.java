package io.selvage.instrumentation.httpclient5;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.flow.Transport;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.Failures;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Refusals;
import java.io.IOException;
import java.net.SocketException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one request, each by the rest of the library's own chain. One thread; only
 * aborting comes from others.
 */
final class ClassicAttempts implements Transport {
  private final MeshRuntime mesh;
  private final EndpointRoutes routes;
  private final ClassicHttpRequest request;
  private final ExecChain.Scope scope;
  private final ExecChain chain;
  private final Abort abort;

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

  @Override
  public Outcome send(Attempt attempt) {
    abort.current = attempt;
    attempt.onAbort(abort.of(attempt));
    try (Intent intent = Intent.of(attempt, false)) {
      if (attempt.isAborted()) {
        return new Failed(Failed.Kind.CANCELLED, null);
      }
      return new Responded(new ClassicResponseHead(proceed(attempt)));
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
        if (!pooled || attempt.isAborted() || !isStale(thrown)) {
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
  private boolean isStale(IOException thrown) {
    boolean closed =
        thrown instanceof NoHttpResponseException
            || thrown instanceof ConnectionClosedException
            || thrown instanceof SocketException;
    HttpEntity entity = request.getEntity();
    return closed
        && !scope.execRuntime.isExecutionAborted()
        && Method.isIdempotent(request.getMethod())
        && (entity == null || entity.isRepeatable());
  }

  private ClassicHttpRequest copy(Attempt attempt) {
    ClassicHttpRequest copy = ((ClassicRequestHead) attempt.exchange().head()).copy();
    HttpEntity entity = copy.getEntity();
    if (entity != null) {
      copy.setEntity(new WatchedEntity(entity, attempt));
    }
    return copy;
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
      if (entity != null && isLarge(entity)) {
        scope.execRuntime.discardEndpoint();
      } else {
        EntityUtils.consumeQuietly(entity);
        try {
          response.close();
        } catch (IOException broken) {
          scope.execRuntime.discardEndpoint();
        }
      }
    }
  }

  /**
   * Reading such an answer to its end, only to keep its connection, would delay the next attempt.
   */
  private static boolean isLarge(HttpEntity entity) {
    return entity.getContentLength() < 0 ? !entity.isChunked() : entity.getContentLength() > 65_536;
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
