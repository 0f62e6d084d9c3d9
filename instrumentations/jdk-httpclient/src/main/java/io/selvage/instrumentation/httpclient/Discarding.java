package io.selvage.instrumentation.httpclient;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Drops an answer that is superseded; a long one breaks the connection off. */
final class Discarding<T> implements HttpResponse.BodySubscriber<T> {
  /** Read up to here, so that the connection can be used again. */
  private static final int DISCARD_BYTES = 64 * 1024;

  private final CompletableFuture<T> body = new CompletableFuture<>();
  private final boolean readable;
  private Flow.@Nullable Subscription upstream;
  private long seen;

  Discarding(HttpResponse.ResponseInfo info) {
    readable = info.headers().firstValueAsLong("content-length").orElse(0) <= DISCARD_BYTES;
  }

  @Override
  public CompletableFuture<T> getBody() {
    return body;
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    upstream = subscription;
    if (readable) {
      subscription.request(Long.MAX_VALUE);
    } else {
      stop(subscription);
    }
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      seen += buffer.remaining();
    }
    Flow.Subscription subscription = upstream;
    if (seen > DISCARD_BYTES && subscription != null) {
      stop(subscription);
    }
  }

  private void stop(Flow.Subscription subscription) {
    subscription.cancel();
    onComplete();
  }

  @Override
  public void onError(Throwable thrown) {
    body.completeExceptionally(thrown);
  }

  @Override
  @SuppressWarnings("NullAway") // nobody gets it
  public void onComplete() {
    body.complete(null);
  }
}
