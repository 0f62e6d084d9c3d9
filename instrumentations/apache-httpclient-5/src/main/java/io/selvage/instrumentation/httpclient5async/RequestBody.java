package io.selvage.instrumentation.httpclient5async;

import io.selvage.engine.flow.Attempt;
import io.selvage.engine.flow.BodyReplay;
import io.selvage.extension.KeptBody;
import java.util.function.Consumer;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.jspecify.annotations.Nullable;

/**
 * A request's body, which one attempt at a time takes from the application's producer; kept within
 * the bound of {@link KeptBody} where it can be had only once, or where others need it at the same
 * time. Any thread.
 */
final class RequestBody {
  private final AsyncEntityProducer source;
  private final boolean repeatable;
  private @Nullable KeptBody kept;
  private @Nullable SourceProducer reading;
  private byte @Nullable [] own;
  private boolean beside;

  RequestBody(AsyncEntityProducer source) {
    this.source = source;
    this.repeatable = source.isRepeatable();
    this.kept = repeatable ? null : new KeptBody();
  }

  /** A copy has its body for itself, as the original lets go of it. */
  RequestBody copy() {
    return new RequestBody(source);
  }

  /** From here on the body is kept as it passes: several need it. */
  synchronized void keep() {
    if (kept == null && reading == null) {
      kept = new KeptBody();
    }
  }

  /** Attempts may be under way at the same time. */
  synchronized void keepForSeveral() {
    keep();
    beside = true;
  }

  /** Tells the body once all of it has passed; null when it is not kept. */
  void whenKnown(Consumer<byte @Nullable []> told) {
    KeptBody keeping;
    synchronized (this) {
      keeping = kept;
    }
    if (keeping == null) {
      told.accept(null);
    } else {
      keeping.whenKnown(told);
    }
  }

  synchronized void whole(byte[] bytes) {
    own = bytes;
  }

  synchronized BodyReplay replay() {
    if (own != null) {
      return BodyReplay.REPEATABLE;
    }
    KeptBody keeping = kept;
    if (repeatable) {
      boolean free = !beside || reading == null || reading.isOver();
      return free || (keeping != null && keeping.replay() != BodyReplay.ONE_SHOT)
          ? BodyReplay.REPEATABLE
          : BodyReplay.ONE_SHOT;
    }
    return keeping == null ? BodyReplay.ONE_SHOT : keeping.replay();
  }

  /** What the library sends for this attempt. */
  synchronized AsyncEntityProducer producer(Attempt attempt) {
    byte[] bytes = own != null ? own : kept == null ? null : kept.whole();
    if (bytes != null) {
      return new KeptProducer(source, attempt, bytes);
    }
    SourceProducer before = reading;
    if (before != null && before.detach()) {
      source.releaseResources(); // from its start again
    }
    SourceProducer next = new SourceProducer(source, attempt, kept);
    reading = next;
    return next;
  }

  /** There will be no further attempt. */
  void release() {
    KeptBody keeping;
    synchronized (this) {
      keeping = kept;
    }
    if (keeping != null) {
      keeping.release();
    }
  }
}
