package io.selvage.instrumentation.httpclient;

import io.selvage.engine.flow.Attempt;
import io.selvage.extension.KeptBody;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Tells the attempt when the library starts to send the body; one that can be had once is kept as
 * it passes.
 */
record WatchedBody(HttpRequest.BodyPublisher body, Attempt attempt, @Nullable KeptBody kept)
    implements HttpRequest.BodyPublisher {
  @Override
  public long contentLength() {
    return body.contentLength();
  }

  @Override
  public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
    attempt.requestSent();
    if (kept == null) {
      body.subscribe(subscriber);
    } else {
      kept.begin();
      body.subscribe(new Passing(subscriber, kept));
    }
  }

  private record Passing(Flow.Subscriber<? super ByteBuffer> to, KeptBody kept)
      implements Flow.Subscriber<ByteBuffer> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      to.onSubscribe(
          new Flow.Subscription() {
            @Override
            public void request(long n) {
              subscription.request(n);
            }

            @Override
            public void cancel() {
              kept.lose();
              subscription.cancel();
            }
          });
    }

    @Override
    public void onNext(ByteBuffer bytes) {
      kept.add(bytes);
      to.onNext(bytes);
    }

    @Override
    public void onError(Throwable thrown) {
      kept.lose();
      to.onError(thrown);
    }

    @Override
    public void onComplete() {
      kept.complete();
      to.onComplete();
    }
  }
}
