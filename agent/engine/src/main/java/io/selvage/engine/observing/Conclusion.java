package io.selvage.engine.observing;

import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Failed;
import io.selvage.engine.flow.Outcome;
import io.selvage.engine.flow.Protocol;
import io.selvage.engine.flow.Rejection;
import io.selvage.engine.flow.Responded;
import io.selvage.engine.snapshot.MeshFacts;

/**
 * How an exchange ended, for metrics, logs and spans.
 *
 * @param responseCode HTTP status; 0 = none was seen
 * @param grpcStatus -1 = not gRPC, or none was seen
 * @param flags Envoy's response flags joined by commas; {@code -} = none
 * @param detail empty = none
 */
record Conclusion(int responseCode, int grpcStatus, String flags, String detail) {
  /** Made once for an exchange that has ended; the layers that write records share it. */
  static Conclusion ended(Exchange x, MeshFacts facts, End end) {
    if (facts.conclusion instanceof Conclusion known) {
      return known;
    }
    Conclusion made = of(x, end);
    facts.conclusion = made;
    return made;
  }

  static Conclusion of(Exchange x, End end) {
    Outcome outcome = x.outcome();
    boolean grpc = x.head().protocol() == Protocol.GRPC;
    String extra = x.facts().extraFlag;
    if (outcome instanceof Responded responded) {
      int status =
          !grpc ? -1 : end.grpcStatus() >= 0 ? end.grpcStatus() : responded.head().grpcStatus();
      String flag = end.complete() ? "-" : cutOff(x);
      return new Conclusion(responded.head().status(), status, joined(extra, flag), "");
    }
    if (outcome instanceof Rejection r) {
      int code = grpc ? 200 : r.httpStatus();
      return new Conclusion(code, grpc ? r.grpcStatus() : -1, joined(extra, r.flag()), r.detail());
    }
    if (outcome instanceof Failed failed) {
      return failed(failed, extra, grpc, x.facts().peer != null);
    }
    return new Conclusion(0, -1, joined(extra, "-"), "");
  }

  /** A body that did not end: by the mesh's limits, by the library's own, or by the caller. */
  private static String cutOff(Exchange x) {
    String known = x.facts().cutOff;
    return !known.isEmpty() ? known : x.now() >= x.deadlineNanos() ? "UT" : "DC";
  }

  private static Conclusion failed(Failed failed, String extra, boolean grpc, boolean inbound) {
    String detail =
        failed.cause() == null ? failed.kind().name() : failed.kind() + ": " + failed.cause();
    int code =
        switch (failed.kind()) {
          case CONNECT, REFUSED, RESET, PEER_IDENTITY -> 503;
          case TIMEOUT, PER_TRY_TIMEOUT -> 504;
          case CANCELLED -> 0;
          case LOCAL -> inbound ? 500 : 0;
        };
    int status =
        switch (failed.kind()) {
          case TIMEOUT, PER_TRY_TIMEOUT -> 4;
          case CANCELLED -> 1;
          case LOCAL -> 2;
          default -> 14;
        };
    String flag =
        switch (failed.kind()) {
          case CONNECT, PEER_IDENTITY -> "UF";
          case REFUSED -> "UR";
          case RESET -> "UC";
          case TIMEOUT, PER_TRY_TIMEOUT -> "UT";
          case CANCELLED -> "DC";
          case LOCAL -> "-";
        };
    return new Conclusion(code, grpc ? status : -1, joined(extra, flag), detail);
  }

  private static String joined(String extra, String flag) {
    if (extra.isEmpty() || extra.equals(flag)) {
      return flag;
    }
    // as Envoy: in the order in which they were found
    return "-".equals(flag) || extra.contains(flag) ? extra : extra + "," + flag;
  }
}
