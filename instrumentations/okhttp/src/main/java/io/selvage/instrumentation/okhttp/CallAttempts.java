package io.selvage.instrumentation.okhttp;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.HeadChanges;
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
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one call, each by the rest of the library's own chain. One thread; only aborting
 * comes from others.
 */
final class CallAttempts implements Transport {
  private final MeshRuntime mesh;
  private final CallInternals internals;
  private final Interceptor.Chain chain;
  private final BesideClient beside;
  private volatile @Nullable Object exchangeOfResponse;
  private @Nullable CompletableFuture<Void> asking;

  CallAttempts(
      MeshRuntime mesh, CallInternals internals, Interceptor.Chain chain, BesideClient beside) {
    this.mesh = mesh;
    this.internals = internals;
    this.chain = chain;
    this.beside = beside;
  }

  @Override
  public void shadow(Exchange copy) {
    OkHttpClient client = beside.get();
    CallHead head = (CallHead) copy.head();
    KeptBody kept = head.kept();
    if (client == null) {
      copy.end(End.ABORTED);
    } else if (kept == null) {
      BesideCall.mirror(mesh, client, copy);
    } else {
      kept.whenKnown(
          whole -> {
            if (whole == null) {
              copy.end(End.ABORTED);
            } else {
              head.body(whole);
              BesideCall.mirror(mesh, client, copy);
            }
          });
    }
  }

  @Override
  public CompletionStage<?> cancelled() {
    waitIsOver();
    CompletableFuture<Void> given = BesideCall.cancelled(chain.call());
    asking = given;
    return given;
  }

  private void waitIsOver() {
    if (asking != null) {
      asking.cancel(false);
      asking = null;
    }
  }

  @Override
  public boolean tellsActivity() {
    return true;
  }

  @Override
  public @Nullable Executor forks() {
    return beside.get() == null ? null : ForkThreads.executor();
  }

  @Override
  public Outcome send(Attempt attempt) {
    OkHttpClient client = attempt.exchange().facts().hedges ? beside.get() : null;
    return client == null
        ? alone(attempt)
        : new BesideCall(mesh, client, chain.call()).send(attempt);
  }

  /** By the application's own call. */
  private Outcome alone(Attempt attempt) {
    waitIsOver();
    AttemptSockets sockets = new AttemptSockets();
    attempt.onAbort(() -> abort(sockets));
    try {
      if (attempt.number() > 0) {
        internals.releaseConnection(chain.call());
      }
      Response response = proceed(attempt, sockets);
      sockets.settled();
      exchangeOfResponse = internals.exchange(response);
      return new Responded(new CallResponseHead(response));
    } catch (IOException | RuntimeException thrown) {
      return failed(attempt, sockets, thrown);
    }
  }

  private Response proceed(Attempt attempt, AttemptSockets sockets) throws IOException {
    Request request = ((CallHead) attempt.exchange().head()).applied(attempt);
    Endpoint endpoint = attempt.endpoint();
    Interceptor.Chain within = bounded(attempt);
    try (Intent intent = Intent.of(attempt, endpoint != null)) {
      if (endpoint == null) {
        return within.proceed(request);
      }
      try (OneAttempt one = OneAttempt.enter(mesh, attempt, endpoint, sockets)) {
        return within.proceed(request);
      }
    }
  }

  /**
   * Where an attempt cannot be cancelled alone, the library's own time-outs are shortened to what
   * is left.
   */
  private Interceptor.Chain bounded(Attempt attempt) {
    long left = attempt.remainingNanos();
    if (left == Long.MAX_VALUE || internals.canCancelAttempts(chain.call())) {
      return chain;
    }
    int millis =
        (int) Math.max(1, Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(left)));
    return chain
        .withConnectTimeout(shorter(chain.connectTimeoutMillis(), millis), TimeUnit.MILLISECONDS)
        .withReadTimeout(shorter(chain.readTimeoutMillis(), millis), TimeUnit.MILLISECONDS)
        .withWriteTimeout(shorter(chain.writeTimeoutMillis(), millis), TimeUnit.MILLISECONDS);
  }

  private static int shorter(int application, int left) {
    return application == 0 ? left : Math.min(application, left);
  }

  private Outcome failed(Attempt attempt, AttemptSockets sockets, Exception thrown) {
    if (chain.call().isCanceled()) {
      return new Failed(Failed.Kind.CANCELLED, thrown);
    }
    String message = thrown.getMessage();
    if (message != null && message.endsWith("REFUSED_STREAM")) {
      return new Failed(Failed.Kind.REFUSED, thrown);
    }
    Failed failed = Failures.of(attempt, thrown);
    if (failed.kind() == Failed.Kind.RESET && sockets.neverConnected()) {
      return new Failed(Failed.Kind.CONNECT, thrown);
    }
    return failed;
  }

  private void abort(AttemptSockets sockets) {
    Object exchange = exchangeOfResponse;
    if (exchange == null) {
      exchange = internals.exchange(chain.call());
    }
    sockets.giveUp(exchange == null);
    if (exchange != null) {
      internals.cancel(exchange);
    }
  }

  @Override
  public void discard(Outcome outcome) {
    if (outcome instanceof Responded responded
        && responded.head() instanceof CallResponseHead head) {
      exchangeOfResponse = null;
      head.response().close();
    }
  }

  /** What the application gets. */
  Response answer(Exchange exchange, Outcome outcome) throws IOException {
    waitIsOver();
    Rejection refusal = Refusals.answer(outcome);
    if (refusal != null) {
      return refused(refusal);
    }
    if (outcome instanceof Responded responded
        && responded.head() instanceof CallResponseHead head) {
      return answered(head, exchange);
    }
    Throwable failure = Refusals.failure((Failed) outcome);
    if (failure instanceof IOException io) {
      throw io;
    }
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    throw new IOException(failure);
  }

  private Response answered(CallResponseHead head, Exchange exchange) {
    Response response = head.response();
    Response.Builder copy = response.newBuilder();
    if (response.priorResponse() == null) {
      copy.request(chain.request());
    }
    for (HeadChanges.Change change : head.changes().list()) {
      switch (change.kind()) {
        case SET -> copy.header(change.name(), change.value());
        case ADD -> copy.addHeader(change.name(), change.value());
        case REMOVE -> copy.removeHeader(change.name());
      }
    }
    ResponseBody body = response.body();
    if (body == null
        || response.code() == 101
        || body.contentLength() == 0
        || chain.request().method().equals("HEAD")) {
      exchange.end(End.COMPLETE);
    } else {
      copy.body(new EndingBody(body, exchange));
    }
    return copy.build();
  }

  @SuppressWarnings("deprecation") // the newer form is missing in 3.12
  private Response refused(Rejection refusal) {
    long now = System.currentTimeMillis();
    Response.Builder response =
        new Response.Builder()
            .request(chain.request())
            .protocol(Protocol.HTTP_1_1)
            .code(refusal.httpStatus())
            .message("")
            .sentRequestAtMillis(now)
            .receivedResponseAtMillis(now)
            .body(ResponseBody.create(MediaType.parse("text/plain"), refusal.body()))
            .header("content-type", "text/plain");
    for (Map.Entry<String, String> header : refusal.headers().entrySet()) {
      response.header(header.getKey(), header.getValue());
    }
    return response.build();
  }
}
