package io.selvage.instrumentation.grpc.client;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.selvage.engine.flow.AsyncTransport;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Responded;
import org.jspecify.annotations.Nullable;

/**
 * One attempt: the library's call and its listener. The library serialises what it tells; aborting
 * comes from any thread.
 */
final class AttemptCall<Q, R> extends ClientCall.Listener<R> {
  private final MeshClientCall<Q, R> owner;
  private final Attempt attempt;
  private final AsyncTransport.Reports reports;
  private volatile @Nullable ClientCall<Q, R> call;
  private volatile boolean connected;
  private volatile boolean aborted;
  private ClientCall.@Nullable Listener<R> application;

  AttemptCall(MeshClientCall<Q, R> owner, Attempt attempt, AsyncTransport.Reports reports) {
    this.owner = owner;
    this.attempt = attempt;
    this.reports = reports;
  }

  void call(ClientCall<Q, R> made) {
    call = made;
  }

  ClientCall<Q, R> call() {
    ClientCall<Q, R> made = call;
    if (made == null) {
      throw new IllegalStateException("no call yet");
    }
    return made;
  }

  /** Makes the library's call fail. */
  void abort() {
    aborted = true;
    ClientCall<Q, R> made = call;
    if (made != null) {
      made.cancel("given up by the mesh", null);
    }
  }

  boolean isAborted() {
    return aborted;
  }

  /** Whether the call is known to be on a connection; the library says so for streams only. */
  boolean isConnected() {
    return connected;
  }

  @Override
  public void onReady() {
    if (!connected) {
      connected = true;
      attempt.requestSent();
      owner.connected();
    }
    ClientCall.Listener<R> committed = application;
    if (committed != null) {
      committed.onReady();
    } else if (owner.isCurrent(this)) {
      owner.notifyReady();
    }
  }

  @Override
  public void onHeaders(Metadata headers) {
    connected = true;
    attempt.requestSent();
    CallResponseHead head = new CallResponseHead(headers, -1);
    if (reports.report(attempt, new Responded(head))) {
      CallHead.apply(head.changes(), headers);
      ClientCall.Listener<R> committed = owner.commit(this);
      application = committed;
      committed.onHeaders(headers);
    } else {
      abort();
    }
  }

  @Override
  public void onMessage(R message) {
    ClientCall.Listener<R> committed = application;
    if (committed != null) {
      attempt.exchange().active();
      committed.onMessage(message);
    }
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    owner.gone(this);
    ClientCall.Listener<R> committed = application;
    if (committed == null) {
      committed = answer(status, trailers);
    }
    if (committed != null) {
      try {
        committed.onClose(status, trailers);
      } finally {
        boolean whole = status.getCode() != Status.Code.CANCELLED;
        owner.end(new End(whole, status.getCode().value(), -1, -1));
      }
    }
  }

  /**
   * Trailers without headers, or no answer at all; null when the application is told otherwise, or
   * not yet.
   */
  private ClientCall.@Nullable Listener<R> answer(Status status, Metadata trailers) {
    Outcome outcome = Statuses.of(attempt, status, trailers);
    boolean reached = !(outcome instanceof Failed failed && failed.kind() == Failed.Kind.CONNECT);
    if (reached && owner.hasSentMessages()) {
      attempt.requestSent();
    }
    if (!reports.report(attempt, outcome) || !(outcome instanceof Responded responded)) {
      return null;
    }
    CallHead.apply(responded.head().changes(), trailers);
    return owner.commit(this);
  }
}
