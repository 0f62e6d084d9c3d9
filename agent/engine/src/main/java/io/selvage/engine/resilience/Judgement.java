package io.selvage.engine.resilience;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.model.Resilience;
import io.selvage.engine.snapshot.StatusCodes;

/** What an outcome means to a breaker. */
enum Judgement {
  SUCCESS,
  FAILURE,
  /** Says nothing of the destination: refused here, or given up by the caller. */
  NOTHING,
  /** A gRPC status that comes with the trailers. */
  LATER;

  static Judgement of(Exchange x, Outcome outcome, Resilience.Counts counts) {
    if (outcome instanceof Responded responded) {
      int status = responded.head().status();
      if (x.head().protocol() == Protocol.GRPC && status == 200) {
        int grpc = responded.head().grpcStatus();
        return grpc < 0 ? LATER : ofGrpc(grpc, counts);
      }
      return counts.isFailure(status) ? FAILURE : SUCCESS;
    }
    if (outcome instanceof Failed failed) {
      return switch (failed.kind()) {
        case CONNECT, RESET, REFUSED, PEER_IDENTITY, TIMEOUT, PER_TRY_TIMEOUT ->
            counts.transport() ? FAILURE : NOTHING;
        case CANCELLED, LOCAL -> NOTHING;
      };
    }
    return NOTHING;
  }

  static Judgement of(End end, Resilience.Counts counts) {
    return end.grpcStatus() < 0 ? NOTHING : ofGrpc(end.grpcStatus(), counts);
  }

  private static Judgement ofGrpc(int status, Resilience.Counts counts) {
    boolean failure =
        counts.grpc().isEmpty()
            ? counts.isFailure(StatusCodes.httpOf(status))
            : counts.grpc().contains(status);
    return failure ? FAILURE : SUCCESS;
  }
}
