package io.selvage.engine.snapshot;

import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.RequestHead;
import io.selvage.engine.match.HeaderTest;
import io.selvage.engine.model.Fault;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A {@link Fault} with its answer ready. */
public final class CompiledFault {
  private final Fault fault;
  private final HeaderTest[] headers;
  private final @Nullable Rejection rejection;

  /** Compiles; throws {@link IllegalArgumentException} with the reason. */
  public CompiledFault(Fault fault) {
    this.fault = fault;
    headers = HeaderTest.of(fault.headers());
    rejection = rejection(fault);
  }

  private static @Nullable Rejection rejection(Fault fault) {
    if (fault.abortFraction() <= 0) {
      return null;
    }
    if (fault.abortGrpcStatus() >= 0) {
      int http = fault.abortHttpStatus() > 0 ? fault.abortHttpStatus() : 200;
      return Rejection.of(
          http, fault.abortGrpcStatus(), "FI", "SELV-6004", "fault filter abort", "fault");
    }
    if (fault.abortHttpStatus() <= 0) {
      return null;
    }
    return Rejection.of(
        fault.abortHttpStatus(),
        StatusCodes.grpcOf(fault.abortHttpStatus()),
        "FI",
        "SELV-6004",
        "fault filter abort",
        "fault");
  }

  /** Whether the fault concerns a request at all. */
  public boolean concerns(RequestHead head) {
    return HeaderTest.all(headers, head);
  }

  /** Null = no delay. */
  public @Nullable Duration delay() {
    return fault.delay();
  }

  public double delayFraction() {
    return fault.delayFraction();
  }

  public double abortFraction() {
    return fault.abortFraction();
  }

  /** Null = no abort. */
  public @Nullable Rejection rejection() {
    return rejection;
  }
}
