package io.selvage.engine.resilience;

/** Headers in which our own state travels between hops, over mutual TLS of the mesh only. */
public final class WorkHeaders {
  /** Request: milliseconds that are left of the caller's time; clocks are not compared. */
  public static final String TIMEOUT = "x-selvage-timeout-ms";

  /** Request: {@code 1} when it is a repetition, or done for one. */
  public static final String RETRY = "x-selvage-retry";

  /** Response: {@code 1} when what failed below must not be repeated above. */
  public static final String SPENT = "x-selvage-retried";

  private WorkHeaders() {}
}
