package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.AsyncDriver;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Endpoint;
import io.selvage.extension.ConnectionLanes;
import io.selvage.extension.EndpointAddress;
import io.selvage.extension.EndpointLabels;
import io.selvage.extension.Intent;
import io.selvage.extension.MeshRuntime;
import io.selvage.extension.Refusals;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.Objects;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.client5.http.async.AsyncExecChain;
import org.apache.hc.client5.http.async.AsyncExecRuntime;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one request, each by the rest of the library's own chain, with a connection of
 * its own. Any thread.
 */
final class AsyncAttempts implements AsyncTransport {
  /**
   * Whom connections with the workload's certificate belong to: the library would find out from the
   * TLS session of an answer, and not find its connection again with the next request.
   */
  private static final String WORKLOAD = "selvage-workload";

  private final MeshRuntime mesh;
  private final AsyncRequest head;
  private final AsyncExecChain.Scope scope;
  private final AsyncExecChain chain;
  private final AsyncExecCallback application;
  private final boolean multiplexed;
  private volatile @Nullable AsyncDriver driver;
  private volatile @Nullable AttemptOperation winner;
  private volatile boolean cancelled;

  AsyncAttempts(
      MeshRuntime mesh,
      AsyncRequest head,
      AsyncExecChain.Scope scope,
      AsyncExecChain chain,
      AsyncExecCallback application,
      boolean multiplexed) {
    this.mesh = mesh;
    this.head = head;
    this.scope = scope;
    this.chain = chain;
    this.application = application;
    this.multiplexed = multiplexed;
  }

  /** Before its start. */
  void drivenBy(AsyncDriver made) {
    driver = made;
  }

  private AsyncDriver driver() {
    return Objects.requireNonNull(driver);
  }

  AsyncExecCallback application() {
    return application;
  }

  /** By the application: before the answer's head, or while its body comes. */
  boolean cancel() {
    cancelled = true;
    driver().cancel();
    AttemptOperation answering = winner;
    if (answering != null) {
      answering.cancel();
      driver().end(End.ABORTED);
    }
    return true;
  }

  // ---- one attempt

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public void send(Attempt attempt, Reports to) {
    RequestBody body = head.body();
    boolean beside = attempt.exchange().facts().hedges;
    if (body != null && beside) {
      body.keepForSeveral();
    }
    AsyncExecRuntime runtime = scope.execRuntime.fork();
    AttemptOperation operation = new AttemptOperation(runtime, multiplexed);
    AttemptCallback callback = new AttemptCallback(this, attempt, to, operation);
    attempt.onAbort(operation::cancel);
    if (attempt.isAborted()) {
      callback.thrown(new IOException("the attempt was given up"));
      return;
    }
    try (Intent intent = Intent.of(attempt, true)) {
      AsyncEntityProducer producer = body == null ? null : body.producer(attempt);
      chain.proceed(head.copy(), producer, within(attempt, runtime, operation, beside), callback);
    } catch (IOException | HttpException | RuntimeException thrown) {
      callback.thrown(thrown);
    }
  }

  private AsyncExecChain.Scope within(
      Attempt attempt, AsyncExecRuntime runtime, AttemptOperation operation, boolean beside)
      throws UnknownHostException {
    HttpClientContext context = beside ? ownContext() : scope.clientContext;
    if (attempt.tls() != null && context.getUserToken() == null) {
      context.setUserToken(WORKLOAD);
    }
    return new AsyncExecChain.Scope(
        scope.exchangeId + "-" + attempt.number(),
        route(attempt),
        scope.originalRequest,
        operation,
        context,
        runtime);
  }

  /** Attempts beside each other must not write into the same one. */
  private HttpClientContext ownContext() {
    HttpClientContext context = HttpClientContext.create();
    context.setRequestConfig(scope.clientContext.getRequestConfig());
    return context;
  }

  /** The library's pools tell routes apart by text alone, so the host is a label. */
  private HttpRoute route(Attempt attempt) throws UnknownHostException {
    Endpoint endpoint = attempt.endpoint();
    if (endpoint == null) {
      return scope.route;
    }
    Object key = ConnectionLanes.keyOf(mesh, attempt, endpoint, attempt.tls());
    String host = scope.route.getTargetHost().getHostName();
    EndpointAddress address = EndpointLabels.of(key, endpoint, attempt.tls(), host);
    HttpHost target =
        new HttpHost("http", address.getAddress(), address.getHostString(), endpoint.port());
    return new HttpRoute(target, scope.route.getLocalAddress(), false);
  }

  // ---- a copy of the request

  @Override
  public void shadow(Exchange copy) {
    AsyncRequest copied = (AsyncRequest) copy.head();
    RequestBody body = head.body();
    RequestBody copiedBody = copied.body();
    if (body == null || copiedBody == null) {
      mirror(copy, copied);
      return;
    }
    body.keep();
    body.whenKnown(
        whole -> {
          if (whole == null) {
            copy.end(End.ABORTED);
          } else {
            copiedBody.whole(whole);
            mirror(copy, copied);
          }
        });
  }

  /** Driven like any other, and nobody waits for its answer. */
  private void mirror(Exchange copy, AsyncRequest copied) {
    AsyncExecChain.Scope own =
        new AsyncExecChain.Scope(
            scope.exchangeId + "-shadow",
            scope.route,
            scope.originalRequest,
            new AttemptOperation(scope.execRuntime, true),
            ownContext(),
            scope.execRuntime);
    AsyncAttempts mirrored =
        new AsyncAttempts(mesh, copied, own, chain, new NobodyCallback(), multiplexed);
    AsyncDriver made = mesh.async(copy, mirrored, mirrored::settled);
    mirrored.drivenBy(made);
    made.start();
  }

  // ---- what the application gets

  void won(AttemptOperation operation) {
    winner = operation;
    letGo();
    if (cancelled) {
      operation.cancel();
    }
  }

  void completed() {
    driver().end(End.COMPLETE);
    application.completed();
  }

  void broken(Exception cause) {
    driver().end(End.ABORTED);
    application.failed(cause);
  }

  /** There will be no further attempt. */
  private void letGo() {
    RequestBody body = head.body();
    if (body != null) {
      body.release();
    }
  }

  void settled(Outcome outcome) {
    if (outcome instanceof Responded) {
      return; // the library hands it over
    }
    letGo();
    Rejection refusal = Refusals.answer(outcome);
    if (refusal != null) {
      OwnAnswer.give(refusal, application);
    } else {
      Throwable failure = Refusals.failure((Failed) outcome);
      application.failed(failure instanceof Exception known ? known : new IOException(failure));
    }
  }
}
