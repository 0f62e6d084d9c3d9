package io.selvage.controller.store;

import io.selvage.controller.store.StoreException.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last changes and those who follow them. Publication and registration happen under the store's
 * lock; delivery on one thread, so that every listener sees changes in order and once.
 */
final class EventHistory implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventHistory.class);

  private final int capacity;
  private final Deque<StoreEvent> kept = new ArrayDeque<>();
  private final Set<Follower> followers = ConcurrentHashMap.newKeySet();
  private final ExecutorService dispatcher =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "selvage-store-events");
            thread.setDaemon(true);
            return thread;
          });
  private long forgottenUpTo;

  EventHistory(int capacity, long revisionAtStart) {
    this.capacity = capacity;
    this.forgottenUpTo = revisionAtStart;
  }

  void publish(StoreEvent event) {
    kept.addLast(event);
    while (kept.size() > capacity) {
      forgottenUpTo = kept.removeFirst().revision();
    }
    dispatcher.execute(() -> followers.forEach(f -> f.deliver(event)));
  }

  Store.Watch follow(long fromRevision, long current, Consumer<StoreEvent> listener) {
    if (fromRevision < forgottenUpTo || fromRevision > current) {
      throw new StoreException(
          Reason.GONE,
          "SELV-7006",
          "too old resource version: " + fromRevision + " (" + (forgottenUpTo + 1) + ")");
    }
    List<StoreEvent> backlog = new ArrayList<>();
    kept.stream().filter(e -> e.revision() > fromRevision).forEach(backlog::add);
    Follower follower = new Follower(listener);
    dispatcher.execute(
        () -> {
          backlog.forEach(follower::deliver);
          followers.add(follower);
        });
    return follower;
  }

  @Override
  public void close() {
    dispatcher.shutdownNow();
  }

  private final class Follower implements Store.Watch {
    private final Consumer<StoreEvent> listener;
    private volatile boolean closed;

    Follower(Consumer<StoreEvent> listener) {
      this.listener = listener;
    }

    void deliver(StoreEvent event) {
      if (closed) {
        followers.remove(this);
        return;
      }
      try {
        listener.accept(event);
      } catch (RuntimeException e) {
        LOG.error("[SELV-7007] a watcher failed at revision {} and was ended", event.revision(), e);
        close();
      }
    }

    @Override
    public void close() {
      closed = true;
      followers.remove(this);
    }
  }
}
