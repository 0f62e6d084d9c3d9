package io.selvage.instrumentation.grpc.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.extension.Failures;
import io.selvage.extension.Refusals;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Between the library's statuses and the engine's outcomes. */
final class Statuses {
  private static final Metadata.Key<String> CONTENT_TYPE =
      Metadata.Key.of("content-type", Metadata.ASCII_STRING_MARSHALLER);

  private Statuses() {}

  /**
   * What the end of an attempt without response headers means: an answer of the server's, or a
   * failure on the way there.
   */
  static Outcome of(Attempt attempt, Status status, Metadata trailers) {
    if (trailers.containsKey(CONTENT_TYPE) || status.isOk()) {
      return new Responded(new CallResponseHead(trailers, status.getCode().value()));
    }
    StatusRuntimeException thrown = status.asRuntimeException(trailers);
    Failed.Kind known = kind(attempt, status);
    return known == null ? Failures.of(attempt, thrown) : new Failed(known, thrown);
  }

  private static Failed.@Nullable Kind kind(Attempt attempt, Status status) {
    String description = status.getDescription() == null ? "" : status.getDescription();
    if (description.contains("REFUSED_STREAM") || description.contains("GOAWAY")) {
      return Failed.Kind.REFUSED;
    }
    return switch (status.getCode()) {
      case DEADLINE_EXCEEDED ->
          attempt.deadlineNanos() < attempt.exchange().deadlineNanos()
              ? Failed.Kind.PER_TRY_TIMEOUT
              : Failed.Kind.TIMEOUT;
      case CANCELLED -> Failed.Kind.CANCELLED;
      case UNAVAILABLE, INTERNAL -> status.getCause() == null ? Failed.Kind.RESET : null;
      case UNKNOWN -> status.getCause() == null ? Failed.Kind.LOCAL : null;
      default -> Failed.Kind.LOCAL;
    };
  }

  /** What the application is told when no answer of a server is its. */
  static StatusRuntimeException of(Outcome outcome) {
    Rejection refusal = Refusals.answer(outcome);
    if (outcome instanceof Failed failed
        && failed.cause() instanceof StatusRuntimeException thrown) {
      boolean late = thrown.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED;
      if (refusal == null || late) {
        return thrown;
      }
    }
    if (refusal != null) {
      Metadata trailers = new Metadata();
      for (Map.Entry<String, String> header : refusal.headers().entrySet()) {
        trailers.put(
            Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER), header.getValue());
      }
      return Status.fromCodeValue(refusal.grpcStatus())
          .withDescription(refusal.body())
          .asRuntimeException(trailers);
    }
    Failed failed = (Failed) outcome;
    Status status = failed.kind() == Failed.Kind.CANCELLED ? Status.CANCELLED : Status.UNAVAILABLE;
    return status
        .withDescription("the request has failed: " + failed.kind())
        .withCause(failed.cause())
        .asRuntimeException(new Metadata());
  }
}
