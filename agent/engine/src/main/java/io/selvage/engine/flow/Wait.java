package io.selvage.engine.flow;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Nothing to do before a moment, an event, or whichever is first; then call {@link
 * Exchange#onTime}.
 *
 * @param untilNanos on the exchange's clock; {@link Long#MAX_VALUE} = no moment, another report is
 *     awaited
 * @param on completes when there is something to do earlier; null = nothing does
 */
public record Wait(long untilNanos, @Nullable CompletionStage<?> on) implements Action {
  /** Something else is under way and will report. */
  public static final Wait FOR_REPORT = new Wait(Long.MAX_VALUE, null);

  /** Whether the event is here. */
  boolean isOver() {
    return on != null && on.toCompletableFuture().isDone();
  }
}
