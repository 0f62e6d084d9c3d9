package io.selvage.instrumentation.testing.server;

import io.selvage.engine.flow.Action;
import io.selvage.engine.flow.Exchange;
import io.selvage.engine.flow.Layer;
import io.selvage.engine.flow.Rejection;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes a test's mesh fail on its way to a decision. Any thread. */
public final class Faults {
  /** Where. */
  public enum Point {
    /** When asked what the port demands. */
    PORT,
    /** When the exchange is made. */
    OPEN,
    /** In a layer of authorization. */
    LAYER,
    /** In the same, asked again after a wait. */
    AGAIN,
    /** In a layer that waits for longer than the request may take. */
    TIMEOUT,
    /** When the server has said what it dispatches to. */
    DISPATCH,
    /** When the exchange is made, and in what reports that too. */
    REPORT,
    /** When the identity of a connection is read. */
    IDENTITY
  }

  private static final Duration WAIT = Duration.ofMillis(5);
  private static final Duration TIME = Duration.ofMillis(50);

  private final AtomicInteger thrown = new AtomicInteger();
  private volatile @Nullable Point point;
  private volatile Supplier<Throwable> fault = IllegalStateException::new;

  /** From now on the mesh fails there. */
  public void inject(Point where, Supplier<Throwable> what) {
    thrown.set(0);
    fault = what;
    point = where;
  }

  /** From now on nothing fails. */
  public void none() {
    point = null;
  }

  /** How many faults there were since {@link #inject}. */
  public int thrown() {
    return thrown.get();
  }

  boolean injects() {
    return point != null;
  }

  void at(Point here) {
    if (point == here) {
      thrown.incrementAndGet();
      Faults.<RuntimeException>raise(fault.get());
    }
  }

  @SuppressWarnings("unchecked") // the type variable is what lets it pass
  private static <T extends Throwable> void raise(Throwable fault) throws T {
    throw (T) fault;
  }

  /** A layer of authorization with these bugs. */
  Layer layer() {
    return new Layer() {
      @Override
      protected @Nullable Action onRequest(Exchange x) {
        at(Point.LAYER);
        if (point == Point.TIMEOUT) {
          thrown.incrementAndGet();
          x.deadlineNanos(x.now() + TIME.toNanos());
          return x.waitFor(Duration.ofHours(1));
        }
        if (point == Point.AGAIN && !x.resumed()) {
          return x.waitFor(WAIT);
        }
        at(Point.AGAIN);
        return PASS;
      }

      @Override
      protected @Nullable Rejection onDispatch(Exchange x) {
        at(Point.DISPATCH);
        return null;
      }

      @Override
      public boolean failsClosed() {
        return true;
      }
    };
  }
}
