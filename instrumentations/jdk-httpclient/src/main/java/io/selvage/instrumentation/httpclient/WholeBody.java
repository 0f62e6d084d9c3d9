package io.selvage.instrumentation.httpclient;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Flow;

/** A body that is there already. */
final class WholeBody implements Flow.Subscription {
  private final Flow.Subscriber<List<ByteBuffer>> subscriber;
  private final byte[] bytes;
  private boolean over;

  WholeBody(Flow.Subscriber<List<ByteBuffer>> subscriber, byte[] bytes) {
    this.subscriber = subscriber;
    this.bytes = bytes;
  }

  @Override
  public synchronized void request(long n) {
    if (over) {
      return;
    }
    over = true;
    if (bytes.length > 0) {
      subscriber.onNext(List.of(ByteBuffer.wrap(bytes).asReadOnlyBuffer()));
    }
    subscriber.onComplete();
  }

  @Override
  public synchronized void cancel() {
    over = true;
  }
}
