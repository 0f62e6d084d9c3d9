package io.selvage.extension;

import io.selvage.engine.model.Endpoint;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One try to open a connection to a database on this thread, for the connection floor below it:
 * which endpoints were tried before, and how long this one may take until the database has let the
 * session in.
 *
 * <p>Confined to its thread and closed there.
 */
public final class ConnectTry implements AutoCloseable {
  private static final ThreadLocal<@Nullable ConnectTry> CURRENT = new ThreadLocal<>();

  private final Set<String> tried;
  private final long deadlineNanos;
  private final @Nullable ConnectTry outer;
  private final AtomicBoolean over = new AtomicBoolean();
  private @Nullable ScheduledFuture<?> alarm;

  private ConnectTry(Set<String> tried, long deadlineNanos) {
    this.tried = tried;
    this.deadlineNanos = deadlineNanos;
    this.outer = CURRENT.get();
    CURRENT.set(this);
  }

  /**
   * Begins a try.
   *
   * @param tried endpoints as {@code address:port}; those of this try are added
   * @param deadlineNanos of {@link System#nanoTime}; {@link Long#MAX_VALUE} = none
   */
  public static ConnectTry begin(Set<String> tried, long deadlineNanos) {
    return new ConnectTry(tried, deadlineNanos);
  }

  /** The try of this thread; null = none. */
  public static @Nullable ConnectTry current() {
    return CURRENT.get();
  }

  /** Endpoints that the connection should not go to while there are others. */
  public static Set<String> avoided() {
    ConnectTry current = CURRENT.get();
    return current == null ? Set.of() : Set.copyOf(current.tried);
  }

  /** The floor says where the connection goes. */
  public void chose(Endpoint endpoint) {
    tried.add(endpoint.address() + ":" + endpoint.port());
  }

  /** The shorter of a time-out in milliseconds (0 = none) and what is left of the try. */
  public int bound(int timeoutMillis) {
    if (deadlineNanos == Long.MAX_VALUE) {
      return timeoutMillis;
    }
    long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    int bound = (int) Math.max(1, Math.min(Integer.MAX_VALUE, left));
    return timeoutMillis == 0 ? bound : Math.min(timeoutMillis, bound);
  }

  /**
   * The connection stands: what the database says while it lets the session in is part of the try.
   * A socket that is not done in time is closed, as drivers take time-outs of reads as they like.
   */
  public void opened(Socket socket) {
    if (deadlineNanos == Long.MAX_VALUE || alarm != null) {
      return;
    }
    alarm =
        Alarms.CLOCK.schedule(
            () -> shut(socket),
            Math.max(1, deadlineNanos - System.nanoTime()),
            TimeUnit.NANOSECONDS);
  }

  private void shut(Socket socket) {
    if (over.compareAndSet(false, true)) {
      try {
        socket.close();
      } catch (IOException gone) {
        return; // closed is closed
      }
    }
  }

  /**
   * Ends the try.
   *
   * @throws IOException when it is over time: the connection has been closed
   */
  public void done() throws IOException {
    if (!over.compareAndSet(false, true)) {
      throw new SocketTimeoutException("the database has let nobody in within its time");
    }
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
    over.set(true);
    ScheduledFuture<?> armed = alarm;
    if (armed != null) {
      armed.cancel(false);
    }
  }

  /** One thread for all tries of this JVM, gone when there are none. */
  private static final class Alarms {
    static final ScheduledThreadPoolExecutor CLOCK = clock();

    private static ScheduledThreadPoolExecutor clock() {
      ScheduledThreadPoolExecutor clock =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                Thread thread = new Thread(null, task, "selvage-connect", 0, false);
                thread.setDaemon(true);
                thread.setContextClassLoader(null);
                return thread;
              });
      clock.setRemoveOnCancelPolicy(true);
      clock.setKeepAliveTime(10, TimeUnit.SECONDS);
      clock.allowCoreThreadTimeOut(true);
      return clock;
    }
  }
}
