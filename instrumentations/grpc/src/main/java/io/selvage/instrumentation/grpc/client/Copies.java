package io.selvage.instrumentation.grpc.client;

import io.grpc.Context;
import io.selvage.engine.flow.End;
import io.selvage.engine.flow.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Mirrored copies of one call, which wait for its last message: they are sent whole or not at all.
 * Any thread.
 *
 * @param <Q> messages of the request
 */
final class Copies<Q> {
  private final BiConsumer<Exchange, List<Q>> sender;
  private final List<Exchange> waiting = new ArrayList<>(0);

  Copies(BiConsumer<Exchange, List<Q>> sender) {
    this.sender = sender;
  }

  synchronized void add(Exchange copy) {
    waiting.add(copy);
  }

  synchronized boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * @param messages all of the call's; null = they are not all known, so that the copies are left
   *     out
   */
  void sendAll(@Nullable List<Q> messages) {
    List<Exchange> due;
    synchronized (this) {
      if (waiting.isEmpty()) {
        return;
      }
      due = List.copyOf(waiting);
      waiting.clear();
    }
    due.forEach(copy -> send(copy, messages));
  }

  /** Not under the application's context, whose end would cancel the copy too. */
  void send(Exchange copy, @Nullable List<Q> messages) {
    if (messages == null) {
      copy.end(End.ABORTED);
      return;
    }
    try {
      Context.ROOT.run(() -> sender.accept(copy, messages));
    } catch (RuntimeException broken) {
      copy.end(End.ABORTED);
    }
  }
}
