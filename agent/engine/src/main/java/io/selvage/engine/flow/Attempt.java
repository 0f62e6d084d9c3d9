package io.selvage.engine.flow;

import io.selvage.engine.model.ConnectionLimits;
import io.selvage.engine.model.Endpoint;
import io.selvage.engine.model.UpstreamTls;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One sending of a request: where to, over what kind of connection, until when.
 *
 * <p>Facts are written by the attempt layers and read by the transport. Only {@link #abort} and
 * {@link #onAbort} may be called from any thread.
 */
public final class Attempt implements Action {
  private static final Runnable ABORTED = () -> {};

  // a field of its own would be one object more for each attempt
  private static final AtomicReferenceFieldUpdater<Attempt, @Nullable Runnable> ABORT =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, Runnable.class, "abort");

  private static final AtomicReferenceFieldUpdater<Attempt, @Nullable Runnable> HELD =
      AtomicReferenceFieldUpdater.newUpdater(Attempt.class, Runnable.class, "held");

  private static final Runnable LET_GO = () -> {};

  private final Exchange exchange;
  private final int number;
  final @Nullable Attempt earlier;
  int entered;
  boolean over;
  boolean ended;
  @Nullable Outcome outcome;
  long startedNanos;
  private long deadlineNanos;
  private long streamUntilNanos = Long.MAX_VALUE;
  private long idleNanos;
  private boolean retried;
  private @Nullable Endpoint endpoint;
  private @Nullable UpstreamTls tls;
  private @Nullable Object lease;
  private ConnectionLimits connectionLimits = ConnectionLimits.NONE;
  private @Nullable Object permit;
  private @Nullable Object place;
  private volatile @Nullable Runnable held;
  private volatile boolean requestSent;
  private volatile @Nullable Runnable abort;

  Attempt(Exchange exchange, int number, @Nullable Attempt earlier, long deadlineNanos) {
    this.exchange = exchange;
    this.number = number;
    this.earlier = earlier;
    this.deadlineNanos = deadlineNanos;
  }

  public Exchange exchange() {
    return exchange;
  }

  /** 0 for the first sending. */
  public int number() {
    return number;
  }

  /** Where to connect; null = wherever the library would (the destination is not the mesh's). */
  public @Nullable Endpoint endpoint() {
    return endpoint;
  }

  public void endpoint(Endpoint chosen) {
    endpoint = chosen;
  }

  /** TLS that the mesh adds towards {@link #endpoint()}; null = none. */
  public @Nullable UpstreamTls tls() {
    return tls;
  }

  public void tls(@Nullable UpstreamTls wanted) {
    tls = wanted;
  }

  /** What the balancer holds for this attempt until it ends; opaque to others. */
  public @Nullable Object lease() {
    return lease;
  }

  public void lease(@Nullable Object taken) {
    lease = taken;
  }

  /** What a breaker holds for this attempt until it is judged; opaque to others. */
  public @Nullable Object permit() {
    return permit;
  }

  public void permit(@Nullable Object taken) {
    permit = taken;
  }

  /** Its place among the cluster's connections, if it has one of its own; opaque to others. */
  public @Nullable Object place() {
    return place;
  }

  public void place(@Nullable Object taken) {
    place = taken;
  }

  /**
   * What the transport's pool holds for this attempt until it ends, and how it is given back: the
   * transport registers it once, from any thread; it runs at once if the attempt has ended already.
   */
  public void hold(Runnable giveBack) {
    if (!HELD.compareAndSet(this, null, giveBack)) {
      giveBack.run();
    }
  }

  /** What is held; null = nothing (any more). */
  public @Nullable Runnable held() {
    Runnable now = held;
    return now == LET_GO ? null : now;
  }

  /** Gives back what is held; called by the layer that sees the attempt's end. */
  public void letGo() {
    Runnable how = HELD.getAndSet(this, LET_GO);
    if (how != null) {
      how.run();
    }
  }

  /**
   * What the library's connections to this attempt's cluster must keep to; {@link
   * ConnectionLimits#NONE} for destinations that are not the mesh's.
   */
  public ConnectionLimits connectionLimits() {
    return connectionLimits;
  }

  public void connectionLimits(ConnectionLimits limits) {
    connectionLimits = limits;
  }

  /**
   * The moment, on the exchange's clock, after which this attempt is over; {@link Long#MAX_VALUE} =
   * none.
   */
  public long deadlineNanos() {
    return deadlineNanos;
  }

  public void deadlineNanos(long moment) {
    deadlineNanos = moment;
  }

  /**
   * The moment after which the attempt's stream is over, its body included (Envoy's cluster {@code
   * max_stream_duration}); {@link Long#MAX_VALUE} = none.
   */
  public long streamUntilNanos() {
    return streamUntilNanos;
  }

  public void streamUntilNanos(long moment) {
    streamUntilNanos = moment;
  }

  /** How long the body of this attempt's answer may pause (per-try idle time); 0 = for ever. */
  public void idleNanos(long length) {
    idleNanos = length;
    if (length > 0) {
      exchange.watch();
    }
  }

  long idleUntilNanos(long activeNanos) {
    return idleNanos <= 0 ? Long.MAX_VALUE : activeNanos + idleNanos;
  }

  /** The first moment at which it is overdue. */
  long untilNanos() {
    return Math.min(deadlineNanos, streamUntilNanos);
  }

  /** A retry of it was sent or is due while it goes on; it is not repeated a second time. */
  public void retried() {
    retried = true;
  }

  public boolean wasRetried() {
    return retried;
  }

  /** What is left until the deadline, at least 0; {@link Long#MAX_VALUE} = no deadline. */
  public long remainingNanos() {
    long until = untilNanos();
    return until == Long.MAX_VALUE ? Long.MAX_VALUE : Math.max(0, until - exchange.now());
  }

  public long startedNanos() {
    return startedNanos;
  }

  /** The transport says that bytes of the request may have reached the peer. */
  public void requestSent() {
    requestSent = true;
  }

  public boolean wasRequestSent() {
    return requestSent;
  }

  /** What came of it; null while it is under way. */
  public @Nullable Outcome outcome() {
    return outcome;
  }

  /** The attempt before this one; null for the first. */
  public @Nullable Attempt earlier() {
    return earlier;
  }

  /**
   * Registers how the library's call is made to fail; runs at once if the attempt is aborted
   * already.
   */
  public void onAbort(Runnable how) {
    if (!ABORT.compareAndSet(this, null, how)) {
      how.run();
    }
  }

  /** Makes the library's call fail; once, from any thread. */
  public void abort() {
    Runnable how = ABORT.getAndSet(this, ABORTED);
    if (how != null) {
      how.run();
    }
  }

  public boolean isAborted() {
    return abort == ABORTED;
  }
}
