package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Responded;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.nio.AsyncDataConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the library tells of one attempt. Its answer is the application's, or it is dropped before
 * the application sees anything of it.
 */
final class AttemptCallback implements AsyncExecCallback {
  private enum State {
    PENDING,
    DECIDING,
    WON,
    LOST,
    OVER
  }

  private final AsyncAttempts request;
  private final Attempt attempt;
  private final AsyncTransport.Reports reports;
  private final AttemptOperation operation;
  private final AtomicReference<State> state = new AtomicReference<>(State.PENDING);

  AttemptCallback(
      AsyncAttempts request,
      Attempt attempt,
      AsyncTransport.Reports reports,
      AttemptOperation operation) {
    this.request = request;
    this.attempt = attempt;
    this.reports = reports;
    this.operation = operation;
  }

  @Override
  public @Nullable AsyncDataConsumer handleResponse(
      HttpResponse response, @Nullable EntityDetails body) throws HttpException, IOException {
    attempt.requestSent();
    if (!state.compareAndSet(State.PENDING, State.DECIDING)) {
      return body == null ? null : new DroppedConsumer(operation);
    }
    AsyncResponse head = new AsyncResponse(response);
    if (!reports.report(attempt, new Responded(head))) {
      state.set(State.LOST);
      return body == null ? null : new DroppedConsumer(operation);
    }
    state.set(State.WON);
    request.won(operation);
    AsyncRequest.apply(head.changes(), response);
    AsyncDataConsumer application = request.application().handleResponse(response, body);
    return application == null ? null : new WatchedConsumer(application, attempt.exchange());
  }

  /** The application may learn of it while nothing else of another attempt has reached it. */
  @Override
  public void handleInformationResponse(HttpResponse response) throws HttpException, IOException {
    request.application().handleInformationResponse(response);
  }

  @Override
  public void completed() {
    operation.release();
    if (state.getAndSet(State.OVER) == State.WON) {
      request.completed();
    }
  }

  @Override
  public void failed(Exception cause) {
    operation.discard();
    State before = state.getAndSet(State.OVER);
    if (before == State.WON) {
      request.broken(cause);
    } else if (before == State.PENDING) {
      reports.report(attempt, Reasons.of(attempt, cause));
    }
  }

  /** The chain threw before it began. */
  void thrown(Exception cause) {
    if (state.getAndSet(State.OVER) == State.PENDING) {
      operation.discard();
      Failed failed = Reasons.of(attempt, cause);
      reports.report(attempt, failed);
    }
  }
}
